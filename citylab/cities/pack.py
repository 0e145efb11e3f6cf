"""The city pack: everything that is true of one city and of no other, read from a folder and checked.

Needs neither Django nor a database, so that the settings can ask it for the language and the time zone.
"""

import hashlib
import os
import zoneinfo
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from citylab.cities.complaints import Complaints, PackError
from citylab.cities.page_texts import PageTexts, read_page_texts
from citylab.cities.replies import Reply, read_replies
from citylab.cities.settings_file import CityFile
from citylab.cities.tables import (
    OWN_BODY,
    BodyRow,
    DeadlineRow,
    HolidayRow,
    PopulationRow,
    RouteRow,
    WasteTypeRow,
    read_bodies,
    read_deadlines,
    read_holidays,
    read_populations,
    read_routing,
    read_waste_types,
)
from citylab.working_days import WorkingCalendar

CITIES = Path(__file__).parent


@dataclass(frozen=True)
class Telephone:
    """A number to call. `number` is for reading, `tel` for a link."""

    number: str

    @property
    def tel(self) -> str:
        return "tel:" + "".join(sign for sign in self.number if sign.isdigit() or sign == "+")


@dataclass(frozen=True)
class Hotline(Telephone):
    """A telephone line of the city, and when somebody answers it."""

    label: str
    label_en: str
    hours: str


@dataclass(frozen=True)
class Authority:
    """Who answers for waste in the city, as its letters are headed."""

    superior: str
    superior_en: str
    department: str
    department_en: str
    department_short: str
    place_of_issue: str


@dataclass(frozen=True)
class AreaKind:
    """A kind of area. `prefix` is how a full name of that kind begins, where names carry their kind."""

    code: str
    name: str
    name_en: str
    prefix: str
    overlay: bool


@dataclass(frozen=True)
class AreaSource:
    """Where the units come from when nobody has loaded a file: `kind` is "vietnamadminunits", "file" or "none"."""

    kind: str
    province: str
    file: Path | None
    valid_from: date
    apart: tuple[str, ...]


@dataclass(frozen=True)
class CityPack:
    """One city. Coordinates are lon, lat; lengths are metres; names are NFC."""

    id: str
    folder: Path
    fingerprint: str
    name: str
    name_en: str
    official_name: str
    official_name_en: str
    language: str
    languages: tuple[str, ...]
    time_zone: str
    projection: str
    centre: tuple[float, float]
    zoom: float
    bounds: tuple[float, float, float, float]
    outline_margin_m: float
    receipt_prefix: str
    deadline_working_days: int
    hotlines: tuple[Hotline, ...]
    fire: Telephone
    authority: Authority
    unit_body_name: str
    unit_body_name_en: str
    generic_words: tuple[str, ...]
    listed_places: tuple[str, ...]
    place_reach_m: dict[str, float]
    area_kinds: tuple[AreaKind, ...]
    areas: AreaSource
    places_file: Path | None
    calendar: WorkingCalendar
    waste_types: tuple[WasteTypeRow, ...]
    bodies: tuple[BodyRow, ...]
    routes: tuple[RouteRow, ...]
    holidays: tuple[HolidayRow, ...]
    populations: tuple[PopulationRow, ...]
    pages: PageTexts
    deadlines: tuple[DeadlineRow, ...] | None
    replies: tuple[Reply, ...]

    @property
    def tz(self) -> zoneinfo.ZoneInfo:
        return self.calendar.time_zone

    @property
    def hotline(self) -> Hotline:
        """The line to call first."""
        return self.hotlines[0]

    def named(self, row: object, language: str, field: str = "name") -> str:
        """A name of a row of the pack in a page's language: the city's own, or else the English one where it exists."""
        own = getattr(row, field)
        return own if language == self.language else getattr(row, f"{field}_en") or own


def city_pack(name: str | None = None) -> CityPack:
    """The city pack, read once a process.

    name: a folder of `citylab/cities/`, or a path to a folder; by default the environment variable CITYLAB_CITY,
    or else the pack named in `default.txt`. Raises PackError with every complaint.
    """
    name = name or os.environ.get("CITYLAB_CITY") or (CITIES / "default.txt").read_text().strip()
    return _read_once(str(pack_folder(name)))


def pack_folder(name: str) -> Path:
    """The folder of a pack given by name or path. Raises PackError when there is none."""
    shipped = CITIES / name
    if os.sep not in name and shipped.is_dir():
        return shipped
    if (folder := Path(name).expanduser()).is_dir():
        return folder.resolve()
    known = ", ".join(sorted(path.parent.name for path in CITIES.glob("*/city.toml")))
    raise PackError([f"CITYLAB_CITY is “{name}”: neither a folder nor one of the cities {known}."])


@lru_cache(maxsize=8)
def _read_once(folder: str) -> CityPack:
    return read_pack(Path(folder))


def read_pack(folder: Path) -> CityPack:
    """Reads and checks the pack in `folder`. Raises PackError with every complaint."""
    complaints = Complaints()
    at = CityFile(folder / "city.toml", complaints)
    waste_types = read_waste_types(folder / "waste_types.csv", complaints)
    bodies = read_bodies(folder / "bodies.csv", complaints)
    groups = {row.code for row in waste_types if row.is_group}
    routes = read_routing(folder / "routing.csv", {row.code for row in bodies}, groups, complaints)
    holidays = read_holidays(folder / "holidays.csv", complaints)
    populations = read_populations(folder / "populations.csv", complaints)
    language = at.string("city", "language", pattern="[a-z]{2,3}", expected="a language code such as vi")
    languages = at.strings("city", "languages", (language,))
    if language not in languages:
        at.complain("city", "languages", f"the city's own language “{language}” is not among them.")
    centre = at.numbers("map", "centre", 2, "two numbers, lon and lat")
    bounds = at.numbers("map", "bounds", 4, "four numbers: west, south, east, north")
    if not (bounds[0] <= centre[0] <= bounds[2] and bounds[1] <= centre[1] <= bounds[3]):
        at.complain("map", "bounds", "the centre lies outside; the order is west, south, east, north.")
    calendar = read_calendar(at, holidays)
    area_kinds = read_area_kinds(at)
    check_overlays_win(folder / "routing.csv", routes, area_kinds, complaints)
    pack = CityPack(
        id=folder.name,
        folder=folder,
        fingerprint=fingerprint(folder),
        name=at.string("city", "name"),
        name_en=at.string("city", "name_en"),
        official_name=at.string("city", "official_name"),
        official_name_en=at.string("city", "official_name_en"),
        language=language,
        languages=languages,
        time_zone=calendar.time_zone.key,
        projection=at.string("map", "projection", pattern=r"EPSG:\d{4,6}", expected="EPSG: and a number"),
        centre=centre,
        zoom=at.number("map", "zoom", 0, 22),
        bounds=bounds,
        outline_margin_m=at.number("map", "outline_margin_m", 0, 100_000),
        receipt_prefix=at.string(
            "service", "receipt_prefix", pattern="[A-Z]{1,4}", expected="one to four capital letters"
        ),
        deadline_working_days=at.whole("service", "deadline_working_days", 1, 365),
        hotlines=read_hotlines(at),
        fire=Telephone(at.string("emergency", "fire", pattern=r"[\d +-]{2,20}", expected="a telephone number")),
        authority=Authority(**{key: at.string("authority", key) for key in Authority.__dataclass_fields__}),
        unit_body_name=at.string("bodies", "unit_name", pattern=r".*\{area\}.*", expected="text with {area}"),
        unit_body_name_en=at.string("bodies", "unit_name_en", pattern=r".*\{area\}.*", expected="text with {area}"),
        generic_words=at.strings("words", "generic", ()),
        listed_places=at.strings("places", "listed", ()),
        place_reach_m={kind: at.number("places.reach_m", kind, 1, 5000) for kind in at.table("places.reach_m")},
        area_kinds=area_kinds,
        areas=read_area_source(at, folder),
        places_file=read_file_name(at, folder, "places", "file"),
        calendar=calendar,
        waste_types=waste_types,
        bodies=bodies,
        routes=routes,
        holidays=holidays,
        populations=populations,
        pages=read_page_texts(folder / "pages.toml", complaints),
        deadlines=read_deadlines(folder / "deadlines.csv", complaints),
        replies=read_replies(folder / "replies.toml", complaints),
    )
    complaints.raise_any()
    return pack


def read_hotlines(at: CityFile) -> tuple[Hotline, ...]:
    found = at.tables.get("hotline")
    keys = tuple(Hotline.__dataclass_fields__)
    if not isinstance(found, list) or not found:
        at.complain(
            "hotline", "number", "is missing; expected at least one [[hotline]] with number, label, label_en, hours."
        )
        return ()
    for line in found:
        for key in keys:
            if not isinstance(line.get(key), str) or (key != "hours" and not line[key].strip()):
                at.complain("hotline", key, f"{line.get(key)!r} cannot be used; expected text.")
    return tuple(Hotline(**{key: str(line.get(key, "")) for key in keys}) for line in found)


def read_area_kinds(at: CityFile) -> tuple[AreaKind, ...]:
    kinds = []
    for code in at.table("area_kinds"):
        table = f"area_kinds.{code}"
        overlay = at.value(table, "overlay", False, lambda found: isinstance(found, bool), "true or false", False)
        kinds.append(
            AreaKind(
                code, at.string(table, "name"), at.string(table, "name_en"), at.string(table, "prefix", ""), overlay
            )
        )
    if not kinds:
        at.complain("area_kinds", "name", "no kind of area is named; expected a table such as [area_kinds.ward].")
    return tuple(kinds)


def check_overlays_win(
    path: Path, routes: tuple[RouteRow, ...], kinds: tuple[AreaKind, ...], complaints: Complaints
) -> None:
    """Notes kinds that do not exist, and a line for an overlay that would come after the body of the unit it lies in."""
    overlay = {kind.code: kind.overlay for kind in kinds}
    own_body_from = min((route.priority for route in routes if route.body == OWN_BODY), default=None)
    for route in routes:
        if route.area_kind and route.area_kind not in overlay:
            complaints.add(path, None, "area_kind", f"“{route.area_kind}” is not a table [area_kinds.…] of city.toml.")
        elif own_body_from is not None and overlay.get(route.area_kind) and route.priority >= own_body_from:
            sentence = f"the line for “{route.area_kind}” has priority {route.priority}, but an overlay must come before {OWN_BODY}"
            complaints.add(path, None, "priority", f"{sentence} ({own_body_from}).")


def read_area_source(at: CityFile, folder: Path) -> AreaSource:
    kind = at.string(
        "areas", "source", pattern="vietnamadminunits|file|none", expected="vietnamadminunits, file or none"
    )
    province = at.string("areas", "province") if kind == "vietnamadminunits" else ""
    file = read_file_name(at, folder, "areas", "file")
    if kind == "file" and file is None:
        at.complain("areas", "file", "is missing; the source is a file of this pack.")
    return AreaSource(kind, province, file, at.day("areas", "valid_from"), at.strings("areas", "apart", ()))


def read_file_name(at: CityFile, folder: Path, table: str, key: str) -> Path | None:
    name = at.string(table, key, "")
    if name and not (folder / name).is_file():
        at.complain(table, key, f"the pack has no file “{name}”.")
    return folder / name if name else None


def read_calendar(at: CityFile, holidays: tuple[HolidayRow, ...]) -> WorkingCalendar:
    name = at.string("city", "time_zone")
    try:
        time_zone = zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        at.complain("city", "time_zone", f"“{name}” is not a time zone such as Europe/Paris.")
        time_zone = zoneinfo.ZoneInfo("UTC")
    week = lambda found: isinstance(found, list) and found and set(found) <= set(range(1, 8))  # noqa: E731
    weekdays = at.value("service", "working_weekdays", [1, 2, 3, 4, 5], week, "numbers from 1 (Monday) to 7", [1])
    known = max((row.date for row in holidays), default=None)
    return WorkingCalendar(
        time_zone=time_zone,
        weekdays=frozenset(weekdays),
        holidays=frozenset(row.date for row in holidays if not row.working),
        working=frozenset(row.date for row in holidays if row.working),
        known_until=known and date(known.year, 12, 31),
    )


def fingerprint(folder: Path) -> str:
    """SHA-256 over names and contents of the pack's own files: changes when anything in it does."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
