"""From the counters to a run that everybody can read: fetch, analyse, write, in one transaction.

A run is written whole and never changed. Readers see the last whole one until the new one is committed.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import h3ronpy
import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from h3ronpy.vector import coordinates_to_cells
from numpy.typing import NDArray

from analytics import analysis, cube
from analytics.analysis import TRAILING_WEEKS, Analysis
from analytics.binary_copy import Column, copy_columns
from analytics.code_version import code_version
from analytics.domain import RESOLUTION, parents, read_domain
from analytics.hexagons import centres, outlines
from analytics.models import HotspotRun
from analytics.neighbours import Cells
from analytics.weeks import monday_of, week_number
from reports.geography.area_index import NOWHERE, areas_index
from reports.geography.places import places_in_words
from reports.models import Place

# Coarser cells for the small scales of the map; a run keeps those that are coarser than itself.
OVERVIEW_RESOLUTIONS = (9, 8, 7)

Step = Callable[[str], None]


class NothingToAnalyse(Exception):
    """No case has a place in the weeks that would be analysed."""


@dataclass(frozen=True)
class Domain:
    """Which cells to test. `kind`: "default" (cases and listed places), "data" (cases only) or "file"."""

    kind: str
    cells: Cells | None = None

    @classmethod
    def named(cls, name: str) -> Domain:
        """The domain of `--domain`: default, data, or the path of a file of polygons. Raises ValueError with a sentence."""
        if name in ("default", "data"):
            return cls(name)
        if not Path(name).is_file():
            raise ValueError(f"“{name}” is neither “default” nor “data” nor a file.")
        return cls("file", read_domain(Path(name)))

    def arguments(self) -> dict[str, Any]:
        """What `analysis.run` is told about it."""
        if self.kind == "default":
            return {"domain": "default", "place_cells": _listed_cells()}
        return {"domain": "data" if self.cells is None else self.cells}


def refresh(
    until: date | None = None,
    domain: Domain | None = None,
    *,
    resolution: int | None = None,
    window: int | None = None,
    alpha: float = 0.05,
    step: Step = lambda name: None,
) -> HotspotRun:
    """Analyse the weeks that end with the week of `until` (this week when left out) and return the run.

    When nothing changed since the last run of the same kind, that run is returned: neither counters nor listed places
    nor areas nor code. `resolution` and `window` fix the scale. `step` is told the name of each step as it begins.
    Raises NothingToAnalyse when there is no case at all, and ValueError for a wrong scale.
    """
    last = monday_of(until or timezone.localdate())
    domain = domain or Domain("default")
    started = time.perf_counter()
    with transaction.atomic():
        _wait_for_turn(last, domain)
        tested = domain.arguments()
        asked = _asked(domain, tested, resolution, window, alpha)
        step("counters")
        counters = cube.fetch(last, TRAILING_WEEKS)
        if not counters.cases.any():
            raise NothingToAnalyse
        version = counters.fingerprint()
        unchanged = _unchanged(last, domain, asked, version)
        if unchanged:
            return unchanged
        step("analysis")
        found = analysis.run(
            counters.cells,
            counters.weeks,
            counters.cases,
            until=last,
            resolution=resolution,
            window=window,
            alpha=alpha,
            **tested,
        )
        run = HotspotRun(
            until=last,
            data_cutoff=counters.read_at,
            counters_version=version,
            resolution=found.resolution,
            window_weeks=found.window_weeks,
            domain_kind=domain.kind,
            domain=zlib.compress(found.cell.astype("<i8").tobytes(), 1),
            cells=found.n_cells,
            dispersion=found.phi,
            alpha=alpha,
            hot=int(found.hot.sum()),
            parameters={**found.parameters(), "asked": asked},
            code_version=code_version(),
        )
        _write(run, found, _reports_of_window(counters, found), started, step)
    return run


def hot_before(run: HotspotRun, until: date) -> set[int]:
    """The cells that the question of `run` would find hot in the weeks up to `until`, at the run's own scale.

    For comparing weeks: nothing is written. A run of a file's domain is compared within the cells it tested.
    """
    last = monday_of(until)
    counters = cube.fetch(last, TRAILING_WEEKS)
    if not counters.cases.any():
        return set()
    if run.domain_kind == "file":
        packed = HotspotRun.objects.values_list("domain", flat=True).get(pk=run.pk)
        cells = np.frombuffer(zlib.decompress(bytes(packed)), "<i8").astype(np.uint64)
        tested: dict[str, Any] = {"domain": np.asarray(h3ronpy.change_resolution(cells, RESOLUTION))}
    else:
        tested = Domain(run.domain_kind).arguments()
    found = analysis.run(
        counters.cells,
        counters.weeks,
        counters.cases,
        until=last,
        resolution=run.resolution,
        window=run.window_weeks,
        alpha=run.alpha,
        **tested,
    )
    return set(found.cell[found.hot].view(np.int64).tolist())


def _wait_for_turn(last: date, domain: Domain) -> None:
    """Two refreshes of the same week do the work once: the second waits, then finds the run of the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"refresh:{last.isoformat()}:{domain.kind}"]
        )


def _asked(domain: Domain, tested: dict[str, Any], resolution: int | None, window: int | None, alpha: float) -> dict[str, Any]:
    """Everything besides the counters and the code that decides the result."""
    cells = tested.get("place_cells", domain.cells)
    return {
        "alpha": alpha,
        "resolution": resolution,
        "window": window,
        "ground": "" if cells is None else hashlib.sha256(np.unique(cells).tobytes()).hexdigest()[:16],
        "words": _words_version(),
    }


def _listed_cells() -> Cells:
    """The cells of the places whose surroundings are always analysed."""
    points = list(Place.objects.filter(listed=True).values_list("location", flat=True))
    if not points:
        return np.zeros(0, np.uint64)
    lat, lon = np.array([point.y for point in points]), np.array([point.x for point in points])
    return np.unique(np.asarray(coordinates_to_cells(lat, lon, RESOLUTION))).astype(np.uint64)


def _words_version() -> str:
    """Changes when areas or places are loaded, from which the words of a run are made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT concat_ws(':', (SELECT sum(xmin::text::bigint + id) FROM reports_area),"
            " (SELECT sum(xmin::text::bigint + id) FROM reports_place))"
        )
        return str(cursor.fetchone()[0])


def _unchanged(last: date, domain: Domain, asked: dict[str, Any], counters_version: str) -> HotspotRun | None:
    """The last run of the same question, if the same question would have the same answer today."""
    run = (
        HotspotRun.objects.filter(until=last, domain_kind=domain.kind, parameters__asked=asked)
        .defer("domain")
        .order_by("-id")
        .first()
    )
    same = run is not None and (run.counters_version, run.code_version) == (counters_version, code_version())
    return run if same else None


def _reports_of_window(counters: cube.Counters, found: Analysis) -> NDArray[np.int32]:
    """Counting reports in each tested cell in the window, (n_cells,)."""
    since = week_number(found.until) - found.window_weeks
    of_window = (counters.weeks > since) & (counters.reports > 0)
    return _gathered(found.cell, parents(counters.cells[of_window], found.resolution), counters.reports[of_window])


def _gathered(cells: Cells, own: Cells, counts: NDArray[np.int32]) -> NDArray[np.int32]:
    """The sum of `counts` for each of the sorted `cells`; what lies in none of them is left out."""
    place = np.searchsorted(cells, own)
    inside = place < cells.size
    inside[inside] = cells[place[inside]] == own[inside]
    return np.bincount(place[inside], counts[inside], minlength=cells.size).astype(np.int32)


def _write(run: HotspotRun, found: Analysis, reports: NDArray[np.int32], started: float, step: Step) -> None:
    """The run, its rows and their overview. Cells without a case around them and without a report are no rows."""
    kept = np.flatnonzero((found.observed > 0) | (reports > 0))
    cells, hot = found.cell[kept], found.hot[kept]
    step("places")
    areas, words = _places(cells, hot)
    step("rows")
    shapes = outlines(cells)
    # The run's row comes last, so that it can tell how long everything took; the key is checked at the commit.
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('analytics_hotspotrun', 'id'))")
        run.pk = cursor.fetchone()[0]
    copy_columns(
        "analytics_hotspot",
        {
            "run_id": np.full(kept.size, run.pk, np.int64),
            "cell": cells.view(np.int64),
            "cases": found.count[kept],
            "reports": reports[kept],
            "observed": found.observed[kept],
            "expected": found.expected[kept],
            "ratio": found.ratio[kept],
            "p": found.p[kept],
            "q": found.q[kept],
            "gi_star": found.gi_star[kept],
            "hot": hot,
            "polygon": shapes,
            "area_id": areas,
            "place_words": words,
        },
    )
    _write_overview(run, cells, found.count[kept], reports[kept], found.observed[kept], hot)
    run.seconds = time.perf_counter() - started
    run.save(force_insert=True)


def _write_overview(
    run: HotspotRun,
    cells: Cells,
    cases: NDArray[np.int32],
    reports: NDArray[np.int32],
    observed: NDArray[np.int32],
    hot: NDArray[np.bool_],
) -> None:
    coarser = [resolution for resolution in OVERVIEW_RESOLUTIONS if resolution < run.resolution]
    own = np.concatenate([parents(cells, resolution) for resolution in coarser])
    # Within each coarse cell the strongest comes first: hot before not, then the highest count.
    row = np.tile(np.arange(cells.size), len(coarser))
    order = np.lexsort((-observed[row], ~hot[row], own))
    gathered, first = np.unique(own[order], return_index=True)

    def in_order(values: NDArray[Any]) -> NDArray[Any]:
        return values[row[order]]

    columns: dict[str, Column] = {
        "run_id": np.full(gathered.size, run.pk, np.int64),
        "resolution": np.asarray(h3ronpy.cells_resolution(gathered)).astype(np.int16),
        "cell": gathered.view(np.int64),
        "strongest": in_order(cells)[first].view(np.int64),
        "polygon": outlines(gathered),
    }
    if gathered.size:
        for name, values in (("cases", cases), ("reports", reports), ("hot_cells", hot.astype(np.int32))):
            columns[name] = np.add.reduceat(in_order(values), first).astype(np.int32)
        columns["observed"] = np.maximum.reduceat(in_order(observed), first)
        copy_columns("analytics_hotspotoverview", columns)


def _places(cells: Cells, hot: NDArray[np.bool_]) -> tuple[list[bytes | None], list[bytes | None]]:
    """The unit and the place in words, in the city's language, of each hot cell; null and empty for the others."""
    areas: list[bytes | None] = [None] * cells.size
    words: list[bytes | None] = [b""] * cells.size
    which = np.flatnonzero(hot)
    if which.size:
        lon, lat = centres(cells[which])
        units = areas_index().locate(lon, lat).certain_id
        with translation.override(settings.LANGUAGE_CODE):
            sentences = places_in_words(lon, lat)
        for place, unit, sentence in zip(which.tolist(), units.tolist(), sentences, strict=True):
            areas[place] = None if unit == NOWHERE else int(unit).to_bytes(8, "big")
            words[place] = sentence[:200].encode()
    return areas, words
