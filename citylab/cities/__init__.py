"""The city as data: one folder a city, and the loader that reads and checks it."""
