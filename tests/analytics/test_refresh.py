"""A run is whole, frozen, equal to the analysis of the same reports, and made only when something changed."""

import threading
import zlib
from datetime import date, timedelta

import h3.api.basic_int as h3
import numpy as np
import pytest
import shapely
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from analytics import analysis, runs
from analytics.domain import parents
from analytics.hexagons import outlines
from analytics.models import Hotspot, HotspotOverview, HotspotRun
from analytics.refresh import Domain, NothingToAnalyse, hot_before, refresh
from analytics.weeks import week_number
from reports.geography.area_index import forget_areas
from reports.models import Case, Place
from tests.rows import case_row, copy_rows, report_row

MONDAY = date(2026, 11, 9)
CENTRE = h3.latlng_to_cell(16.055, 108.205, 10)
TOWN = sorted(h3.grid_disk(CENTRE, 12))


@pytest.fixture
def pile(db) -> list[int]:
    """A town with a case here and there in each week, and a pile of them in the middle in the last two weeks."""
    rng = np.random.default_rng(5)
    forget_areas()
    rows = [
        case_row(TOWN[spot], MONDAY - timedelta(weeks=back)) for back in range(30) for spot in rng.integers(0, len(TOWN), 12)
    ]
    rows += [case_row(CENTRE, MONDAY - timedelta(weeks=back % 2)) for back in range(20)]
    copy_rows("reports_case", rows)
    copy_rows("reports_report", [report_row(CENTRE, MONDAY) for _ in range(7)])
    return TOWN


def test_a_pile_is_hot_and_says_where_it_is(pile, two_areas) -> None:
    forget_areas()
    run = refresh(MONDAY)

    row = runs.hot_rows(run)[0]
    assert run.hot == run.rows.filter(hot=True).count() > 0
    assert row.cell in parents(np.array(h3.grid_disk(CENTRE, 1)), run.resolution).astype(int)
    assert row.q <= run.alpha < 1 < row.ratio
    assert row.place_words
    assert row.area in two_areas
    assert run.rows.exclude(hot=True).exclude(place_words="").count() == 0


def test_the_rows_are_those_of_the_analysis_of_the_raw_cases(pile) -> None:
    run = refresh(MONDAY, Domain("data"))

    raw = list(Case.objects.values_list("cell", "week"))
    direct = analysis.run([cell for cell, _ in raw], np.array([week for _, week in raw], "datetime64[D]"), until=MONDAY, domain="data")
    rows = list(run.rows.order_by("cell").values_list("cell", "cases", "observed", "expected", "p", "q", "gi_star", "hot"))
    kept = direct.observed > 0
    assert [row[0] for row in rows] == direct.cell[kept].tolist()
    for place, name in enumerate(("count", "observed", "expected", "p", "q", "gi_star", "hot"), start=1):
        assert [row[place] for row in rows] == getattr(direct, name)[kept].tolist(), name
    assert np.array_equal(runs.tested_cells(run), direct.cell)
    assert (run.cells, run.dispersion, run.resolution) == (direct.n_cells, direct.phi, direct.resolution)


def test_a_row_counts_the_reports_of_its_own_cell_in_the_window(pile) -> None:
    copy_rows("reports_report", [report_row(CENTRE, MONDAY - timedelta(weeks=50)), report_row(CENTRE, MONDAY, counts=False)])

    run = refresh(MONDAY)

    assert run.rows.get(cell=int(parents([CENTRE], run.resolution)[0])).reports == 7


def test_a_row_is_drawn_with_the_outline_of_its_cell(pile) -> None:
    row = refresh(MONDAY, resolution=10).rows.first()

    lonlat = row.polygon.transform(4326, clone=True)
    corners = [(lon, lat) for lat, lon in h3.cell_to_boundary(row.cell)]
    assert shapely.equals_exact(
        shapely.normalize(shapely.from_wkt(lonlat.wkt)), shapely.normalize(shapely.Polygon(corners)), tolerance=1e-7
    )


def test_cells_with_other_numbers_of_corners_are_drawn_too() -> None:
    pentagon = min(h3.get_pentagons(10))
    crossing = next(  # a cell across an edge of the icosahedron has more corners than six
        cell for cell in h3.grid_disk(h3.get_pentagons(5)[0], 4) if len(h3.cell_to_boundary(cell)) > 6
    )
    cells = np.array([pentagon, CENTRE, crossing], np.uint64)

    corners = [len(shapely.from_wkb(shape).exterior.coords) - 1 for shape in outlines(cells)]

    assert corners == [len(h3.cell_to_boundary(int(cell))) for cell in cells]


def test_the_overview_adds_up_to_the_rows(pile) -> None:
    run = refresh(MONDAY, resolution=10)

    totals = {name: sum(run.rows.values_list(name, flat=True)) for name in ("cases", "reports", "hot")}
    for resolution in (9, 8, 7):
        coarse = list(run.overview.filter(resolution=resolution))
        assert {h3.get_resolution(row.cell) for row in coarse} == {resolution}
        assert sum(row.cases for row in coarse) == totals["cases"]
        assert sum(row.reports for row in coarse) == totals["reports"]
        assert sum(row.hot_cells for row in coarse) == totals["hot"]


def test_the_overview_names_the_strongest_cell_in_each_coarse_one(pile) -> None:
    run = refresh(MONDAY, resolution=10)
    rows = {row.cell: row for row in run.rows.all()}

    for coarse in run.overview.all():
        inside = [row for row in rows.values() if h3.cell_to_parent(row.cell, coarse.resolution) == coarse.cell]
        assert coarse.observed == max(row.observed for row in inside)
        assert rows[coarse.strongest] in inside
        assert rows[coarse.strongest].hot == any(row.hot for row in inside)


def test_a_coarse_run_has_only_coarser_overviews(pile) -> None:
    run = refresh(MONDAY, resolution=8)

    assert set(run.overview.values_list("resolution", flat=True)) == {7}


def test_nothing_is_analysed_twice_when_nothing_changed(pile) -> None:
    first = refresh(MONDAY)

    assert refresh(MONDAY) == first
    assert HotspotRun.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda: copy_rows("reports_case", [case_row(CENTRE, MONDAY)]),
        lambda: copy_rows("reports_report", [report_row(TOWN[0], MONDAY)]),
        lambda: Case.objects.filter(pk__in=Case.objects.values("pk")[:1]).update(cell=TOWN[0]),
        lambda: Place.objects.create(kind="market", code="m", name="Market", location="SRID=4326;POINT(108.3 16.1)", listed=True),
    ],
    ids=["a case", "a report", "a move", "a listed place"],
)
def test_a_change_makes_a_new_run(pile, change) -> None:
    first = refresh(MONDAY)

    change()

    assert refresh(MONDAY) != first


def test_a_change_before_or_after_the_analysed_weeks_makes_no_new_run(pile) -> None:
    first = refresh(MONDAY)

    copy_rows("reports_case", [case_row(CENTRE, MONDAY + timedelta(weeks=1)), case_row(CENTRE, MONDAY - timedelta(weeks=104))])

    assert refresh(MONDAY) == first


def test_another_question_makes_another_run(pile) -> None:
    made = {refresh(MONDAY).pk, refresh(MONDAY, Domain("data")).pk, refresh(MONDAY, alpha=0.01).pk}
    made |= {refresh(MONDAY, resolution=9).pk, refresh(MONDAY - timedelta(weeks=1)).pk}

    assert len(made) == 5
    assert refresh(MONDAY - timedelta(weeks=1)).until == MONDAY - timedelta(weeks=1)


def test_the_code_of_another_version_analyses_anew(pile, monkeypatch) -> None:
    first = refresh(MONDAY)
    monkeypatch.setattr("analytics.refresh.code_version", lambda: "another")

    assert refresh(MONDAY) != first


def test_a_city_without_cases_has_nothing_to_analyse(db) -> None:
    with pytest.raises(NothingToAnalyse):
        refresh(MONDAY)
    assert HotspotRun.objects.count() == 0


def test_a_run_says_what_was_tested_with_what(pile) -> None:
    before = timezone.now() - timedelta(minutes=1)
    run = refresh(MONDAY)

    assert run.parameters["until"] == "2026-W46"
    assert run.domain_kind == "default"
    assert len(run.code_version) == 16
    assert before < run.data_cutoff < timezone.now() + timedelta(minutes=1)
    assert run.seconds > 0
    assert len(zlib.decompress(bytes(HotspotRun.objects.get(pk=run.pk).domain))) == 8 * run.cells


@pytest.mark.parametrize("model", [HotspotRun, Hotspot, HotspotOverview])
def test_a_run_cannot_be_changed(pile, model) -> None:
    refresh(MONDAY, resolution=10)
    change = {HotspotRun: {"hot": 0}, Hotspot: {"q": 1.0}, HotspotOverview: {"cases": 0}}[model]

    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        model.objects.update(**change)


@pytest.mark.django_db(transaction=True)
def test_readers_see_the_old_run_or_the_new_one_but_never_half(two_areas) -> None:
    copy_rows("reports_case", [case_row(cell, MONDAY) for cell in TOWN])
    first = refresh(MONDAY)
    copy_rows("reports_case", [case_row(CENTRE, MONDAY) for _ in range(20)])
    halves: list[str] = []
    stop = threading.Event()

    def read() -> None:
        try:
            while not stop.is_set():
                run = runs.latest_run(MONDAY)
                asked = run.parameters["n_cases_window"]
                if sum(run.rows.values_list("cases", flat=True)) != asked:
                    halves.append(f"run {run.pk}")
        finally:
            connections.close_all()

    reader = threading.Thread(target=read)
    reader.start()
    second = refresh(MONDAY)
    stop.set()
    reader.join()

    assert second != first
    assert halves == []


@pytest.mark.django_db(transaction=True)
def test_a_refresh_that_fails_leaves_nothing(two_areas, monkeypatch) -> None:
    copy_rows("reports_case", [case_row(cell, MONDAY) for cell in TOWN])

    def broken(*args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("analytics.refresh._write_overview", broken)
    with pytest.raises(RuntimeError):
        refresh(MONDAY, resolution=10)
    assert not HotspotRun.objects.exists()
    assert not Hotspot.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_refreshes_at_once_make_one_run(two_areas) -> None:
    copy_rows("reports_case", [case_row(cell, MONDAY) for cell in TOWN])
    made: list[int] = []

    def work() -> None:
        try:
            made.append(refresh(MONDAY).pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 3
    assert len(set(made)) == HotspotRun.objects.count() == 1


def test_old_runs_go_but_the_newest_and_the_cited_stay(pile) -> None:
    from analytics.models import WeeklyReport

    old = [refresh(MONDAY - timedelta(weeks=back)) for back in range(3)]
    WeeklyReport.objects.create(week=MONDAY, run=old[0], figures={}, figures_sha256="")
    later = timezone.now() + timedelta(days=31)

    assert runs.prune_runs(timezone.now() + timedelta(days=29)) == 0
    assert runs.prune_runs(later) == 1

    assert set(HotspotRun.objects.values_list("pk", flat=True)) == {old[0].pk, old[2].pk}
    assert set(Hotspot.objects.values_list("run", flat=True)) == {old[0].pk, old[2].pk}


def test_the_latest_run_of_a_week_is_the_one_that_was_made_last(pile) -> None:
    refresh(MONDAY)
    second = refresh(MONDAY, Domain("data"))

    assert runs.latest_run(MONDAY + timedelta(days=4)) == second
    assert runs.latest_run(MONDAY - timedelta(weeks=9)) is None
    assert runs.analysed_weeks() == [MONDAY]


def test_a_quiet_week_does_not_hide_the_last_busy_one(pile) -> None:
    busy = refresh(MONDAY)
    refresh(MONDAY + timedelta(weeks=40))

    assert runs.latest_run() == busy


def test_the_command_refreshes_a_week_with_the_domain_of_a_file(pile, tmp_path, capsys) -> None:
    import geopandas

    box = geopandas.GeoDataFrame(geometry=[shapely.box(108.19, 16.04, 108.22, 16.07)], crs=4326)
    box.to_file(tmp_path / "box.geojson")

    call_command("refresh_hotspots", "--until", "2026-W46", "--domain", str(tmp_path / "box.geojson"), verbosity=0)

    run = runs.latest_run(MONDAY)
    assert run.domain_kind == "file"
    assert week_number(run.until) == week_number("2026-W46")
    assert f"Run {run.pk}:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argument", "value", "sentence"),
    [
        ("--until", "2026-W99", "is not a week"),
        ("--domain", "nowhere.gpkg", "neither"),
        ("--until", "1999-W01", "nothing to analyse"),
    ],
)
def test_the_command_says_what_is_wrong(pile, argument, value, sentence) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("refresh_hotspots", argument, value, verbosity=0)


def test_the_table_of_runs_needs_no_right_that_the_application_lacks(pile) -> None:
    """The application's role may add and delete runs; what it may not do, the refresh does not need."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'citylab_app'")
        if cursor.fetchone() is None:
            pytest.skip("this server has no application role")
        cursor.execute("SET LOCAL ROLE citylab_app")
        assert refresh(MONDAY).hot > 0


def test_a_week_before_can_be_compared_at_the_scale_of_a_run(pile) -> None:
    run = refresh(MONDAY)
    before = refresh(MONDAY - timedelta(weeks=1), resolution=run.resolution, window=run.window_weeks)

    assert hot_before(run, MONDAY) == set(run.rows.filter(hot=True).values_list("cell", flat=True))
    assert hot_before(run, MONDAY - timedelta(weeks=1)) == set(before.rows.filter(hot=True).values_list("cell", flat=True))
    assert hot_before(run, MONDAY - timedelta(weeks=200)) == set()


def test_a_run_of_a_drawn_domain_is_compared_within_what_it_tested(pile) -> None:
    cells = np.array(sorted(h3.grid_disk(CENTRE, 6)), np.uint64)
    run = refresh(MONDAY, Domain("file", cells), resolution=9)

    assert hot_before(run, MONDAY) == set(run.rows.filter(hot=True).values_list("cell", flat=True))
