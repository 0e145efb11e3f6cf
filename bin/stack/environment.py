"""The environment in which the site runs: what `citylab/settings.py` reads, made from one installation's files.

Whatever the caller has set already wins, so a database or a broker elsewhere is used by naming it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from stack.folders import ROOT, Folders
from stack.secret_values import secret_values

DEFAULT_CITY = (ROOT / "citylab" / "cities" / "default.txt").read_text().strip()
PRIVATE_CA = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass
class Choices:
    """What the operator chose at the last `bin/up`; the other commands follow it."""

    city: str = DEFAULT_CITY
    port: int = 8000
    domain: str = ""

    @classmethod
    def last(cls, folders: Folders) -> Choices:
        try:
            return cls(**json.loads((folders.local / "choices.json").read_text()))
        except (OSError, ValueError, TypeError):
            return cls(city=os.environ.get("CITYLAB_CITY", cls.city))

    def keep(self, folders: Folders) -> None:
        (folders.local / "choices.json").write_text(json.dumps(asdict(self), indent=2) + "\n")

    @property
    def site_url(self) -> str:
        return f"https://{self.domain}" if self.domain else f"http://localhost:{self.port}"


def site_environment(
    folders: Folders, choices: Choices, *, database: str, owner_database: str, broker: str, programs: Path | None = None
) -> dict[str, str]:
    """All of `os.environ`, plus what the settings need; `programs` (PostgreSQL's, for pg_dump) goes on the path."""
    hosts = ["localhost", "127.0.0.1", "[::1]", *([choices.domain] if choices.domain else [])]
    ours = {
        "CITYLAB_STATE": str(folders.local),
        "CITYLAB_CITY": choices.city,
        "CITYLAB_SITE_URL": choices.site_url,
        "CITYLAB_ALLOWED_HOSTS": ",".join(hosts),
        "DATABASE_URL": database,
        "DATABASE_OWNER_URL": owner_database,
        "CELERY_BROKER_URL": broker,
        **secret_values(folders.local / "secrets.env"),
    }
    if "DATABASE_URL" in os.environ:
        ours["DATABASE_OWNER_URL"] = os.environ["DATABASE_URL"]
    environment = ours | {name: value for name, value in os.environ.items() if value or name not in ours}
    environment |= {"DJANGO_SETTINGS_MODULE": "citylab.settings", "LC_ALL": "C.UTF-8"}
    path = [
        str(ROOT / ".venv" / "bin"),
        *([str(programs)] if programs else []),
        os.environ.get("PATH", "/usr/bin:/bin"),
    ]
    environment["PATH"] = os.pathsep.join(path)
    environment.pop("PYTHONPATH", None)  # it named bin/, which is not the site's business
    return environment
