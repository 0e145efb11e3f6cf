"""Hotspots of any file of reports, without a database: read, group into cases, test, write, say what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from h3.api import basic_int as h3
from numpy.typing import ArrayLike, NDArray

from analytics import analysis
from analytics.domain import RESOLUTION, read_domain
from analytics.hotspot_files import hotspot_table, require_writable, write_hotspots
from analytics.neighbours import as_cells
from analytics.report_points import FileProblem, LineProblem, Progress, ReportPoints, read_points
from analytics.weeks import local_mondays, parse_week, week_label

HOTSPOTS_NAMED = 5
LINES_NAMED = 20


@dataclass(frozen=True)
class FileAnalysis:
    """What became of a file."""

    result: analysis.Analysis
    n_reports: int  # that could be used
    n_cases: int
    n_cases_later: int  # of weeks after the last analysed one
    problems: list[LineProblem]
    timezone: str
    out: Path


def analyse_file(
    path: Path,
    out: Path,
    *,
    lon: str | None,
    lat: str | None,
    time: str,
    timezone: str,
    days_since: date | None = None,
    until: str | None = None,
    domain: str = "data",
    resolution: int | None = None,
    window: int | None = None,
    progress: Progress = lambda rows: rows,
    step: Callable[[str], None] = lambda name: None,
) -> FileAnalysis:
    """Analyse the reports of `path` and write the tested cells to `out`.

    `lon`, `lat`, `time`, `days_since`: see `read_points`. `timezone`: IANA name whose clocks make the weeks. `until`:
    the last week; left out, the last one that the reports cover to its end. `domain`: "data", or the name of a file of
    polygons. `progress` wraps the rows while they are read; `step` is told what is done next.
    Raises ValueError with a sentence when the file, a column, the week or the domain cannot be read.
    """
    require_writable(out)
    last = None if until is None else parse_week(until)
    ground: str | ArrayLike = domain if domain == "data" else _drawn_domain(Path(domain))
    points = read_points(
        path, lon=lon, lat=lat, time=time, timezone_name=timezone, days_since=days_since, progress=progress
    )
    if not len(points):
        raise FileProblem(f"No line of {path.name} can be used. {_named(points.problems)}")
    step("Grouping reports into cases")
    cells, mondays, n_cases = cases_by_cell_and_week(points, timezone)
    last = last or last_whole_week(points, timezone)
    step("Testing cells")
    result = analysis.run(
        cells,
        mondays,
        until=last,
        domain=ground,
        resolution=resolution,
        window=window,
    )
    if result.n_cases == 0:
        raise FileProblem(
            f"There is no case in the two years that end with {week_label(last)}; the file's run from "
            f"{week_label(mondays.min().item())} to {week_label(mondays.max().item())}. Choose --until among these weeks"
            + (", and a --domain that holds some of the cases." if domain != "data" else ".")
        )
    step("Writing")
    write_hotspots(result, out)
    later = int((mondays > np.datetime64(last)).sum())
    return FileAnalysis(result, len(points), n_cases, later, points.problems, timezone, out)


def cases_by_cell_and_week(
    points: ReportPoints, timezone: str
) -> tuple[NDArray[np.uint64], NDArray[np.datetime64], int]:
    """The cell (resolution 10) and the Monday of every case of the file, and the number of cases.

    A case has the place and the time of its first report, as in the database.
    """
    from reports.grouping.rule import cases_of_points

    _, opened = cases_of_points(points.lon, points.lat, points.observed_at)
    place = zip(points.lon[opened].tolist(), points.lat[opened].tolist(), strict=True)
    cells = as_cells([h3.latlng_to_cell(lat, lon, RESOLUTION) for lon, lat in place])
    return cells, local_mondays(points.observed_at[opened], timezone), int(opened.size)


def last_whole_week(points: ReportPoints, timezone: str) -> date:
    """Monday of the last week that ended by the day of the last report; the only week, where there is just one.

    A week that is still running would be compared with a window it does not fill.
    """
    first, last = points.observed_at.min(), points.observed_at.max()
    moments = np.array([first, last, last + np.timedelta64(1, "D")])
    first_monday, last_monday, monday_of_next_day = local_mondays(moments, timezone).tolist()
    ended = last_monday if monday_of_next_day > last_monday else last_monday - timedelta(days=7)
    whole: date = max(ended, first_monday)
    return whole


def summary(analysed: FileAnalysis) -> str:
    """What was found, in plain words, for a person who has never heard of a p-value."""
    result = analysed.result
    first, last = result.until - timedelta(weeks=result.window_weeks - 1), result.until
    window = f"{week_label(first)} to {week_label(last)}" if first != last else week_label(last)
    hexagon = {10: "about 130 m", 9: "about 350 m", 8: "about 900 m"}[result.resolution]
    lines = [
        f"{analysed.n_reports:,} reports are {analysed.n_cases:,} cases: reports of one place are counted once.",
        f"Tested: {result.n_cells:,} hexagons, {hexagon} from one to the next (H3 resolution {result.resolution}), "
        f"each with its neighbours, in the {result.window_weeks} weeks {window} (clocks of {analysed.timezone}).",
        f"In these weeks {result.n_cases_window:,} new cases; spread evenly, a hexagon and its neighbours "
        f"would have {_number(float(result.expected.mean()))} on average.",
    ]
    if result.n_cases_outside:
        lines.append(f"{result.n_cases_outside:,} cases lie outside the domain and were not tested.")
    if analysed.n_cases_later:
        lines.append(f"{analysed.n_cases_later:,} cases came after {week_label(last)} and were left out.")
    n_hot = int(result.hot.sum())
    if n_hot:
        lines.append(
            f"Found: {n_hot:,} hot hexagons, where there is more than chance explains. Of such a list at most "
            f"{result.alpha:.0%} are expected to be there by chance. The surest:"
        )
        table = hotspot_table(result)
        for row in table[table["hot"]].sort_values(["p", "cell"]).head(HOTSPOTS_NAMED).itertuples():
            lines.append(
                f"  {row.cell}: {row.observed} cases, {_number(row.expected)} expected, "
                f"{_number(row.ratio)} times as many (q = {row.q:.2g})"
            )
    else:
        lines.append("Found: no hotspot. Nowhere is there more than chance explains; that does not mean it is clean.")
    if analysed.problems:
        lines.append(_named(analysed.problems))
    lines.append(f"All tested hexagons are in {analysed.out}.")
    return "\n".join(lines)


def _named(problems: list[LineProblem]) -> str:
    """The lines that were left out, with their numbers and reasons."""
    if not problems:
        return "It has no lines."
    named = [f"  line {problem.line}: {problem.reason}" for problem in problems[:LINES_NAMED]]
    if len(problems) > LINES_NAMED:
        others = ", ".join(str(problem.line) for problem in problems[LINES_NAMED : LINES_NAMED * 10])
        more = " and others" if len(problems) > LINES_NAMED * 10 else ""
        named.append(f"  and lines {others}{more}")
    count = f"{len(problems):,} lines were" if len(problems) > 1 else "1 line was"
    return "\n".join([f"{count} left out:", *named])


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def _drawn_domain(path: Path) -> NDArray[np.uint64]:
    if not path.exists():
        raise FileProblem(f"There is no file {path} to take the domain from. Name a file of polygons, or “data”.")
    return read_domain(path)
