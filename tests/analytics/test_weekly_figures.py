"""The figures of a week are what a plain recount gives, and stay so when things go on afterwards."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import h3.api.basic_int as h3
import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection
from django.http import QueryDict
from django.utils import translation

from analytics import blackspots
from analytics.models import HotspotRun
from analytics.refresh import refresh
from analytics.weekly import counts, figures
from analytics.weekly.canonical import canonical
from analytics.weekly.period import Period
from analytics.weekly.words import FIGURES
from reports.case_list.filter import CaseFilter
from reports.models import Area, Case, Report, ReportWasteType, WasteType
from tests.analytics.weekly_history import CENTRE, MONDAY, Story, forget, invent, monday_midnight, write
from tests.rows import case_row, copy_rows

pytestmark = pytest.mark.django_db


def by_key(content: figures.Content) -> dict[str, dict]:
    return {figure["key"]: figure for figure in content.figures["figures"]}


def values(content: figures.Content) -> dict:
    return {key: figure["value"] for key, figure in by_key(content).items()}


@pytest.fixture
def areas(two_areas):
    guessed = Area.objects.create(
        kind="ward", code="G1", name="Guess", valid_from=MONDAY, approximate=True,
        polygon=MultiPolygon(Polygon.from_bbox((108.3, 16.0, 108.31, 16.01)), srid=4326),
    )  # fmt: skip
    return [*two_areas, guessed, None]


@pytest.fixture
def history(areas):
    stories = invent(areas)
    write(stories)
    return stories


def recount(stories: list[Story], week: int = 0) -> dict[str, int]:
    """The figures read forwards from what happened, without SQL."""
    start, end = monday_midnight(week), monday_midnight(week + 1)
    open_ = [s for s in stories if s.seen < end and s.state_at(end) in ("new", "confirmed")]
    due = [s for s in stories if start < s.due <= end and s.state_at(s.due) != "refused"]

    def had(kind: str, nothing: bool | None = None) -> int:
        return sum(any(k == kind and start <= at < end for at, k, _ in s.events) and nothing in (None, s.nothing_found) for s in stories)

    return {
        "reports": sum(start <= s.seen < end for s in stories),
        "counting_reports": sum(start <= s.seen < end for s in stories),
        "opened": sum(start <= s.seen < end and s.state_at(end) != "refused" for s in stories),
        "came_back": 0,
        "cleaned": had("cleaned", False), "nothing_found": had("cleaned", True), "verified": had("verified"), "refused": had("refused"),
        "reopened": had("reopened"), "open_at_end": len(open_), "overdue_at_end": sum(s.due <= end for s in open_),
        "due": len(due), "on_time": sum(s.state_at(s.due) in ("cleaned", "verified") for s in due),
    }  # fmt: skip


def test_every_count_equals_a_recount_of_what_happened(history):
    found = values(figures.read(MONDAY))
    expected = recount(history)
    assert {name: found[name] for name in expected} == expected
    assert all(expected[name] > 0 for name in expected if name != "came_back"), "the history exercises every count"


def test_the_weeks_before_are_counted_by_the_same_rules(history):
    found = by_key(figures.read(MONDAY))
    before = [recount(history, -back) for back in range(1, 5)]
    for name in counts.COUNTS:
        assert found[name]["previous"] == [week[name] for week in before], name
        assert found[name]["last_week"] == before[0][name]
        assert found[name]["four_week_mean"] == pytest.approx(sum(week[name] for week in before) / 4, abs=1e-4)


def test_counts_equal_direct_sql(history):
    found = values(figures.read(MONDAY))

    def ask(sql: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]

    week = "'2026-10-19 00:00+07' AND at < '2026-10-26 00:00+07'"
    assert found["reports"] == ask("SELECT count(*) FROM reports_report WHERE week = '2026-10-19'")
    for kind in ("verified", "refused", "reopened"):
        assert found[kind] == ask(f"SELECT count(DISTINCT case_id) FROM reports_caseevent WHERE kind = '{kind}' AND at >= {week}")
    assert found["open_at_end"] == ask(
        "SELECT count(*) FROM reports_case c WHERE (SELECT to_status FROM reports_caseevent e WHERE e.case_id = c.id"
        " AND at < '2026-10-26 00:00+07' ORDER BY at DESC, id DESC LIMIT 1) IN ('new', 'confirmed')"
    )


def test_a_late_export_finds_the_figures_of_one_made_in_time(areas):
    in_time = invent(areas, until=monday_midnight(1))
    write([story for story in in_time if story.seen < monday_midnight(1)])
    first = figures.read(MONDAY)
    forget()
    write(invent(areas))
    late = figures.read(MONDAY)
    assert recount(invent(areas)) == recount(in_time), "the stories are the same up to then"
    spots = ("hotspots", "new_hotspots")  # found from the counters of today: see docs/weekly.md
    assert [figure for figure in late.figures["figures"] if figure["key"] not in spots] == [
        figure for figure in first.figures["figures"] if figure["key"] not in spots
    ]
    assert late.figures["units"] == first.figures["units"]
    assert late.cases == first.cases


def test_imported_cases_without_history_of_that_time_were_open_then(db):
    """An import opens cases today that were seen long ago."""
    copy_rows("reports_case", [case_row(CENTRE, MONDAY, due_at=datetime(2027, 1, 1, tzinfo=UTC), opened_at=datetime(2026, 12, 1, tzinfo=UTC))])
    found = values(figures.read(MONDAY))
    assert (found["opened"], found["open_at_end"], found["overdue_at_end"]) == (1, 1, 0)


def test_a_case_closed_later_without_an_event_was_open_at_the_end(db):
    copy_rows("reports_case", [case_row(CENTRE, MONDAY, "cleaned", closed_at=monday_midnight(2), cleaned_at=monday_midnight(2))])
    assert values(figures.read(MONDAY))["open_at_end"] == 1


@pytest.mark.parametrize("moment, inside", [
    ("2026-10-18 23:59:59.999999+07", False), ("2026-10-19 00:00+07", True), ("2026-10-25 23:59:59.999999+07", True), ("2026-10-26 00:00+07", False),
])  # fmt: skip
def test_what_happens_at_the_edge_belongs_to_the_week_by_the_citys_clocks(db, moment, inside):
    at = datetime.fromisoformat(moment)
    write([Story(monday_midnight(-2).astimezone(UTC), monday_midnight(9).astimezone(UTC), None or _area().pk, [(at, "cleaned", "cleaned")])])
    assert values(figures.read(MONDAY))["cleaned"] == int(inside)


def _area() -> Area:
    return Area.objects.create(
        kind="ward", code="X", name="X", valid_from=datetime(2025, 1, 1).date(),
        polygon=MultiPolygon(Polygon.from_bbox((108.2, 16.0, 108.21, 16.01)), srid=4326),
    )  # fmt: skip


def test_units_and_the_rest_add_up_to_the_city(history):
    content = figures.read(MONDAY)
    lines = [*content.figures["units"], content.figures["elsewhere"]]
    assert {name: sum(line[name] for line in lines) for name in counts.COUNTS} == {name: values(content)[name] for name in counts.COUNTS}


def test_a_unit_with_a_guessed_border_is_no_line_of_the_table(history):
    assert {line["code"] for line in figures.read(MONDAY).figures["units"]} == {"W1", "E1"}


def test_the_cases_of_the_files_are_those_that_are_counted(history):
    content = figures.read(MONDAY)
    for name in counts.CASE_COUNTS:
        if not name.endswith("_at_end"):
            assert sum(row[name] for row in content.cases) == values(content)[name], name


def test_a_case_that_does_not_count_is_no_new_case_but_is_work(db):
    copy_rows("reports_case", [case_row(CENTRE, MONDAY, counts=number < 3) for number in range(30)])
    found = values(figures.read(MONDAY))
    assert (found["opened"], found["open_at_end"]) == (3, 30)


def test_weeks_before_the_first_report_enter_no_mean(db):
    copy_rows("reports_case", [case_row(CENTRE, MONDAY - timedelta(weeks=1)) for _ in range(4)] + [case_row(CENTRE, MONDAY) for _ in range(2)])
    opened = by_key(figures.read(MONDAY))["opened"]
    assert (opened["value"], opened["previous"], opened["four_week_mean"]) == (2, [4, None, None, None], 4)


def test_a_week_without_anything_has_zeros_and_no_analysis(db):
    content = figures.read(MONDAY)
    assert content.run is None
    assert {value for key, value in values(content).items() if key not in ("on_time_share", "new_hotspots")} == {0}
    assert content.figures["analysis"] is None and content.figures["places"] == []


def test_hotspots_are_those_of_the_weeks_own_run(history):
    copy_rows("reports_case", [case_row(CENTRE, MONDAY) for _ in range(40)])
    content = figures.read(MONDAY)
    assert content.run.until == MONDAY
    assert values(content)["hotspots"] == content.run.hot == len(content.hotspots) > 0


def test_hotspots_of_the_weeks_before_are_found_by_the_same_question(history):
    copy_rows("reports_case", [case_row(CENTRE, MONDAY) for _ in range(40)])
    content = figures.read(MONDAY)
    found, scale = by_key(content), {"resolution": content.run.resolution, "window": content.run.window_weeks}
    assert found["hotspots"]["last_week"] == refresh(MONDAY - timedelta(weeks=1), **scale).hot
    assert found["new_hotspots"]["value"] == sum(row["new"] for row in content.hotspots) > 0


def test_a_run_that_is_there_and_up_to_date_is_taken_as_it_is(history):
    first = figures.read(MONDAY).run
    assert figures.read(MONDAY).run == first
    assert HotspotRun.objects.count() == 1


def test_places_to_act_on_are_far_enough_apart_to_count_no_case_twice(history):
    copy_rows("reports_case", [case_row(CENTRE, MONDAY) for _ in range(60)])
    places = figures.read(MONDAY).figures["places"]
    assert 0 < len(places) <= 5
    seen: set[int] = set()
    for place in places:
        around = set(h3.grid_disk(int(place["cell"], 16), 1))
        assert not seen & around
        seen |= around
    assert places[0]["place"] and places[0]["q"] <= 0.05


def test_the_top_waste_is_what_most_counting_reports_name(history):
    for code, group in (("bag_x", "bags_x"), ("bag_y", "bags_x"), ("net_x", "nets_x")):
        WasteType.objects.create(code=code, group=group, name=code, name_en=code)
    of_week = list(Report.objects.filter(week=MONDAY)[:5])
    links = [(report, "bag_x") for report in of_week[:3]] + [(of_week[0], "bag_y"), (of_week[4], "net_x")]
    ReportWasteType.objects.bulk_create(ReportWasteType(report=report, waste_type_id=code) for report, code in links)
    assert [(item["key"], item["value"]) for item in figures.read(MONDAY).figures["items"]] == [("bags_x", 3), ("nets_x", 1)]


@pytest.mark.parametrize(("before_midnight", "difference"), [(timedelta(), 0), (timedelta(minutes=1), 1)])
def test_merged_cases_are_no_case_of_their_own_from_the_merge_on(before_midnight, difference, history, areas):
    before = values(figures.read(MONDAY))
    one, other = Case.objects.filter(week=MONDAY, status="new")[:2]
    moment = monday_midnight(1) - before_midnight
    Case.objects.filter(pk=one.pk).update(status="merged", merged_into=other, closed_at=moment)
    one.events.create(kind="merged", at=moment, from_status="new", to_status="merged")
    after = values(figures.read(MONDAY))
    assert before["opened"] - after["opened"] == difference
    assert before["open_at_end"] - after["open_at_end"] == difference


def test_figures_are_plain_json_and_every_figure_has_a_name_and_an_address(history):
    found = figures.read(MONDAY).figures
    assert json.loads(canonical(found)) == found
    for figure in found["figures"]:
        assert figure["key"] in FIGURES
        assert figure["page"] in ("cases", "hotspots", "blackspots")
        assert "2026-W43" in figure["query"] or figure["key"] == "black_spots"


def test_the_period_of_a_week_is_monday_to_monday_by_the_citys_clocks(db):
    period = Period.of(MONDAY + timedelta(days=3))
    assert (period.start, period.end) == (monday_midnight(), monday_midnight(1))


@pytest.mark.parametrize("key", ["came_back", "cleaned", "nothing_found", "verified", "refused", "reopened", "open_at_end", "overdue_at_end", "due", "on_time"])
def test_the_address_of_a_figure_lists_the_cases_that_it_counts(history, member, key):
    figure = by_key(figures.read(MONDAY))[key]
    listed = CaseFilter.read(QueryDict(figure["query"]))
    assert listed.faults == []
    assert listed.rows(member("manager")).count() == figure["value"]


def test_the_address_of_a_place_lists_the_cases_around_it(history, member):
    copy_rows("reports_case", [case_row(CENTRE, MONDAY) for _ in range(60)])
    for place in figures.read(MONDAY).figures["places"]:
        assert CaseFilter.read(QueryDict(place["query"])).rows(member("manager")).count() == place["observed"]


def test_black_spots_are_those_at_the_end_of_the_week(history):
    assert by_key(figures.read(MONDAY))["black_spots"]["value"] == blackspots.count_at(monday_midnight(1))


def test_the_document_says_what_every_figure_means():
    text = (Path(__file__).parents[2] / "docs" / "weekly.md").read_text("utf-8")
    with translation.override("en"):
        assert [key for key, (name, _meaning) in FIGURES.items() if f"| `{key}` | {name} |" not in text] == []
