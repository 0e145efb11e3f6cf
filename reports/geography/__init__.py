"""Where things are: areas and places, from files and from the city pack, in words, in search, and who is responsible."""
