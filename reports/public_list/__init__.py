"""The public list of waste sites: what narrows it, what its rows say, and how it is drawn."""
