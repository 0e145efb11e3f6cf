"""What the tests share: a small city of two units, people of each role, and cases to work on."""

import os
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

SHARED_DATA = Path(os.environ.get("CITYLAB_SHARED_DATA", "../shared/data"))


def shared(name: str) -> Path:
    """A file of the shared real data; skips with a sentence where it is absent."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"needs the real data file {name}: set CITYLAB_SHARED_DATA to the folder that holds it")
    return path


@pytest.fixture(autouse=True)
def _own_state(request, tmp_path, monkeypatch):
    """Files of a test go to its own folder, its rows to the test database: never to what the machine serves."""
    if not request.config.pluginmanager.hasplugin("django"):  # `-p no:django`: the mathematics alone
        return
    from django.utils import translation

    settings = request.getfixturevalue("settings")
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    settings.STATE_DIR = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        **{
            name: {
                "BACKEND": "reports.photos.store.DurableFileStorage",
                "OPTIONS": {"location": str(tmp_path / "media" / name)},
            }
            for name in ("default", "originals", "renditions", "editions", "voice")
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    translation.activate(settings.LANGUAGE_CODE)  # an English page of the test before would lead this one to English addresses
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _tables_are_looked_at_each_time(request, monkeypatch):
    """Areas, places and kinds in memory are those of this test's database, at once instead of within two seconds."""
    if not request.config.pluginmanager.hasplugin("django"):
        return
    from reports.geography.area_index import forget_areas
    from reports.geography.places import KEPT_PLACES

    monkeypatch.setattr("reports.geography.kept_tables.CHECK_EVERY_S", 0.0)
    forget_areas()
    KEPT_PLACES.forget()


@pytest.fixture
def noon() -> datetime:
    """A Wednesday at noon in the city, away from every week's edge."""
    return datetime(2026, 11, 18, 5, 0, tzinfo=UTC)


@pytest.fixture
def two_areas(db):
    """West and east: two adjoining units of one square kilometre or so, near the default city's centre."""
    from django.contrib.gis.geos import MultiPolygon, Polygon

    from reports.models import Area

    return [
        Area.objects.create(
            kind="ward", code=code, name=name, full_name=f"Ward {name}", valid_from=datetime(2025, 7, 1).date(),
            polygon=MultiPolygon(Polygon.from_bbox((lon, 16.05, lon + 0.01, 16.06)), srid=4326),
        )
        for code, name, lon in (("W1", "West", 108.20), ("E1", "East", 108.21))
    ]  # fmt: skip


@pytest.fixture
def member(db):
    """Makes a member of a role: `member("officer", areas=[…])`."""
    from citylab.models import Member

    def make(role: str = "dispatcher", username: str = "", areas=(), **fields) -> Member:
        person = Member.objects.create_user(username or f"{role}-{uuid.uuid4().hex[:6]}", password="a long password", role=role, **fields)
        person.areas.set(areas)
        return person

    return make


@pytest.fixture
def case(two_areas, noon):
    """Makes a case in the western unit: `case(status="cleaned")`."""
    import h3
    from django.contrib.gis.geos import Point

    from reports.models import Case
    from reports.models.case import OPEN

    def make(status: str = "new", lon: float = 108.205, lat: float = 16.055, at: datetime | None = None, **fields) -> Case:
        at = at or noon
        cell = h3.api.basic_int.latlng_to_cell(lat, lon, 10)
        if status in ("cleaned", "verified"):
            fields.setdefault("cleaned_at", at + timedelta(days=1))
        if status == "verified":
            fields.setdefault("verified_at", at + timedelta(days=2))
        if status not in OPEN:
            fields.setdefault("closed_at", at + timedelta(days=1))
        if status == "on_hold":
            fields = {"waits_for": "power company", "waits_since": at, **fields}
        return Case.objects.create(
            code=uuid.uuid4().hex[:10].upper(), status=status, problem="litter", amount="bag", location=Point(lon, lat, srid=4326),
            public_location=Point(lon, lat, srid=4326), cell=cell, week=local_monday(at), observed_at=at, opened_at=at, **{"area": two_areas[0], **fields},
        )  # fmt: skip

    return make


@pytest.fixture
def report(case, noon):
    """Makes a report that is already in the database, joined to a case: `report(case=…, reporter=b"…")`."""
    from reports.models import Report

    def make(case_=None, at: datetime | None = None, **fields) -> Report:
        joined = case_ or case()
        at = at or noon
        return Report.objects.create(
            uuid=uuid.uuid4(), code=_code(), body_hash=b"\0" * 32, channel="web", location=joined.location,
            location_source="gps", area=joined.area, cell=joined.cell, week=local_monday(at),
            **{"observed_at": at, "received_at": at, "description": "túi ni lông", "counts": True, "case": joined,
               "next_try": at, "processed_at": at, **fields},
        )  # fmt: skip

    return make


@pytest.fixture
def told(report):
    """Makes a report whose sender wants news: `told(case=…, language="en", email="…")`."""
    from tests.reports.notification_fixtures import consent

    def make(case_=None, *, email: str = "lan@example.org", phone: str = "", purposes=("progress",), **fields):
        made = report(case_, **fields)
        consent(made, email=email, phone=phone, purposes=purposes)
        return made

    return make


@pytest.fixture
def after_photo():
    """Makes the stored after-photo of a case, as the gate leaves it."""
    from django.utils import timezone

    from reports.models import Photo

    def make(case, state: str = "clean", **fields) -> Photo:
        now = timezone.now()
        return Photo.objects.create(
            case=case, kind="after", state=state, original_sha256=uuid.uuid4().hex * 2, original_size=1,
            original_format="JPEG", large_name="l", small_name="s", received_at=now, next_try=now,
            processed_at=now, **fields,
        )  # fmt: skip

    return make


def local_monday(at: datetime) -> date:
    """The Monday of a moment's week by the city's clocks: late on a Sunday in Greenwich it is the next week there."""
    from django.conf import settings

    day = settings.CITY.calendar.local_day(at)
    return day - timedelta(days=day.weekday())


def _code() -> str:
    import secrets

    return "".join(secrets.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(10))
