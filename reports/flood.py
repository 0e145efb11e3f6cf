"""Floods: which reports a person looks at before they count. Nothing here refuses, and nothing looks at an address.

Mobile networks put thousands of people behind one address, so the limits are by device, by place and by photo:

* a device that sends more than `FLOOD_DEVICE_HOUR` reports in an hour, or `FLOOD_DEVICE_DAY` in a day;
* a place (one H3 cell) that gets `FLOOD_PLACE_HOUR` reports in an hour from devices that send `FLOOD_PLACE_EACH` each or
  more, or that many from nobody in particular (of an area, where no cell is known). A campaign day of two thousand phones is no flood, and a phone that
  comes new to a flooded place is not held: only the few that already sent their share there are;
* the very bytes of a photo, sent again with a report at another place or by another device.

A report that is held is taken like any other: its sender gets a code and is told nothing else, and it joins or opens a
case. It does not count until a member releases it (`casework.release`). Two reports that one device sends at the same
instant do not see each other, so a limit may be passed by as many as are under way.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from reports.rules import COUNTING

if TYPE_CHECKING:
    from reports.models import Photo, Report

DEVICE, PLACE, PHOTO = "device", "place", "photo"  # what `Report.held` says
SAME_PLACE_M = 100.0  # two photos of one pile may come with positions of two bad phones
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

# Queries inside the statement that inserts a report: its reason to be held, and whether it counts as far as its device goes.
# One look at the reports of the device, by the index on (reporter, cell, week); only a device that has sent its share at this
# place makes the database look at the place.
OF_DEVICE = f"""
    SELECT counted < {COUNTING} AS counts, CASE
        WHEN this_hour >= %(device_hour)s OR today >= %(device_day)s THEN '{DEVICE}'
        WHEN here >= %(each)s AND (
            SELECT count(*) >= greatest(%(place_hour)s, %(each)s * count(DISTINCT reporter)) FROM reports_report
            WHERE cell = %(cell)s AND week = %(week)s AND received_at > %(hour)s AND reporter IS NOT NULL
        ) THEN '{PLACE}'
        ELSE '' END AS held
    FROM (
        SELECT count(*) FILTER (WHERE received_at > %(hour)s) AS this_hour, count(*) FILTER (WHERE received_at > %(day)s) AS today,
               count(*) FILTER (WHERE received_at > %(hour)s AND cell = %(cell)s) AS here,
               count(*) FILTER (WHERE counts AND week = %(week)s AND cell IS NOT DISTINCT FROM %(cell)s
                                AND (cell IS NOT NULL OR area_id IS NOT DISTINCT FROM %(area_id)s)) AS counted
        FROM reports_report WHERE reporter = %(reporter)s
    ) AS device
"""
OF_NOBODY = f"""
    SELECT true AS counts, CASE WHEN count(*) >= %(place_hour)s THEN '{PLACE}' ELSE '' END AS held FROM (
        SELECT FROM reports_report
        WHERE (cell = %(cell)s OR (%(cell)s::bigint IS NULL AND cell IS NULL AND area_id = %(area_id)s))
            AND week = %(week)s AND received_at > %(hour)s AND reporter IS NULL AND channel <> 'import'
        LIMIT %(place_hour)s
    ) AS recent
"""


def facts(report: Report) -> dict[str, Any]:
    """The values that the two queries ask for beside the columns of the report."""
    return {
        "hour": report.received_at - _HOUR, "day": report.received_at - _DAY,
        "device_hour": settings.FLOOD_DEVICE_HOUR, "device_day": settings.FLOOD_DEVICE_DAY,
        "place_hour": settings.FLOOD_PLACE_HOUR, "each": settings.FLOOD_PLACE_EACH,
    }  # fmt: skip


def is_repeated(photo: Photo) -> bool:
    """Whether the same bytes came before with a report at another place, or by another device; one look by their hash.

    A phone that sends the same photo of the same place again is only impatient. Of a report that knows no point or no
    device nothing is concluded by the one that is missing.
    """
    if photo.report_id is None:
        return False
    with connection.cursor() as ask:
        ask.execute(
            """
            SELECT EXISTS (
                SELECT FROM reports_photo other
                JOIN reports_report theirs ON theirs.id = other.report_id
                JOIN reports_report ours ON ours.id = %s
                WHERE other.original_sha256 = %s AND other.report_id <> ours.id AND (
                    theirs.reporter <> ours.reporter
                    OR ST_Distance(theirs.location::geography, ours.location::geography) > %s
                    OR (theirs.cell IS NULL AND ours.cell IS NULL AND theirs.area_id <> ours.area_id)
                )
            )
            """,
            [photo.report_id, photo.original_sha256, SAME_PLACE_M],
        )
        return bool(ask.fetchone()[0])
