"""A small lively city: cases in every public state with photos, a sign, a notice, a reporter's own report. For tests of all pages."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import h3.api.basic_int as h3
from django.contrib.gis.geos import MultiPolygon, Point
from django.utils import timezone
from PIL import Image, ImageDraw

from citylab.cities.pack import city_pack
from reports.codes import code_of, random_codes, secret_token
from reports.models import Area, Body, Case, CaseEvent, Cleanup, Notice, Photo, Report, Sign, WasteType
from reports.photos import store


@dataclass
class LivelyCity:
    """What was made, by what it is good for."""

    cases: dict[str, Case] = field(default_factory=dict)  # by status
    reports: dict[str, Report] = field(default_factory=dict)  # the first report of each case
    sign: Sign | None = None
    notice: Notice | None = None

    def secret(self, status: str) -> tuple[str, str]:
        """Code and token of the reporter of that case."""
        report = self.reports[status]
        return report.code, secret_token(report.uuid)


def fill(now: datetime | None = None) -> LivelyCity:
    """Make it, around the city pack's centre. The city pack must be loaded."""
    now = now or timezone.now()
    made = LivelyCity()
    lon, lat = city_pack().centre
    states = ("new", "confirmed", "cleaned", "verified", "refused", "withdrawn")
    for number, status in enumerate(states):
        at = Point(lon + 0.004 * number, lat + 0.002 * number, srid=4326)
        made.cases[status] = case = _case(status, at, now - timedelta(days=6 - number))
        made.reports[status] = report = _report(case, now)
        if status != "withdrawn":
            _photo(report=report, public=status in ("confirmed", "cleaned", "verified"), number=number)
        if status in ("cleaned", "verified"):
            cleanup = Cleanup.objects.create(case=case, at=case.cleaned_at, grade="A", bags=4)
            _photo(case=case, cleanup=cleanup, kind="after", public=True, number=number + 10)
    made.sign = Sign.objects.create(code="B7K4", kind="beach", name="Chốt cứu hộ số 7", name_en="Lifeguard post 7", location=made.cases["new"].location)
    stretch = MultiPolygon(made.cases["confirmed"].location.buffer(0.003), srid=4326)
    made.notice = Notice.objects.create(
        title="Sau bão: đang dọn", title_en="After the storm: being cleaned", text="Đội dọn làm từ sáng đến chiều.", text_en="Crews work all day.",
        stretch=stretch, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=4), done_by=(now + timedelta(days=3)).date(), case=made.cases["confirmed"],
    )  # fmt: skip
    return made


def _case(status: str, at: Point, observed_at: datetime) -> Case:
    closed = observed_at + timedelta(hours=20) if status not in ("new", "confirmed") else None
    centre_lat, centre_lon = h3.cell_to_latlng(h3.latlng_to_cell(at.y, at.x, 11))
    local = observed_at.astimezone(city_pack().tz).date()
    case = Case.objects.create(
        code=random_codes(1)[0], status=status, problem="litter", amount="bag", location=at, cell=h3.latlng_to_cell(at.y, at.x, 10),
        public_location=Point(centre_lon, centre_lat, srid=4326), week=local - timedelta(days=local.weekday()), observed_at=observed_at,
        opened_at=observed_at, due_at=observed_at + timedelta(days=3), closed_at=closed,
        cleaned_at=closed if status in ("cleaned", "verified") else None, verified_at=closed if status == "verified" else None,
        area=Area.objects.units().first(), body=Body.objects.first(),
    )  # fmt: skip
    CaseEvent.objects.create(case=case, kind="opened", at=observed_at, to_status="new")
    if status != "new":
        CaseEvent.objects.create(
            case=case, kind=status, at=closed or observed_at + timedelta(hours=2), from_status="new", to_status=status,
            reason="Đất riêng, chủ đất tự dọn." if status == "refused" else "",
        )  # fmt: skip
    return case


def _report(case: Case, now: datetime) -> Report:
    name = uuid.uuid4()
    report = Report.objects.create(
        uuid=name, code=code_of(name), body_hash=b"\0" * 32, channel="web", location=case.location, location_source="gps", accuracy_m=12,
        area=case.area, cell=case.cell, week=case.week, observed_at=case.observed_at, received_at=case.observed_at, description="Túi ni lông bên kè đá",
        photos_expected=1, counts=True, case=case, next_try=now, processed_at=now, language="vi",
        withdrawn_at=now if case.status == "withdrawn" else None,
    )  # fmt: skip
    report.waste_types.set(WasteType.objects.filter(resident=True)[:2])
    return report


def _photo(*, number: int, public: bool, kind: str = "report", **owner: object) -> Photo:
    large, small = _picture(number, 1200), _picture(number, 320)
    large_sha256, large_name = store.put(store.RENDITIONS, large, ".jpg")
    small_sha256, small_name = store.put(store.RENDITIONS, small, ".jpg")
    original_sha256, original_name = store.put(store.ORIGINALS, large, ".jpg")
    now = timezone.now()
    names = {"large_sha256": large_sha256, "large_name": large_name, "small_sha256": small_sha256, "small_name": small_name}
    shown = {f"public_{column}": value for column, value in names.items()} | {"published_at": now, "looked_at": now}
    return Photo.objects.create(
        kind=kind, state="published" if public else "clean", original_sha256=original_sha256, original_name=original_name, original_size=len(large),
        original_format="JPEG", width=1200, height=900, received_at=now, processed_at=now, next_try=now, **names, **(shown if public else {}), **owner,
    )  # fmt: skip


def _picture(number: int, width: int) -> bytes:
    """A drawn beach with a few bags on it; different for each number."""
    height = width * 3 // 4
    picture = Image.new("RGB", (width, height), (156, 201, 207))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, height * 2 // 5, width, height), fill=(233, 220, 192))
    for bag in range(6):
        x, y = (bag * 173 + number * 61) % width, height // 2 + (bag * 97 + number * 31) % (height // 3)
        draw.ellipse((x, y, x + width // 9, y + width // 12), fill=(90 + 20 * bag, 120, 140), outline=(40, 60, 70))
    body = io.BytesIO()
    picture.save(body, "JPEG", quality=80)
    return body.getvalue()
