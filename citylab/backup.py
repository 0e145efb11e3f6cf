"""A backup holds the database and the photos as one consistent whole, and proves itself when it is restored.

The dump, the list of files and the row hashes are read from one snapshot of the database. Files are content-addressed
and durable before their row commits, so every file that the snapshot names exists. The manifest is written last:
a folder without one is not a backup.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE
from urllib.parse import quote, unquote

import environ
from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connections

from citylab.sealing import opened, sealed

STORES = ("originals", "renditions", "editions", "voice")
PRIVATE_TO_A_MACHINE = ("django_session",)  # nobody should be signed in by an old backup
NOT_OURS = ("EXTENSION", " SCHEMA - public", "spatial_ref_sys")  # lines of a dump that belong to the database itself


class BackupError(Exception):
    """What went wrong, what was kept, and what to do next, in one sentence."""


@dataclass(frozen=True)
class Done:
    """Where the backup lies and what it holds."""

    folder: Path
    rows: int
    files: int


def backup(folder: Path, *, key: bytes | None = None, progress: Callable[[str], None] = lambda _: None) -> Done:
    """Write one backup into a new folder below `folder`; sealed when a key (32 bytes) is given."""
    now = datetime.now(UTC)
    target = folder / f"citylab-{now:%Y%m%dT%H%M%SZ}"
    try:
        target.mkdir(mode=0o700, parents=True)  # it may hold everything unsealed
    except OSError as error:
        raise BackupError(f"{target} cannot be made: {error.strerror}. Name a folder that can be written.") from error
    with _snapshot() as (cursor, snapshot):
        progress("database")
        dump = _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
                    *(f"--exclude-table-data={table}" for table in PRIVATE_TO_A_MACHINE))  # fmt: skip
        with sealed(target / "database.dump", key) as out:
            _pour(dump, out)
        tables, named = row_hashes(cursor), files_in_rows(cursor)
    progress(f"{len(named)} files")
    with sealed(target / "files.tar", key) as out, tarfile.open(fileobj=out, mode="w|") as tar:
        for store, name, digest in named:
            _add_file(tar, store, name, digest)
    manifest = {
        "made_at": now.isoformat(),
        "city": settings.CITY.id,
        "sealed": key is not None,
        "tables": tables,
        "files": len(named),
        "parts": {part.name: _sha256(part) for part in sorted(target.iterdir())},
    }
    draft = target / "manifest.json.new"
    draft.write_text(json.dumps(manifest, indent=1, sort_keys=True), "utf-8")
    _sync(draft)
    draft.rename(target / "manifest.json")
    return Done(target, sum(count for count, _ in tables.values()), len(named))


def restore(folder: Path, *, key: bytes | None = None, progress: Callable[[str], None] = lambda _: None) -> Done:
    """Restore a backup into the configured database and stores, then compare every row and file with the manifest.

    Refuses when the database already holds reports. Raises `BackupError` with the first difference found.
    """
    manifest = _manifest(folder)
    if manifest["sealed"] and key is None:
        raise BackupError("This backup is sealed. Set CITYLAB_BACKUP_KEY to the key it was made with.")
    with _owner().cursor() as cursor:
        cursor.execute("SELECT to_regclass('reports_report')")
        if cursor.fetchone()[0] is not None:
            cursor.execute("SELECT EXISTS (SELECT FROM reports_report)")
            if cursor.fetchone()[0]:
                raise BackupError("This database already holds reports; nothing was changed. Restore into a new set-up.")
    progress("checking the parts")
    for part, digest in manifest["parts"].items():
        if not (folder / part).is_file() or _sha256(folder / part) != digest:
            raise BackupError(f"{part} is missing or damaged; nothing was changed. Use another backup.")
    progress("database")
    _restore_database(folder / "database.dump", key)
    progress("files")
    files = _restore_files(folder / "files.tar", key)
    progress("comparing")
    with _owner().cursor() as cursor:
        found, named = row_hashes(cursor), files_in_rows(cursor)
    different = sorted(name for name in manifest["tables"] if list(found.get(name, ())) != list(manifest["tables"][name]))
    if different:
        raise BackupError(f"After restoring, these tables differ from the backup: {', '.join(different)}.")
    for store, name, digest in named:
        if not storages[store].exists(name) or _file_digest(store, name) != digest:
            raise BackupError(f"After restoring, the file {name} of a row is missing or differs.")
    call_command("migrate", verbosity=0, interactive=False, database=_owner_alias())  # brings an older backup up to date, and grants rights
    return Done(folder, sum(count for count, _ in found.values()), files)


def row_hashes(cursor) -> dict[str, tuple[int, str]]:
    """Table → (rows, order-free hash of all rows), for every table of the product."""
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'spatial_ref_sys' ORDER BY 1")
    hashes = {}
    for (table,) in cursor.fetchall():
        if table in PRIVATE_TO_A_MACHINE:
            continue
        cursor.execute(f'SELECT count(*), coalesce(sum(hashtextextended(row::text, 0)::numeric), 0)::text FROM "{table}" AS row')
        hashes[table] = cursor.fetchone()
    return hashes


def files_in_rows(cursor) -> list[tuple[str, str, str]]:
    """(store, name, SHA-256) of every file that a row names."""
    cursor.execute("SELECT to_regclass('reports_photo')")
    if cursor.fetchone()[0] is None:
        return []
    cursor.execute(
        """
        SELECT 'originals', original_name, original_sha256 FROM reports_photo WHERE original_name <> ''
        UNION SELECT 'renditions', large_name, large_sha256 FROM reports_photo WHERE large_name <> ''
        UNION SELECT 'renditions', small_name, small_sha256 FROM reports_photo WHERE small_name <> ''
        UNION SELECT 'renditions', public_large_name, public_large_sha256 FROM reports_photo WHERE public_large_name <> ''
        UNION SELECT 'renditions', public_small_name, public_small_sha256 FROM reports_photo WHERE public_small_name <> ''
        UNION SELECT 'voice', name, sha256 FROM reports_voicenote WHERE name <> ''
        UNION SELECT 'editions', name, sha256 FROM analytics_weeklyfile
        ORDER BY 1, 2
        """
    )
    return cursor.fetchall()


@contextmanager
def _snapshot() -> Iterator[tuple]:
    """A cursor that sees one moment, and the name by which pg_dump sees the same."""
    connection = _owner().copy()  # a connection of its own: the caller's may be in a transaction
    try:
        with connection.cursor() as cursor:
            connection.set_autocommit(False)
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            yield cursor, cursor.fetchone()[0]
            connection.rollback()
    finally:
        connection.close()


def _owner_alias() -> str:
    """The connection of the role that owns the tables, where one is configured."""
    url = os.environ.get("DATABASE_OWNER_URL")
    if not url or "owner" in connections.settings:
        return "owner" if "owner" in connections.settings else "default"
    default = connections.settings["default"]
    config = environ.Env.db_url_config(url, engine=default["ENGINE"])
    config["HOST"] = unquote(config["HOST"])
    connections.settings["owner"] = {**default, **config, "CONN_MAX_AGE": 0, "ATOMIC_REQUESTS": False}
    return "owner"


def _owner():
    return connections[_owner_alias()]


def _program(name: str) -> str:
    """A PostgreSQL client program of the server's own version."""
    connection = _owner()
    connection.ensure_connection()
    major = connection.connection.info.server_version // 10000
    binary = Path(f"/usr/lib/postgresql/{major}/bin/{name}")
    command = str(binary) if binary.exists() else shutil.which(name)
    if command is None:
        raise BackupError(f"{name} is not installed. Run: apt-get install postgresql-client-{major}")
    return command


def _run(program: str, *arguments: str) -> subprocess.Popen:
    """Start a client program, connected as the owner of the tables."""
    info = _owner().settings_dict
    host = info["HOST"] or info.get("OPTIONS", {}).get("host", "")
    name = f"postgresql://{quote(info['USER'])}@{quote(host, safe='')}:{info['PORT'] or 5432}/{quote(info['NAME'])}"
    environment = {**os.environ, "PGPASSWORD": info["PASSWORD"] or ""}
    return subprocess.Popen([_program(program), *arguments, f"--dbname={name}"], env=environment, stdout=PIPE, stderr=PIPE)


def _pour(process: subprocess.Popen, out) -> None:
    """Copy what a program prints; raises with its last words when it fails."""
    assert process.stdout is not None and process.stderr is not None
    shutil.copyfileobj(process.stdout, out, 1 << 20)
    words = process.stderr.read().decode(errors="replace").strip()
    if process.wait() != 0:
        raise BackupError(f"{Path(str(process.args[0])).name} failed: {words.splitlines()[-1] if words else 'no reason given'}")


def _restore_database(dump: Path, key: bytes | None) -> None:
    """Load the dump in one transaction, leaving the extensions to the database, which has them already."""
    plain = dump.with_suffix(".plain")
    contents = dump.with_suffix(".list")
    try:
        with opened(dump, key) as source, open(os.open(plain, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
        with open(contents, "wb") as out:
            _pour(subprocess.Popen([_program("pg_restore"), "--list", str(plain)], stdout=PIPE, stderr=PIPE), out)
        lines = contents.read_text().splitlines()
        contents.write_text("\n".join(line for line in lines if not any(word in line for word in NOT_OURS)))
        process = _run("pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction",
                       f"--use-list={contents}", str(plain))  # fmt: skip
        with open(os.devnull, "wb") as nowhere:
            _pour(process, nowhere)
    finally:
        plain.unlink(missing_ok=True)
        contents.unlink(missing_ok=True)


def _add_file(tar: tarfile.TarFile, store: str, name: str, digest: str) -> None:
    with storages[store].open(name) as file:
        member = tarfile.TarInfo(f"{store}/{name}")
        member.size = file.size
        tar.addfile(member, file)
    if _file_digest(store, name) != digest:
        raise BackupError(f"The file {name} no longer has the hash of its row. Run: bin/manage check_photos")


def _restore_files(archive: Path, key: bytes | None) -> int:
    count = 0
    with opened(archive, key) as source, tarfile.open(fileobj=source, mode="r|") as tar:
        for member in tar:
            store, _, name = member.name.partition("/")
            file = tar.extractfile(member)
            if store not in STORES or file is None:
                raise BackupError(f"The archive holds something that is not ours: {member.name}.")
            if not storages[store].exists(name):
                content = File(file)
                content.size = member.size  # the archive is a stream: it cannot be measured by seeking
                saved = storages[store].save(name, content)
                if saved != name:
                    raise BackupError(f"The store already has another file called {name}.")
            count += 1
    return count


def _manifest(folder: Path) -> dict:
    try:
        return json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BackupError(f"{folder} is not a whole backup: it has no readable manifest.json.") from error


def _file_digest(store: str, name: str) -> str:
    with storages[store].open(name) as file:
        return _digest(iter(lambda: file.read(1 << 20), b""))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return _digest(iter(lambda: file.read(1 << 20), b""))


def _digest(blocks: Iterator[bytes]) -> str:
    total = hashlib.sha256()
    for block in blocks:
        total.update(block)
    return total.hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
