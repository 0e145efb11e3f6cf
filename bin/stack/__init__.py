"""What the site stands on: folders, secrets, database, broker, front end, and the processes that serve it.

Standard library only, and no Django: it runs before anything is installed and when nothing works any more.
Each command in `bin/` ends in one module here (`up`, `testing`, `manage`, `bench`).
"""
