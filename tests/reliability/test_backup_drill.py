"""The drill: back up, restore into a second cluster, and compare every row and every file."""

import base64
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection

from citylab import backup
from citylab.backup import BackupError
from reports.models import Photo
from tests.reliability.running_site import throwaway_cluster

ROOT = Path(__file__).parents[2]
KEY = bytes(range(32))


@pytest.fixture
def furnished(transactional_db, case, report, after_photo, member):
    """A few of everything, with photo files in the store."""
    west = case("confirmed")
    for index in range(5):
        report(west, description=f"rác {index}: túi ni lông, “hộp xốp”")
    body = b"not really a picture"
    digest = hashlib.sha256(body).hexdigest()
    name = storages["renditions"].save(f"{digest[:2]}/{digest}.jpg", ContentFile(body))
    Photo.objects.create(
        report=west.reports.first(), original_sha256="0" * 64, original_size=1, original_format="JPEG", state="clean",
        large_name=name, large_sha256=digest, small_name=name, small_sha256=digest, received_at=west.opened_at, next_try=west.opened_at,
    )  # fmt: skip
    member("administrator")
    return west


@pytest.fixture
def second_cluster():
    """Another PostgreSQL cluster, made for this test and removed after it."""
    with throwaway_cluster() as (cluster, _):
        yield cluster


def in_second(cluster, state, *arguments, **extra):
    """Run a management command in another process against the second cluster."""
    environment = {
        **os.environ, "DATABASE_URL": cluster.url("citylab_app"), "DATABASE_OWNER_URL": cluster.url("citylab_owner"),
        "CITYLAB_STATE": str(state), **extra,
    }  # fmt: skip
    return subprocess.run([sys.executable, "manage.py", *map(str, arguments)], cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "sealed"])
def test_what_was_backed_up_comes_back_in_a_second_cluster(furnished, second_cluster, tmp_path, key):
    done = backup.backup(tmp_path / "backups", key=key)
    extra = {"CITYLAB_BACKUP_KEY": base64.urlsafe_b64encode(key).decode()} if key else {}
    restored = in_second(second_cluster, tmp_path / "second", "restore", done.folder, **extra)
    assert restored.returncode == 0, restored.stderr
    with connection.cursor() as cursor:
        here = backup.row_hashes(cursor)
    # psycopg reads the second cluster directly: the comparison does not trust what restore said of itself.
    address = second_cluster.url("citylab_owner").replace("postgis://", "postgresql://")
    with psycopg.connect(address) as other:
        there = backup.row_hashes(other.cursor())
    assert {name: there[name] for name in here if name != "django_migrations"} == {
        name: here[name] for name in here if name != "django_migrations"
    }
    assert here["reports_report"][0] == 5
    files = {path.relative_to(tmp_path / "media"): path.read_bytes() for path in (tmp_path / "media").rglob("*") if path.is_file()}
    copies = tmp_path / "second" / "media"
    assert files
    assert {path.relative_to(copies): path.read_bytes() for path in copies.rglob("*") if path.is_file()} == files


@pytest.mark.slow
def test_the_restored_site_can_be_worked_with_and_is_not_overwritten_by_a_second_restore(furnished, second_cluster, tmp_path):
    done = backup.backup(tmp_path / "backups")
    assert in_second(second_cluster, tmp_path / "second", "restore", done.folder).returncode == 0
    again = in_second(second_cluster, tmp_path / "second", "restore", done.folder)
    assert again.returncode != 0
    assert "already holds reports" in again.stderr
    script = (
        "from reports.models import Case; from reports import casework; "
        "print(casework.refuse(Case.objects.get(), None, 'a test').status)"
    )
    worked = in_second(second_cluster, tmp_path / "second", "shell", "--no-imports", "-c", script)
    assert worked.stdout.strip() == "refused", worked.stderr


def test_a_row_whose_file_is_damaged_stops_the_backup(furnished, tmp_path, settings):
    photo = Photo.objects.get()
    Path(storages["renditions"].path(photo.large_name)).write_bytes(b"rotten")
    with pytest.raises(BackupError, match="no longer has the hash"):
        backup.backup(tmp_path / "backups")
    assert not list((tmp_path / "backups").glob("*/manifest.json")), "what has no manifest is no backup"


@pytest.mark.parametrize("part", ["database.dump", "files.tar"])
def test_a_damaged_backup_is_refused_before_anything_changes(furnished, tmp_path, part):
    done = backup.backup(tmp_path / "backups")
    connection.cursor().execute("TRUNCATE reports_report CASCADE")
    file = done.folder / part
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(BackupError, match="missing or damaged"):
        backup.restore(done.folder)


def test_a_sealed_backup_needs_its_key_and_shows_nothing_without_it(furnished, tmp_path):
    done = backup.backup(tmp_path / "backups", key=KEY)
    assert json.loads((done.folder / "manifest.json").read_text())["sealed"]
    assert "ni lông".encode() not in (done.folder / "database.dump").read_bytes()
    with pytest.raises(CommandError, match="CITYLAB_BACKUP_KEY"):
        call_command("restore", done.folder)


@pytest.mark.slow
def test_a_backup_can_be_opened_by_its_owner_only(furnished, tmp_path):
    done = backup.backup(tmp_path / "new")
    assert done.folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_without_a_manifest_is_no_backup(db, tmp_path):
    with pytest.raises(CommandError, match="not a whole backup"):
        call_command("restore", tmp_path)
