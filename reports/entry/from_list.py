"""A list of reports that came by another channel, as a CSV file: good lines are taken, bad ones told by number and reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from django.utils.translation import gettext as _

from reports.csv_list import Line, overfull_words, read_lines
from reports.entry.on_behalf import ENTERED, LONGEST_REF, AlreadyEntered, clean_ref, enter_new, entered_with
from reports.geography.area_index import areas_index
from reports.geography.search_text import plain
from reports.intake import Refused, Submission
from reports.models import Report
from reports.models.report import Channel, LocationSource

COLUMNS = ("external_ref", "channel", "observed_at", "problem", "amount", "waste_types", "description", "area", "place", "lon", "lat")
NEEDED = ("external_ref", "description")
MOST_LINES = 1000


@dataclass
class Entered:
    """What became of a list, by line: reports that were taken, numbers that were known before, and why a line was not taken."""

    taken: list[tuple[int, Report]] = field(default_factory=list)
    known: list[tuple[int, Report]] = field(default_factory=list)
    bad: list[tuple[int, str, list[str]]] = field(default_factory=list)


def enter_list(content: bytes, language: str) -> Entered:
    """Take the reports of a CSV file (columns of COLUMNS in any order), each for itself. Again changes nothing.

    Raises ListUnreadable when there is no list in the file; then nothing was taken.
    """
    lines = read_lines(content, COLUMNS, NEEDED, most=MOST_LINES)
    known = entered_with({clean_ref(line["external_ref"]) for line in lines} - {""})
    found = Entered()
    for line in lines:
        ref = clean_ref(line["external_ref"])
        if ref in known:
            found.known.append((line.number, known[ref]))
        elif complaints := _complaints(line):
            found.bad.append((line.number, line["external_ref"], complaints))
        else:
            try:
                receipt = enter_new(_submission(line, language))
            except AlreadyEntered as meanwhile:  # by somebody else
                found.known.append((line.number, meanwhile.report))
            except Refused as refusal:
                found.bad.append((line.number, line["external_ref"], [sentence for some in refusal.errors.values() for sentence in some]))
            else:
                known[ref] = receipt.report
                (found.taken if receipt.created else found.known).append((line.number, receipt.report))
    return found


def _complaints(line: Line) -> list[str]:
    """What is wrong with a line before intake looks at it."""
    if line.overfull:
        return [overfull_words()]
    found = []
    if not clean_ref(line["external_ref"]):
        found.append(_("The number of the other channel is missing."))
    elif len(clean_ref(line["external_ref"])) > LONGEST_REF:
        found.append(_("The number of the other channel has more than %(most)s letters.") % {"most": LONGEST_REF})
    if line["channel"] and line["channel"] not in ENTERED:
        found.append(_("The channel must be “phone” or “counter”."))
    if line["observed_at"] and _moment(line["observed_at"]) is None:
        found.append(_("“%(text)s” is not a day such as 21/11/2026 or 2026-11-21 16:42.") % {"text": line["observed_at"][:40]})
    if line["lon"] or line["lat"]:
        if _point(line) is None:
            found.append(_("Longitude and latitude cannot be read."))
    elif line["area"] and not _area(line["area"]):
        found.append(_("No ward or commune has the name or code “%(text)s”.") % {"text": line["area"][:60]})
    return found


def _submission(line: Line, language: str) -> Submission:
    where = _("Place: %(where)s") % {"where": line["place"]} if line["place"] else ""
    point = _point(line)
    return Submission(
        uuid=uuid4(), channel=line["channel"] or Channel.PHONE, external_ref=line["external_ref"], location=point,
        location_source=LocationSource.MAP if point else LocationSource.AREA, area="" if point else _area(line["area"]),
        observed_at=_moment(line["observed_at"]), problem=line["problem"].lower(), amount=line["amount"].lower(),
        waste_types=tuple(line["waste_types"].replace(";", " ").replace(",", " ").split()),
        description="\n".join(part for part in (where, line["description"]) if part), language=language,
    )  # fmt: skip


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    for pattern in ("%d/%m/%Y %H:%M", "%d/%m/%Y", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, pattern)  # without a zone: the city's clock, as intake reads it
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _point(line: Line) -> tuple[float, float] | None:
    try:
        lon, lat = (float(line[name].replace(",", ".")) for name in ("lon", "lat"))
    except ValueError:
        return None
    return lon, lat


def _area(text: str) -> str:
    """The code of the unit with this code or name, with or without its kind and accents; empty for none or several."""
    words = plain(text)
    units = [row for row in areas_index().rows.values() if row.unit]
    fitting = {row.code for row in units if row.code == text} or {row.code for row in units if words in (plain(row.full_name), plain(row.name), plain(row.name_en))}
    return fitting.pop() if len(fitting) == 1 else ""
