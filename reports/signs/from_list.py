"""A list of signs from a CSV file: each bad line is told with its number and reason, the good ones become signs."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib.gis.geos import Point
from django.db import transaction

from citylab.models import Member
from reports.clean_text import clean_text
from reports.csv_list import Line, read_lines
from reports.geography.around import within
from reports.models import Sign
from reports.signs.known import Wanted, make_signs, problems_with

COLUMNS = ("name", "name_en", "kind", "lon", "lat")
NEEDED = ("name", "lon", "lat")
MOST_LINES = 2000
SAME_M = 10.0  # a sign of this name that near is the same one: loading a list twice changes nothing


@dataclass
class Loaded:
    """What became of a list: the signs that were made, lines that were there already, and bad lines with their problems."""

    made: list[Sign] = field(default_factory=list)
    known: int = 0
    bad: list[tuple[int, dict[str, str]]] = field(default_factory=list)


def load_signs(content: bytes, actor: Member, *, strict: bool = False) -> Loaded:
    """Makes the signs of a CSV file (UTF-8, columns of COLUMNS in any order, comma or semicolon).

    strict: make none when any line is bad. Raises ListUnreadable when there is no list in the file.
    """
    found, wanted = Loaded(), []
    for line in read_lines(content, COLUMNS, NEEDED, most=MOST_LINES):
        each, problems = _read(line)
        if not problems:
            problems = problems_with(each, actor)
        if problems:
            found.bad.append((line.number, problems))
        elif _is_there(each) or each in wanted:
            found.known += 1
        else:
            wanted.append(each)
    if not (strict and found.bad):
        with transaction.atomic():
            found.made = make_signs(wanted, actor)
    return found


def _read(line: Line) -> tuple[Wanted, dict[str, str]]:
    if line.overfull:
        return Wanted(line["name"]), {"line": "overfull"}
    try:
        lon, lat = (float(line[name].replace(",", ".")) for name in ("lon", "lat"))
    except ValueError:
        return Wanted(line["name"]), {"place": "unreadable"}
    return Wanted(clean_text(line["name"]), clean_text(line["name_en"]), line["kind"].lower() or Sign.Kind.OTHER, lon, lat), {}


def _is_there(wanted: Wanted) -> bool:
    assert wanted.lon is not None and wanted.lat is not None
    return Sign.objects.filter(within(Point(wanted.lon, wanted.lat, srid=4326), SAME_M, "location"), name=wanted.name).exists()
