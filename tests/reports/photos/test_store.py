"""A stored file has the name of its content, is whole or absent, and nobody else's."""

import hashlib
import os
import stat
from pathlib import Path

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, storages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.photos import store

BODY = b"any bytes"
DIGEST = hashlib.sha256(BODY).hexdigest()
NAME = f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}.jpg"


def test_a_file_is_named_by_its_content(path_of) -> None:
    assert store.put(store.ORIGINALS, BODY, ".jpg") == (DIGEST, NAME)
    assert path_of(store.ORIGINALS, NAME).read_bytes() == BODY
    assert store.get(store.ORIGINALS, NAME) == BODY
    assert store.digest_of(storages[store.ORIGINALS], NAME) == DIGEST


def test_the_same_content_is_stored_once(stored) -> None:
    store.put(store.ORIGINALS, BODY, ".jpg")
    store.put(store.ORIGINALS, BODY, ".jpg")
    assert stored(store.ORIGINALS) == [NAME]


def test_storing_again_renews_the_age_and_mends_a_damaged_copy(path_of, make_old) -> None:
    store.put(store.ORIGINALS, BODY, ".jpg")
    path = path_of(store.ORIGINALS, NAME)
    path.write_bytes(b"rotten")
    make_old()
    before = path.stat().st_mtime
    store.put(store.ORIGINALS, BODY, ".jpg")
    assert path.read_bytes() == BODY
    assert path.stat().st_mtime > before + 86_400


def test_the_stores_are_apart(stored) -> None:
    store.put(store.ORIGINALS, BODY, ".jpg")
    assert stored(store.RENDITIONS) == []


def test_only_the_owner_of_the_process_can_read_files_and_folders(path_of) -> None:
    store.put(store.ORIGINALS, BODY, ".jpg")
    path = path_of(store.ORIGINALS, NAME)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)} == {0o700}


def test_a_write_that_fails_leaves_nothing(stored) -> None:
    class Broken(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"half"
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        storages[store.ORIGINALS].save(NAME, Broken(b""))
    assert stored(store.ORIGINALS) == []


@pytest.mark.parametrize("name", ["../x.jpg", "/etc/x.jpg", "a/../../../x.jpg", "..", "ab/cd/../../../../x"])
def test_a_name_that_leads_out_of_the_store_is_refused(name: str, tmp_path: Path) -> None:
    before = sorted(os.listdir("/etc"))
    with pytest.raises(SuspiciousFileOperation):
        storages[store.ORIGINALS].save(name, ContentFile(BODY))
    assert sorted(os.listdir("/etc")) == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(name=st.text(min_size=1, max_size=4000))
def test_no_name_writes_outside_the_store(name: str, tmp_path: Path) -> None:
    storage = storages[store.ORIGINALS]
    try:
        saved = storage.save(name, ContentFile(BODY))
    except (SuspiciousFileOperation, ValueError, OSError):
        pass
    else:
        assert Path(storage.path(saved)).is_relative_to(storage.location)
    assert {path.name for path in tmp_path.iterdir()} <= {"media"}
    assert {path.name for path in (tmp_path / "media").glob("*")} <= {"originals"}


class NeverReplaces(InMemoryStorage):
    """A store of another kind, which gives a second file of a name another name."""


def test_another_kind_of_store_works_through_the_same_calls(settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        **{alias: {"BACKEND": f"{__name__}.NeverReplaces"} for alias in (store.ORIGINALS, store.RENDITIONS)},
    }
    assert store.put(store.ORIGINALS, BODY, ".jpg") == (DIGEST, NAME)
    assert store.put(store.ORIGINALS, BODY, ".jpg") == (DIGEST, NAME)
    assert store.get(store.ORIGINALS, NAME) == BODY
    assert storages[store.ORIGINALS].listdir(f"{DIGEST[:2]}/{DIGEST[2:4]}")[1] == [f"{DIGEST}.jpg"]


def test_content_reaches_the_disk_before_its_name_and_its_name_before_the_answer(monkeypatch) -> None:
    steps = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor: int) -> None:
        steps.append("fsync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "fsync file")
        fsync(descriptor)

    def watched_replace(source: Path, target: Path) -> None:
        steps.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    store.put(store.ORIGINALS, BODY, ".jpg")
    assert steps[-3:] == ["fsync file", "rename", "fsync folder"]
    assert set(steps[:-3]) == {"fsync folder"}  # the new folders, each made durable in its parent
    assert len(steps[:-3]) >= 2
