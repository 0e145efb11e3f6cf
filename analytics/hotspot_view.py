"""What the staff's map and list say about a run: classes of the legend, certainty in words, one cell's story."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import h3.api.basic_int as h3
from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext as _

from analytics.models import CellWeek, Hotspot, HotspotRun
from reports.case_list.filter import around_cell
from reports.models import Case

# The first count of each of the five classes, before scaling: each step looks about as large as the last.
FIRST_OF_CLASS = (1, 3, 5, 8, 13)
FEW_CASES = 5  # a hotspot of fewer cases rests on little, however small its q
SURE_Q = 0.001
CURVE_WEEKS = 52
RECURRENCE_WEEKS = 26

ORDERS = {"burden": ("-excess",), "ratio": ("-ratio", "q"), "certainty": ("q", "-ratio")}


@dataclass(frozen=True)
class HeatClass:
    """One colour of the legend: counts from `first` on, up to `last` (None: without an end)."""

    number: int
    first: int
    last: int | None

    @property
    def words(self) -> str:
        if self.last is None:
            return _("more than %(count)s") % {"count": self.first - 1}
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


@dataclass(frozen=True)
class Curve:
    """52 weeks of a cell and its neighbours as the points of a drawing of `width` × `height`; y runs downwards."""

    width: int
    height: int
    seen: str
    band: str
    window_x: float
    window_width: float
    first: date
    last: date
    highest: int


def heat_classes(run: HotspotRun) -> list[HeatClass]:
    """The five classes of the run's counts, scaled so that one cell in a hundred or so is in the highest."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_disc(0.99) WITHIN GROUP (ORDER BY observed) FROM analytics_hotspot WHERE run_id = %s AND observed > 0",
            [run.pk],
        )
        high = cursor.fetchone()[0] or 1
    scale = max(1, high // FIRST_OF_CLASS[-1])
    firsts = [1, *(first * scale for first in FIRST_OF_CLASS[1:])]
    lasts = [*(first - 1 for first in firsts[1:]), None]
    return [HeatClass(number, first, last) for number, (first, last) in enumerate(zip(firsts, lasts, strict=True), start=1)]


def heat_of(observed: int, classes: list[HeatClass]) -> int:
    """The number of the class that a count is in; 0 where nothing was counted."""
    return max((heat.number for heat in classes if observed >= heat.first), default=0)


def certainty(row: Hotspot) -> str:
    """How sure a hotspot is, in the three words that pages use."""
    if row.observed < FEW_CASES:
        return _("little data")
    return _("certain") if row.q <= SURE_Q else _("fairly certain")


def cell_name(cell: int) -> str:
    """A cell as addresses and tiles write it: hexadecimal, as every H3 tool does."""
    return h3.int_to_str(cell)


def cell_number(name: str) -> int | None:
    """The number of a cell written in hexadecimal, None when it is not one."""
    try:
        number = int(name, 16)
        return number if h3.is_valid_cell(number) else None
    except (ValueError, OverflowError):  # more than 64 bits, or less than nothing
        return None


def first_week(run: HotspotRun) -> date:
    """Monday of the first week of the window."""
    return run.until - timedelta(weeks=run.window_weeks - 1)


def weekly_totals(run: HotspotRun) -> list[tuple[date, float]]:
    """Cases of each analysed week in the run's domain, oldest first, from what the run itself remembers."""
    means = run.parameters.get("mean_per_week", [])
    return [(run.until - timedelta(weeks=len(means) - 1 - place), mean * run.cells) for place, mean in enumerate(means)]


def curve(run: HotspotRun, row: Hotspot, width: int = 298, height: int = 64) -> Curve:
    """The weekly cases in the cell and its neighbours beside what was to be expected, for a small drawing."""
    first = run.until - timedelta(weeks=CURVE_WEEKS - 1)
    counted = dict(
        CellWeek.objects.filter(around_cell(cell_name(row.cell)), week__gte=first, week__lte=run.until)
        .values_list("week")
        .annotate(Sum("cases"))
    )
    weeks = [first + timedelta(weeks=number) for number in range(CURVE_WEEKS)]
    seen = [counted.get(week, 0) for week in weeks]
    expected = _expected(run, row, weeks)
    spread = [math.sqrt(run.dispersion * value) for value in expected]
    top = max(1, *seen, *(value + error for value, error in zip(expected, spread, strict=True)))

    def y(value: float) -> str:
        return f"{height - 2 - max(value, 0) / top * (height - 6):.1f}"

    x = [f"{number * width / (CURVE_WEEKS - 1):.1f}" for number in range(CURVE_WEEKS)]
    upper = [f"{at},{y(value + error)}" for at, value, error in zip(x, expected, spread, strict=True)]
    lower = [f"{at},{y(value - error)}" for at, value, error in zip(x, expected, spread, strict=True)]
    start = (CURVE_WEEKS - run.window_weeks) * width / (CURVE_WEEKS - 1)
    return Curve(
        width, height, " ".join(f"{at},{y(value)}" for at, value in zip(x, seen, strict=True)), " ".join(upper + lower[::-1]),
        round(start, 1), round(width - start, 1), weeks[0], weeks[-1], max(seen),
    )  # fmt: skip


def _expected(run: HotspotRun, row: Hotspot, weeks: list[date]) -> list[float]:
    """The row's expectation spread over the weeks as the whole domain's cases are."""
    totals = dict(weekly_totals(run))
    window = sum(total for week, total in totals.items() if week >= first_week(run))
    share = row.expected / window if window else 0.0
    return [totals.get(week, 0.0) * share for week in weeks]


@dataclass(frozen=True)
class Story:
    """What the page tells about one cell beyond its row."""

    cell: str
    reports: int
    open: int
    came_back: int


def story(run: HotspotRun, cell: int) -> Story:
    """Reports of the window, cases that are open now, and cases that came back, in the cell and its neighbours."""
    around = Case.objects.filter(around_cell(cell_name(cell)))
    reports = run.rows.filter(cell__in=h3.grid_disk(cell, 1)).aggregate(total=Sum("reports"))["total"] or 0
    since = run.until - timedelta(weeks=RECURRENCE_WEEKS - 1)
    return Story(
        cell_name(cell), reports, around.open().count(),
        around.counted().filter(recurs_of__isnull=False, week__gte=since, week__lte=run.until).count(),
    )  # fmt: skip
