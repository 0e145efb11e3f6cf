"""Where one installation keeps its things, and where its sockets are."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stack.sentences import CannotGoOn

ROOT = Path(__file__).resolve().parents[2]

# Not tempfile.gettempdir(): every command must find the same sockets, whatever TMPDIR its caller has.
SOCKETS = Path("/tmp")


@dataclass(frozen=True)
class Folders:
    """The folders of one installation, all below `local` (`.local/` in the checkout, or CITYLAB_STATE)."""

    local: Path

    @classmethod
    def of_checkout(cls) -> Folders:
        """The folders that CITYLAB_STATE names, else `.local/` in the checkout."""
        return cls(Path(os.environ.get("CITYLAB_STATE") or ROOT / ".local").absolute())

    @property
    def hash(self) -> str:
        """Ten hex digits that tell this installation from others on the machine."""
        return hashlib.sha256(str(self.local).encode()).hexdigest()[:10]

    @property
    def logs(self) -> Path:
        return self.local / "log"

    @property
    def run(self) -> Path:
        """Process ids and locks; nothing in it has to survive."""
        return self.local / "run"

    def make(self) -> Folders:
        """Creates what every command needs; private folders are closed to other users."""
        self.local.mkdir(parents=True, exist_ok=True)
        for folder in (self.logs, self.run):
            folder.mkdir(exist_ok=True)
        return self

    def sockets(self, owner: int) -> Path:
        """The folder of the sockets that user `owner` serves, made when absent.

        Directly under the temporary folder because a socket's path may have at most 107 bytes. That folder is
        open to everybody, so a link or somebody else's folder under our name is refused.
        """
        folder = SOCKETS / f".citylab-{owner}-{self.hash}"
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            pass
        else:
            folder.chmod(0o700)  # whatever the umask
            if owner != os.geteuid():
                os.chown(folder, owner, -1)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) & 0o077:
            raise CannotGoOn(
                f"{folder} is not a private folder of ours. Look who made it, then run: sudo rm -r {folder}"
            )
        return folder

    def remove_sockets(self) -> None:
        """Removes the socket folders of this installation; to be called when nothing of it runs."""
        for folder in SOCKETS.glob(f".citylab-*-{self.hash}"):
            shutil.rmtree(folder, ignore_errors=True)

    def left_by_the_dead(self, kind: str) -> Iterator[Path]:
        """The folders `KIND-PROCESS` of processes that have gone without cleaning up."""
        for folder in self.local.glob(f"{kind}-*"):
            number = folder.name.removeprefix(f"{kind}-")
            if number.isdigit() and not Path(f"/proc/{number}").exists():
                yield folder
