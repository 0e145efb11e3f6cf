"""From what somebody types to the cases that are meant: a place or unit under today's or a former name, or a code."""

from __future__ import annotations

import h3.api.basic_int as h3
from django.db import connection
from django.db.models import Q

from citylab.cities.pack import city_pack
from reports import codes
from reports.geography.search_text import plain
from reports.models import Report

MOST_PLACES = 40  # of one search: who types “cho” wants a list narrowed by something else
AROUND_PLACE = 2  # rings of cells: some 300 m, as far as a market or a beach post is meant by its name
MOST_WORDS = 8

# Each typed word begins a word of the name; the trigram index finds candidates by LIKE, the regular expression is exact.
_SEARCH = """
    SELECT 0, id, NULL::float8, NULL::float8 FROM reports_area
    WHERE layer = 'unit' AND valid_from <= %(today)s AND (valid_to IS NULL OR valid_to > %(today)s) AND {fits}
    UNION ALL
    (SELECT 1, id, ST_X(location), ST_Y(location) FROM reports_place WHERE {fits} ORDER BY listed DESC, id LIMIT {most})
"""


def cases_named(text: str) -> Q:
    """The cases in units and around places whose names fit, former names too, with or without accents; and those with that code,
    of their own, of a report, or of another channel (1022)."""
    found = Q(pk__in=[])
    if words := plain(text).split()[:MOST_WORDS]:
        found |= _in_places(words)
    if len(text.strip()) >= 4:
        reports = Q(external_ref=text.strip()[:40])
        if code := codes.parse_code(text):
            found, reports = found | Q(code=code), reports | Q(code=code)
        found |= Q(pk__in=Report.objects.filter(reports).exclude(case=None).values("case"))
    return found


def _in_places(words: list[str]) -> Q:
    fits, given = [], {"today": city_pack().calendar.today()}
    for number, word in enumerate(words):  # letters and digits only, so nothing in them means anything to LIKE or a pattern
        fits.append(f"search LIKE %(part{number})s AND search ~ %(word{number})s")
        given |= {f"part{number}": f"%{word}%", f"word{number}": rf"\m{word}"}
    with connection.cursor() as cursor:
        cursor.execute(_SEARCH.format(fits=" AND ".join(fits), most=MOST_PLACES), given)
        rows = cursor.fetchall()
    cells = {cell for kind, _id, lon, lat in rows if kind for cell in h3.grid_disk(h3.latlng_to_cell(lat, lon, 10), AROUND_PLACE)}
    return Q(area__in=[row[1] for row in rows if not row[0]]) | Q(cell__in=cells)
