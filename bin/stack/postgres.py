"""A private PostgreSQL cluster: its own data folder, a unix socket, no network, no password.

Debian's own clusters are never touched: this one is created by `initdb` in our folder and found by its socket.
PostgreSQL refuses to run as root, so root's cluster runs as the system user `postgres`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from stack.folders import Folders
from stack.sentences import CannotGoOn

HERE = Path(__file__).parent
INSTALLED = Path("/usr/lib/postgresql")
ROLES = ("citylab", "citylab_owner", "citylab_app")  # the first is the superuser

COMMON = {
    "listen_addresses": "''",  # no TCP at all: no port to search for, no password
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "jit": "off",  # compiling costs more than our queries take
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "'log'",
    "log_filename": "'postgresql-%a.log'",  # a week of logs, each day overwriting last week's
    "log_truncate_on_rotation": "on",
    "log_file_mode": "0600",
    # What residents wrote must not end up in a log: no statement text, no row values.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
}
DURABLE = {
    "max_connections": "60",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",  # an accepted report survives the death of the server
    "wal_compression": "on",
    "max_wal_size": "2GB",  # a bulk import does not checkpoint all the time
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
}
FAST = {  # tests only: a crash may lose everything
    "max_connections": "100",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


def newest_with_postgis() -> Path:
    """The programs of the newest installed PostgreSQL that has PostGIS."""
    versions = [
        folder
        for folder in INSTALLED.glob("*/bin")
        if (folder / "initdb").exists()
        and Path(f"/usr/share/postgresql/{folder.parent.name}/extension/postgis.control").exists()
    ]
    if not versions:
        raise CannotGoOn("PostgreSQL with PostGIS is missing. Run: sudo apt-get install postgresql postgresql-postgis")
    return max(versions, key=lambda folder: float(folder.parent.name))


class Cluster:
    """One cluster in `folders.local/NAME`, or under /var/lib for root where `postgres` cannot enter the checkout.

    Create it with `ready()`; `url(role)` is what Django connects to.
    """

    def __init__(self, folders: Folders, name: str = "pg", *, durable: bool = True) -> None:
        self.folders = folders
        self.durable = durable
        self.as_root = os.geteuid() == 0
        self.owner = self._owner()
        self.data = self._data_folder(name)

    # --- where and who ------------------------------------------------------------------------
    def _owner(self) -> pwd.struct_passwd:
        if not self.as_root:
            return pwd.getpwuid(os.geteuid())
        try:
            return pwd.getpwnam("postgres")
        except KeyError:
            raise CannotGoOn(
                "the user postgres is missing. Run: apt-get install postgresql postgresql-postgis"
            ) from None

    def _data_folder(self, name: str) -> Path:
        inside = self.folders.local / name
        if not self.as_root:
            return inside
        outside = Path(f"/var/lib/citylab-{self.folders.hash}") / name
        if outside.exists():
            return outside  # where it was created is where it stays
        if inside.exists() or self._run(["test", "-x", str(self.folders.local)], check=False).returncode == 0:
            return inside
        return outside

    def _as_owner(self, command: list[str]) -> list[str]:
        if not self.as_root:
            return command
        account = self.owner
        path = f"PATH={os.environ.get('PATH', '/usr/bin:/bin')}"
        return [
            "setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups",
            "env", "-i", "-C", "/", "HOME=/", path, "LC_ALL=C.UTF-8", *command,
        ]  # fmt: skip

    def _run(self, command: list[str], check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(self._as_owner(command), capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if check and done.returncode:
            raise CannotGoOn(
                f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()}. {self._log_hint()}"
            )
        return done

    def _log_hint(self) -> str:
        return f"The database's log is in {self.data}/log/ and {self.data}/server.log"

    @property
    def sockets(self) -> Path:
        """The folder of its socket; made again when it was removed while nothing ran."""
        return self.folders.sockets(self.owner.pw_uid)

    @property
    def programs(self) -> Path:
        """The programs of the version that made the data; the newest before there is any."""
        version = self.data / "PG_VERSION"
        if not version.exists():
            return newest_with_postgis()
        folder = INSTALLED / version.read_text().strip() / "bin"
        if not (folder / "postgres").exists():
            number = version.read_text().strip()
            raise CannotGoOn(
                f"the data in {self.data} are of PostgreSQL {number}, which is not installed. "
                f"Run: sudo apt-get install postgresql-{number}-postgis-3"
            )
        return folder

    def url(self, role: str, database: str = "citylab") -> str:
        """The address for django-environ; a slash in a host is written as %2F."""
        return f"postgis://{role}@{quote(str(self.sockets), safe='')}/{database}"

    # --- life -------------------------------------------------------------------------------------
    def ready(self) -> Cluster:
        """Created, started, with roles, extensions and databases; returns itself. Fast when it already is."""
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self.answer()
        self._furnish()
        return self

    def answer(self) -> None:
        """Starts the server unless it runs, and waits until it answers: it may be starting, or just dying."""
        deadline = time.monotonic() + 90
        while True:
            if not self.running():
                self.start()
            if self._psql("SELECT 1", "postgres").returncode == 0:
                return
            if time.monotonic() > deadline:
                raise CannotGoOn(f"the database runs but does not answer. {self._log_hint()}")
            time.sleep(0.2)

    def _create(self) -> None:
        half = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(half, ignore_errors=True)  # left by a crash in the middle
        self.data.parent.mkdir(parents=True, exist_ok=True)
        if self.as_root and self.data.parent != self.folders.local:
            self.data.parent.chmod(0o755)
        half.mkdir(mode=0o700)
        os.chown(half, self.owner.pw_uid, self.owner.pw_gid)
        self._run(
            [
                str(self.programs / "initdb"), "-D", str(half), "-U", ROLES[0], "-E", "UTF8", "--locale=C.UTF-8",
                "--data-checksums", "--auth-local=peer", "--auth-host=reject", *([] if self.durable else ["--no-sync"]),
            ]
        )  # fmt: skip
        with (half / "postgresql.conf").open("a") as out:
            out.write("\ninclude 'citylab.conf'\n")
        self._configure(half)
        half.rename(self.data)

    def _configure(self, data: Path) -> None:
        settings = COMMON | (DURABLE if self.durable else FAST)
        callers = {pwd.getpwuid(os.geteuid()).pw_name, self.owner.pw_name}
        wanted = {
            "citylab.conf": "".join(f"{name} = {value}\n" for name, value in settings.items()),
            "pg_hba.conf": "local all all peer map=citylab\n",
            "pg_ident.conf": "".join(f"citylab {caller} {role}\n" for caller in sorted(callers) for role in ROLES),
        }
        for name, text in wanted.items():
            file = data / name
            if not file.exists() or file.read_text() != text:
                file.write_text(text)
                os.chown(file, self.owner.pw_uid, self.owner.pw_gid)
                file.chmod(0o600)

    def pid(self) -> int | None:
        """The postmaster's process id, or None when it is not running (a stale pid file counts as not running)."""
        try:
            number = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            name, state = Path(f"/proc/{number}/stat").read_text().split("(", 1)[1].rsplit(")", 1)
        except (OSError, ValueError, IndexError):
            return None
        return number if name.startswith("postgres") and state.split()[0] != "Z" else None

    def running(self) -> bool:
        return self.pid() is not None

    def start_command(self) -> list[str]:
        """The command that starts the server and waits until it answers."""
        options = f"-c unix_socket_directories='{self.sockets}'"
        return self._pg_ctl("start", "-l", str(self.data / "server.log"), "-o", options)

    def _pg_ctl(self, verb: str, *options: str) -> list[str]:
        program = str(self.programs / "pg_ctl")
        return self._as_owner([program, verb, "-D", str(self.data), "-w", "-t", "60", "-s", *options])

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        if self.data.stat().st_uid != self.owner.pw_uid:
            someone = self.data.owner()
            raise CannotGoOn(f"{self.data} belongs to {someone}. Run this command as the user who ran it first")
        self._configure(self.data)
        self._forget_zombie()
        command = self.start_command()
        for attempt in range(5):
            # Not captured: the server would inherit the pipe and keep it open.
            quiet = subprocess.DEVNULL
            done = subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
            if done.returncode == 0:
                return
            time.sleep(0.5 * 2**attempt)  # after a kill -9 the old server's children need a moment to notice
        raise CannotGoOn(f"the database does not start. {self._log_hint()}")

    def _forget_zombie(self) -> None:
        """Removes the pid file of a server that is dead but not yet reaped: PostgreSQL would take it for alive.

        Only when no process works in the data folder any more, as the server and all its children do.
        """
        file = self.data / "postmaster.pid"
        if self.running() or not file.exists():
            return
        number = file.read_text().split("\n", 1)[0]
        state = Path(f"/proc/{number}/stat")
        if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z":
            return
        deadline = time.monotonic() + 10
        while any(_works_in(process, self.data) for process in Path("/proc").glob("[0-9]*")):
            if time.monotonic() > deadline:
                return
            time.sleep(0.1)
        file.unlink()

    def stop(self, mode: str = "fast") -> None:
        """Stops the server and waits for it; nothing happens when it is not running."""
        if self.running():
            subprocess.run(self._pg_ctl("stop", "-m", mode), capture_output=True, stdin=subprocess.DEVNULL)

    def remove(self) -> None:
        """Stops the server and deletes its data for good; for clusters made for one purpose."""
        self.stop("immediate")
        shutil.rmtree(self.data, ignore_errors=True)
        self.folders.remove_sockets()

    # --- contents ---------------------------------------------------------------------------------
    def _psql(self, statements: str, database: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.programs / "psql"), "-h", str(self.sockets), "-U", ROLES[0], "-d", database]
        return subprocess.run(
            [*command, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"],
            input=statements,
            capture_output=True,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
        )

    def sql(self, statements: str, database: str = "postgres") -> str:
        """Runs SQL as the superuser and returns what it printed, unaligned and without headings."""
        done = self._psql(statements, database)
        if done.returncode:
            raise CannotGoOn(f"the database refused: {done.stderr.strip()}. {self._log_hint()}")
        return done.stdout.strip()

    def _furnish(self) -> None:
        rights = "CREATEDB" if not self.durable else "NOCREATEDB"
        self.sql(
            (HERE / "roles.sql").read_text()
            # Tests create their databases from the template, and step into the application's shoes by SET ROLE.
            + f"ALTER ROLE citylab_owner {rights}; ALTER ROLE citylab_app {rights};"
            + ("GRANT citylab_app TO citylab_owner;" if not self.durable else "")
            + "SELECT 'CREATE DATABASE citylab_template' WHERE NOT EXISTS"
            + " (SELECT FROM pg_database WHERE datname = 'citylab_template') \\gexec\n"
        )
        self._extend("citylab_template")
        self.sql(
            "ALTER DATABASE citylab_template IS_TEMPLATE true;"
            "SELECT 'CREATE DATABASE citylab OWNER citylab_owner TEMPLATE citylab_template' WHERE NOT EXISTS"
            " (SELECT FROM pg_database WHERE datname = 'citylab') \\gexec\n"
        )
        self._extend("citylab")
        if self.durable:
            self._refuse_if_not_durable()

    def _extend(self, database: str) -> None:
        wanted = (HERE / "extensions.sql").read_text()
        names = {line.split()[-1].rstrip(";") for line in wanted.splitlines() if line.startswith("CREATE EXTENSION")}
        there = set(self.sql("SELECT extname FROM pg_extension", database).split())
        if not names <= there:
            self.sql(wanted, database)

    def _refuse_if_not_durable(self) -> None:
        names: Iterable[str] = ("fsync", "full_page_writes", "data_checksums", "synchronous_commit")
        found = self.sql("; ".join(f"SHOW {name}" for name in names) + ";").split()
        wrong = [name for name, value in zip(names, found, strict=True) if value != "on"]
        if wrong:
            raise CannotGoOn(
                f"the database would lose accepted reports in a crash: {', '.join(wrong)} is off. See {self.data}/postgresql.auto.conf"
            )


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink() == folder
    except OSError:
        return False
