"""The queue of the case desk: what a row shows, saved views, and actions on one case or many, each with its undo."""
