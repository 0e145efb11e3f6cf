"""An invented year of a city, for showing how everything works: made through the same doors as real reports."""
