"""The counters equal a recount of the raw rows, whatever happened to the rows."""

import threading
from datetime import date, timedelta

import h3.api.basic_int as h3
import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import cube
from analytics.models import CellWeek
from reports import casework
from reports.models import Case, Report
from tests.rows import case_row, copy_rows, report_row

MONDAY = date(2026, 11, 9)
CELLS = sorted(h3.grid_disk(h3.latlng_to_cell(16.055, 108.205, 10), 1))
WEEKS = [MONDAY - timedelta(weeks=back) for back in range(3)]
places = st.tuples(st.sampled_from(CELLS), st.sampled_from(WEEKS))


def counters() -> dict[tuple[int, date], tuple[int, int]]:
    return {(row.cell, row.week): (row.cases, row.reports) for row in CellWeek.objects.all() if row.cases or row.reports}


def areas() -> int:
    """A unit for reports that know only their area."""
    from django.contrib.gis.geos import MultiPolygon, Polygon

    from reports.models import Area

    polygon = MultiPolygon(Polygon.from_bbox((108.2, 16.05, 108.21, 16.06)), srid=4326)
    return Area.objects.create(kind="ward", code="W1", name="West", polygon=polygon, valid_from=date(2025, 7, 1)).pk


class History:
    """What can happen to the rows, each by its statement; used by the random histories below."""

    def __init__(self) -> None:
        self.area = areas()

    def send(self, spots: list[tuple[int, date]], counted: bool) -> None:
        copy_rows("reports_report", [report_row(cell, week, counts=counted) for cell, week in spots])

    def send_without_point(self, week: date) -> None:
        copy_rows("reports_report", [report_row(None, week, area_id=self.area, location_source="area")])

    def open(self, spots: list[tuple[int, date]], counted: bool) -> None:
        copy_rows("reports_case", [case_row(cell, week, counts=counted) for cell, week in spots])

    def insert_with_orm(self, spot: tuple[int, date]) -> None:
        row = case_row(*spot)
        Case.objects.create(**row)

    def group(self) -> None:
        case = Case.objects.first()
        if case:
            Report.objects.filter(case=None).update(case=case, processed_at=case.opened_at)

    def stop_counting(self, share: int) -> None:
        Report.objects.extra(where=["id %% 3 = %s"], params=[share]).update(counts=False)

    def begin_to_count(self, share: int) -> None:
        Case.objects.extra(where=["id %% 3 = %s"], params=[share]).update(counts=True)

    def refuse(self) -> None:
        if case := Case.objects.open().order_by("?").first():
            casework.refuse(case, None, "not waste")

    def reopen(self) -> None:
        if case := Case.objects.filter(status="refused").first():
            casework.reopen(case, None, "it is")

    def merge(self) -> None:
        pair = list(Case.objects.open()[:2])
        if len(pair) == 2:
            casework.merge(pair[0], None, pair[1])

    def move(self, spot: tuple[int, date]) -> None:
        row = case_row(*spot)
        Case.objects.filter(pk__in=Case.objects.values("pk")[:2]).update(
            cell=row["cell"], week=row["week"], location=row["location"]
        )

    def forget_place(self) -> None:
        Report.objects.filter(pk__in=Report.objects.values("pk")[:2]).update(cell=None, location=None, area=self.area)

    def delete_reports(self, share: int) -> None:
        Report.objects.extra(where=["id %% 3 = %s"], params=[share]).delete()

    def delete_cases(self) -> None:
        Case.objects.filter(reports=None, merged=None, events=None, recurrences=None).delete()


spot_lists = st.lists(places, min_size=1, max_size=6)
steps = st.one_of(
    st.tuples(st.just("send"), spot_lists, st.booleans()),
    st.tuples(st.just("send_without_point"), st.sampled_from(WEEKS)),
    st.tuples(st.just("open"), spot_lists, st.booleans()),
    st.tuples(st.just("insert_with_orm"), places),
    st.tuples(st.just("move"), places),
    st.tuples(st.just("stop_counting"), st.integers(0, 2)),
    st.tuples(st.just("begin_to_count"), st.integers(0, 2)),
    st.tuples(st.just("delete_reports"), st.integers(0, 2)),
    *(st.tuples(st.just(name)) for name in ("group", "refuse", "reopen", "merge", "forget_place", "delete_cases")),
)


@pytest.mark.django_db
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=1, max_size=12))
def test_the_counters_equal_a_recount_after_any_history(history: list[tuple]) -> None:
    with transaction.atomic():
        told = History()
        for name, *given_ in history:
            getattr(told, name)(*given_)
            assert cube.compare_with_recount() == []
        assert counters() == cube.recount()
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_copy_of_many_reports_is_counted_by_cell_and_week() -> None:
    copy_rows("reports_report", [report_row(CELLS[i % 3], WEEKS[i % 2]) for i in range(600)])

    assert sum(reports for _, reports in counters().values()) == 600
    assert counters()[CELLS[0], WEEKS[0]] == (0, 100)
    assert cube.compare_with_recount() == []


@pytest.mark.django_db
def test_a_wrong_counter_is_found() -> None:
    copy_rows("reports_report", [report_row(CELLS[0], MONDAY)])
    CellWeek.objects.update(reports=7)

    assert cube.compare_with_recount() == [cube.Difference(CELLS[0], MONDAY, 0, 7, 0, 1)]


@pytest.mark.django_db
def test_a_missing_counter_is_found() -> None:
    copy_rows("reports_case", [case_row(CELLS[0], MONDAY)])
    CellWeek.objects.all().delete()

    assert cube.compare_with_recount() == [cube.Difference(CELLS[0], MONDAY, 0, 0, 1, 0)]


@pytest.mark.django_db
def test_a_counter_never_goes_below_zero() -> None:
    copy_rows("reports_report", [report_row(CELLS[0], MONDAY)])
    CellWeek.objects.update(reports=0)

    with pytest.raises(IntegrityError, match="cell_week_not_negative"), transaction.atomic():
        Report.objects.all().delete()
    assert Report.objects.count() == 1


@pytest.mark.django_db
def test_the_fetched_counters_are_those_of_the_asked_weeks() -> None:
    copy_rows("reports_case", [case_row(CELLS[0], week) for week in WEEKS for _ in range(2)])
    copy_rows("reports_report", [report_row(CELLS[1], WEEKS[1])])

    fetched = cube.fetch(WEEKS[0], 2)

    rows = sorted(zip(fetched.cells.tolist(), fetched.weeks.tolist(), fetched.cases.tolist(), fetched.reports.tolist(), strict=True))
    newest = int(fetched.weeks.max())
    assert rows == [(CELLS[0], newest - 1, 2, 0), (CELLS[0], newest, 2, 0), (CELLS[1], newest - 1, 0, 1)]


@pytest.mark.django_db
def test_no_counters_are_fetched_from_an_empty_city() -> None:
    assert cube.fetch(MONDAY, 104).cells.size == 0


@pytest.mark.django_db
def test_the_fingerprint_changes_with_every_counter_and_with_nothing_else() -> None:
    copy_rows("reports_case", [case_row(CELLS[0], MONDAY), case_row(CELLS[1], MONDAY)])

    def now() -> str:
        return cube.fetch(MONDAY, 104).fingerprint()

    seen = {now()}

    Case.objects.update(amount="truck")
    assert now() in seen
    case = Case.objects.first()
    assert case is not None
    for change in (
        lambda: copy_rows("reports_report", [report_row(CELLS[0], MONDAY)]),
        lambda: casework.refuse(case, None, "no"),
        lambda: Case.objects.filter(cell=CELLS[1]).update(cell=CELLS[2]),
        lambda: Case.objects.filter(cell=CELLS[2]).update(week=WEEKS[1]),
    ):
        change()
        assert now() not in seen
        seen.add(now())


@pytest.mark.django_db(transaction=True)
def test_two_batches_over_the_same_cells_in_opposite_order_both_count() -> None:
    """Without the fixed order of locks, one of the two would be a deadlock's victim."""
    there = [(cell, week) for cell in CELLS for week in WEEKS]
    failures: list[BaseException] = []

    def send(spots: list[tuple[int, date]], started: threading.Barrier) -> None:
        try:
            for _ in range(10):
                started.wait(10)
                with transaction.atomic():
                    copy_rows("reports_report", [report_row(*spot) for spot in spots])
                    Report.objects.filter(cell=spots[0][0]).update(counts=False)
        except BaseException as failure:
            failures.append(failure)
            started.abort()
        finally:
            connection.close()

    started = threading.Barrier(2)
    threads = [threading.Thread(target=send, args=(spots, started)) for spots in (there, there[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert cube.compare_with_recount() == []


@pytest.mark.django_db
def test_nobody_else_can_attach_the_counting_to_a_table_of_their_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND proowner = current_user::regrole "
            "AND (proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0))"
        )
        assert cursor.fetchall() == []
