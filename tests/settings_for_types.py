"""The settings as mypy's plugin reads them: it looks at types alone, so that the secrets may be any words."""

import os

for name in ("SECRET_KEY", "CITYLAB_TOKEN_KEY", "CITYLAB_REPORTER_KEY", "CITYLAB_CONTACT_KEY"):
    os.environ.setdefault(name, "only for types")
os.environ.setdefault("DATABASE_URL", "postgis://nowhere/nothing")

from citylab.settings import *  # noqa: E402, F403
