"""What the tests of the report page share: a small city to report in, photos as a phone gives them, and a way through the panels."""

from __future__ import annotations

import io
import os
from datetime import date
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

LON, LAT = 108.2051, 16.0551
# A phone whose position the test moves by hand: fix(accuracy), fail(code).
BY_HAND = f"""
    navigator.geolocation.watchPosition = (found, failed) => {{
      document.documentElement.dataset.watching = "yes";
      window.fix = (accuracy, lon = {LON}, lat = {LAT}) => found({{ coords: {{ longitude: lon, latitude: lat, accuracy }} }});
      window.fail = (code) => failed({{ code }});
      return 7;
    }};
    navigator.geolocation.clearWatch = () => {{ window.stopped = true; }};
"""
PHOTOS = Path(os.environ.get("CITYLAB_SHARED_DATA", "../shared/data")) / "photos"


@pytest.fixture
def city(two_areas):
    """Two wards with Vietnamese names, a market and a beach, and every kind of waste of the city pack."""
    from django.conf import settings
    from django.contrib.gis.geos import MultiPolygon, Point, Polygon

    from reports.geography.search_text import plain
    from reports.models import Area, Place, WasteType

    for row in settings.CITY.waste_types:
        WasteType.objects.create(
            code=row.code, group=row.group, name=row.name, name_en=row.name_en, resident=row.resident, icon=row.icon,
            hazard=row.hazard, order=row.order,
        )  # fmt: skip
    for code, name, name_en, lon in (("W1", "An Hải", "An Hai", 108.20), ("E1", "Sơn Trà", "Son Tra", 108.21)):
        Area.objects.update_or_create(
            code=code, layer="unit",
            defaults={
                "kind": "ward", "name": name, "full_name": f"Phường {name}", "name_en": f"{name_en} Ward", "search": plain(name),
                "valid_from": date(2025, 7, 1), "polygon": MultiPolygon(Polygon.from_bbox((lon, 16.05, lon + 0.01, 16.06)), srid=4326),
            },
        )  # fmt: skip
    for code, kind, name, lon, lat in (("cho-han", "market", "Chợ Hàn", 108.2052, 16.0553), ("my-khe", "beach", "Bãi biển Mỹ Khê", 108.2146, 16.0561)):
        Place.objects.create(code=code, kind=kind, name=name, search=plain(name), location=Point(lon, lat, srid=4326), listed=True)


@pytest.fixture
def quiet_end(context, live_server):
    """At the end of a test nothing is on its way to the server any more: the next test finds an empty database."""
    yield
    for page in context.pages:
        page.wait_for_load_state("networkidle")
        page.goto("about:blank")


@pytest.fixture
def photo(tmp_path) -> Path:
    """A photo as a phone takes it: 12 megapixels upright by an EXIF note, with a position that nobody should learn."""
    return drawn_photo(tmp_path / "rac.jpg", (4000, 3000), orientation=6)


def drawn_photo(path: Path, size: tuple[int, int], orientation: int = 1) -> Path:
    picture = Image.new("RGB", size, "#c9b48f")
    pen = ImageDraw.Draw(picture)
    for number in range(60):
        x, y = (number * 397) % size[0], (number * 211) % size[1]
        pen.ellipse((x, y, x + size[0] // 12, y + size[1] // 20), fill=("#2f6f8f", "#e8e4da", "#7b8c4a", "#b5442e")[number % 4])
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x8825] = {1: "N", 2: (16.0, 3.0, 40.0), 3: "E", 4: (108.0, 14.0, 46.0)}  # GPS
    picture.save(path, "JPEG", quality=88, exif=exif)
    return path


def standing_at(page: Page, lon: float = LON, lat: float = LAT, accuracy: float = 12) -> None:
    """The phone knows where it is, and may tell."""
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": lon, "latitude": lat, "accuracy": accuracy})


def ready(page: Page) -> None:
    """The script has begun: before that the page is a plain form, which a test on a busy machine would be too quick for."""
    expect(page.locator("#step-sent")).to_be_attached()


def take(page: Page, *photos: Path) -> None:
    """Tap “Chụp ảnh” and take photos: the camera gives one at a time."""
    ready(page)
    for path in photos:
        with page.expect_file_chooser() as chooser:
            page.get_by_label("Chụp ảnh", exact=True).click()
        chooser.value.set_files(path)


def choose(page: Page, *photos: Path) -> None:
    """Choose photos that are on the phone already."""
    ready(page)
    with page.expect_file_chooser() as chooser:
        page.get_by_label("Chọn ảnh có sẵn", exact=True).click()
    chooser.value.set_files([str(path) for path in photos])


def panel(page: Page, step: str):
    return page.locator(f"[data-step={step}]")


def open_panel(page: Page, step: str) -> None:
    expect(panel(page, step)).to_be_visible()
    expect(page.locator(".panel:visible")).to_have_count(1)


def to_kind(page: Page, photo: Path) -> None:
    """From the open report page through photo and place to the kinds of waste."""
    take(page, photo)
    page.get_by_role("button", name="Đúng chỗ này").click()
    open_panel(page, "kind")


def kept_pictures() -> list[Image.Image]:
    """The photos that arrived, as they were stored."""
    from reports.models import Photo
    from reports.photos import store

    return [Image.open(io.BytesIO(store.get(store.ORIGINALS, photo.original_name))) for photo in Photo.objects.order_by("position")]
