"""Grouping in the real database: what is written, that it happens once, and that the order is kept."""

from __future__ import annotations

import random
import threading
import uuid
from datetime import UTC, datetime, timedelta

import h3.api.basic_int as h3
import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.db import connection, connections

from reports import casework
from reports.codes import code_of
from reports.grouping.rule import ReportColumns, group
from reports.grouping.steps import group_pending, neighbourhoods_of, process
from reports.grouping.waiting import children_range
from reports.models import Area, Body, Case, CaseEvent, Report, Route
from tests.rows import forget_history

HERE = (108.205, 16.055)
METRE_EAST = 1 / 106_980  # degrees at this latitude, near enough
METRE_NORTH = 1 / 110_650

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(two_areas, noon):
    """Makes a report that waits: `waiting(east=20, hours=3, reporter=b"…")`, metres and hours from here and noon."""

    def make(east: float = 0, north: float = 0, hours: float = 0, *, at: tuple[float, float] = HERE, placeless: bool = False, **fields) -> Report:
        return saved(waiting_report(east, north, hours, at=at, noon=noon, placeless=placeless, **{"area": two_areas[0], **fields}))

    return make


def waiting_report(east: float, north: float, hours: float, *, noon: datetime, at: tuple[float, float] = HERE, placeless: bool = False, **fields) -> Report:
    lon, lat = at[0] + east * METRE_EAST, at[1] + north * METRE_NORTH
    moment = noon + timedelta(hours=hours)
    key = uuid.uuid4()
    return Report(
        uuid=key, code=code_of(key), body_hash=b"\0" * 32, channel="api", location_source="area" if placeless else "gps",
        location=None if placeless else Point(lon, lat, srid=4326), cell=None if placeless else h3.latlng_to_cell(lat, lon, 10),
        week=(moment - timedelta(days=moment.weekday())).date(),
        **{"observed_at": moment, "received_at": moment + timedelta(minutes=5), "description": "rác", "counts": True,
           "next_try": moment, **fields},
    )  # fmt: skip


def saved(report: Report) -> Report:
    report.save(force_insert=True)
    return report


def test_the_first_report_opens_a_case_that_stands_where_and_when_it_was_seen(waiting, two_areas):
    report = waiting(problem="dump", waste_group="foam", amount="cart")
    assert process([report.pk]) == 1
    case, report = Case.objects.get(), Report.objects.get()
    assert report.case == case
    assert report.processed_at is not None
    for name in ("problem", "waste_group", "amount", "cell", "week", "observed_at", "area_id"):
        assert getattr(case, name) == getattr(report, name), name
    assert case.location.coords == report.location.coords
    assert h3.latlng_to_cell(case.public_location.y, case.public_location.x, 11) == h3.latlng_to_cell(case.location.y, case.location.x, 11)
    assert case.public_location.coords != case.location.coords
    assert len(case.code) == 10
    assert case.code != report.code


def test_opening_a_case_is_the_first_line_of_its_history(waiting):
    process([waiting().pk])
    event = CaseEvent.objects.get()
    assert (event.case, event.kind, event.actor, event.from_status, event.to_status) == (Case.objects.get(), "opened", None, "", "new")


def test_the_deadline_is_in_working_days_from_the_receipt(waiting, settings):
    report = waiting()
    process([report.pk])
    assert Case.objects.get().due_at == settings.CITY.calendar.due_at(report.received_at, settings.CITY.deadline_working_days)


def test_the_routing_table_says_who_is_responsible(waiting, two_areas):
    ward = Body.objects.create(code="ward", name="Ward body")
    nets = Body.objects.create(code="harbour", name="Harbour")
    Route.objects.create(priority=50, area_kind="ward", body=ward)
    Route.objects.create(priority=10, waste_group="nets", body=nets)
    process([waiting().pk, waiting(east=200, waste_group="nets").pk, waiting(placeless=True).pk])
    assert list(Case.objects.order_by("id").values_list("location", "body"))
    assert {(case.location is None, case.waste_group): case.body for case in Case.objects.all()} == {
        (False, ""): ward, (False, "nets"): nets, (True, ""): ward,
    }  # fmt: skip


def test_grouping_twice_changes_nothing(waiting):
    report = waiting()
    assert process([report.pk]) == 1
    before = Report.objects.values().get()
    assert process([report.pk, report.pk]) == 0
    assert Report.objects.values().get() == before
    assert CaseEvent.objects.count() == 1


def test_whatever_waits_beside_a_report_is_grouped_with_it_in_order(waiting):
    later, earlier = waiting(east=25, hours=2), waiting(hours=1)
    assert process([later.pk]) == 2
    assert Case.objects.get().observed_at == earlier.observed_at


def test_what_was_given_up_stays_given_up(waiting, noon):
    dead = waiting(failed_at=noon)
    assert process([dead.pk]) == 0
    assert group_pending() == 0
    assert Case.objects.count() == 0


def test_a_cleaned_case_seen_dirty_again_is_reopened_by_the_system_with_a_reason(waiting, case, noon):
    cleaned = case(status="cleaned", lon=HERE[0], lat=HERE[1], at=noon - timedelta(days=10), cleaned_at=noon - timedelta(days=5))
    process([waiting(hours=1).pk])
    cleaned.refresh_from_db()
    assert (cleaned.status, cleaned.closed_at) == ("confirmed", None)
    event = cleaned.events.get()
    assert (event.kind, event.actor, event.from_status) == ("reopened", None, "cleaned")
    assert "18/11/2026" in event.reason


def test_a_report_seen_before_the_cleaning_joins_it_without_reopening(waiting, case, noon):
    cleaned = case(status="cleaned", lon=HERE[0], lat=HERE[1], at=noon - timedelta(days=10), cleaned_at=noon + timedelta(hours=2))
    report = waiting(hours=1)
    process([report.pk])
    report.refresh_from_db()
    cleaned.refresh_from_db()
    assert (report.case, cleaned.status) == (cleaned, "cleaned")


def test_waste_that_comes_back_points_to_the_case_that_was_cleaned(waiting, case, noon):
    verified = case(status="verified", lon=HERE[0], lat=HERE[1], at=noon - timedelta(days=40), cleaned_at=noon - timedelta(days=30))
    process([waiting(east=50).pk])
    assert Case.objects.get(status="new").recurs_of == verified


def test_merged_and_refused_cases_are_joined_by_nobody(waiting, case, noon):
    target = case(lon=HERE[0] + 0.004, lat=HERE[1])
    case(status="refused", lon=HERE[0], lat=HERE[1])
    case(status="merged", lon=HERE[0], lat=HERE[1], merged_into=target)
    report = waiting(hours=1)
    process([report.pk])
    report.refresh_from_db()
    assert report.case.status == "new"
    assert report.case != target


def test_the_residents_yes_follows_a_case_to_where_it_was_merged(waiting, case):
    last = case(lon=HERE[0] + 0.004)
    middle = case(status="merged", merged_into=last)
    first = case(status="merged", merged_into=middle)
    refused = case(status="refused")
    yes, yes_placeless, yes_to_refused = waiting(same_case=first), waiting(same_case=first, placeless=True), waiting(same_case=refused, north=500)
    process([yes.pk, yes_placeless.pk, yes_to_refused.pk])
    assert set(last.reports.values_list("pk", flat=True)) == {yes.pk, yes_placeless.pk}
    assert Report.objects.get(pk=yes_to_refused.pk).case.status == "new"


def test_the_residents_no_another_place_opens_another_case_on_the_spot(waiting):
    process([waiting().pk, waiting(hours=1, other_place=True).pk])
    assert Case.objects.count() == 2


def test_a_reporter_counts_once_in_a_case_however_the_reports_came(waiting):
    a, b = b"a" * 32, b"b" * 32
    process([waiting(reporter=a).pk])
    same_step = [waiting(hours=1, reporter=b), waiting(hours=2, reporter=b), waiting(hours=3, reporter=a), waiting(hours=4)]
    elsewhere = waiting(north=300, reporter=a, hours=5)
    process([report.pk for report in (*same_step, elsewhere)])
    assert list(Report.objects.order_by("observed_at").values_list("counts", flat=True)) == [True, True, False, False, True, True]


def test_a_report_that_does_not_count_at_intake_never_begins_to(waiting):
    process([waiting(counts=False, reporter=b"a" * 32).pk])
    assert Report.objects.get().counts is False
    process([waiting(hours=1, reporter=b"a" * 32).pk])
    assert Report.objects.filter(counts=True).count() == 1


def test_a_report_that_knows_only_its_area_opens_a_case_without_a_point(waiting):
    process([waiting(placeless=True).pk, waiting(placeless=True).pk])
    assert [(case.location, case.cell, case.public_location) for case in Case.objects.all()] == [(None, None, None)] * 2


def test_the_cells_of_a_neighbourhood_are_one_range_of_numbers():
    cell = h3.latlng_to_cell(HERE[1], HERE[0], 7)
    inside = h3.cell_to_children(cell, 10)
    assert children_range(cell) == (min(inside), max(inside))
    outside = {near for child in inside for near in h3.grid_disk(child, 1)} - set(inside)
    assert not any(min(inside) <= near <= max(inside) for near in outside)


# ----------------------------------------------------------------------------- in order, once, in parallel


def crowd(seed: int, noon: datetime, area: Area, count: int = 70) -> list[Report]:
    """Reports within 250 m of a corner where three neighbourhoods meet, each observed at another moment."""
    lat, lon = h3.cell_to_boundary(h3.latlng_to_cell(HERE[1], HERE[0], 7))[0]
    rng = random.Random(seed)
    hours = rng.sample(range(1000), count)
    return [
        waiting_report(
            rng.uniform(-250, 250), rng.uniform(-250, 250), hours[at], at=(lon, lat), noon=noon, area=area,
            waste_group=rng.choice(["", "nets", "foam"]), accuracy_m=rng.choice([None, 5, 40]), other_place=rng.random() < 0.1,
            reporter=rng.choice([None, b"a" * 32, b"b" * 32]),
        )
        for at in range(count)
    ]  # fmt: skip


def expected(reports: list[Report]) -> set[frozenset]:
    """The cases by the pure rule, as sets of the reports' UUIDs."""
    numbers = {"": 0, "nets": 1, "foam": 2}
    columns = ReportColumns.of(
        [report.location.x for report in reports], [report.location.y for report in reports],
        [int(report.observed_at.timestamp() * 1_000_000) for report in reports],
        group=[numbers[report.waste_group] for report in reports],
        accuracy_m=[report.accuracy_m or np.nan for report in reports], other_place=[report.other_place for report in reports],
    )  # fmt: skip
    return partition((case, report.uuid) for case, report in zip(group(columns).case.tolist(), reports, strict=True))


def partition(pairs) -> set[frozenset]:
    cases: dict = {}
    for case, report in pairs:
        cases.setdefault(case, set()).add(report)
    return {frozenset(members) for members in cases.values()}


def in_the_database() -> set[frozenset]:
    return partition(Report.objects.exclude(case=None).values_list("case_id", "uuid"))


def counting() -> dict:
    return dict(Report.objects.values_list("uuid", "counts"))


@pytest.mark.parametrize("seed", range(6))
def test_reports_in_any_order_of_arrival_and_call_give_the_cases_of_the_pure_rule(seed, noon, two_areas):
    reports = crowd(seed, noon, two_areas[0])
    assert len(set().union(*(neighbourhoods_of(report.cell) for report in reports))) > 1
    random.Random(seed + 100).shuffle(reports)
    Report.objects.bulk_create(reports)
    for report in random.Random(seed + 200).sample(reports, len(reports)):
        process([report.pk])
        report.refresh_from_db()
        assert report.processed_at is not None
    assert in_the_database() == expected(reports)


@pytest.mark.parametrize("links", [61, 62])  # every second link opens a case, so only one of the two would notice
def test_a_chain_of_neighbours_over_the_border_of_a_neighbourhood_is_grouped_from_its_beginning(links, noon, two_areas):
    """The report asked for is the last of a chain that begins deep in the next neighbourhood, 25 m from link to link."""
    lat, lon = np.mean(h3.cell_to_boundary(h3.latlng_to_cell(HERE[1], HERE[0], 7))[:2], axis=0)
    chain = [
        waiting_report((step - 30) * 25, 3 * step, hours=-step, at=(lon, lat), noon=noon, area=two_areas[0], waste_group="", other_place=False)
        for step in range(links)
    ]
    assert not neighbourhoods_of(chain[0].cell) & neighbourhoods_of(chain[-1].cell)
    Report.objects.bulk_create(chain)
    process([chain[0].pk])
    assert Report.objects.get(pk=chain[0].pk).processed_at is not None
    process([report.pk for report in chain])
    assert in_the_database() == expected(chain)


@pytest.mark.parametrize("seed", [7, 8])
def test_the_bulk_gives_the_same_cases_and_counts_as_one_by_one(seed, noon, two_areas, monkeypatch):
    monkeypatch.setattr("reports.grouping.steps.SLICE", 16)
    reports = crowd(seed, noon, two_areas[0])
    Report.objects.bulk_create(reports)
    told = []
    assert group_pending(told.append) == sum(told) == len(reports)
    bulk, bulk_counts = in_the_database(), counting()
    assert bulk == expected(reports)
    Report.objects.update(case=None, processed_at=None, counts=True)
    forget_history()
    Case.objects.all().delete()
    process([report.pk for report in reports])
    assert in_the_database() == bulk
    assert counting() == bulk_counts


def test_a_late_report_joins_what_it_finds_and_does_not_group_its_neighbours_again(waiting):
    """Where the order of arrival matters, as the docstring says."""
    first, last = waiting(hours=1), waiting(east=50, hours=3)
    process([first.pk, last.pk])
    middle = waiting(east=27, hours=2)
    process([middle.pk])
    for report in (first, middle, last):
        report.refresh_from_db()
    assert middle.case == last.case != first.case
    assert last.case.observed_at == last.observed_at, "the case keeps the point and time of the report that opened it"


def in_threads(calls: list) -> None:
    """Runs each call in a thread with a connection of its own, all let loose at once."""
    barrier, errors = threading.Barrier(len(calls)), []

    def run(call) -> None:
        try:
            barrier.wait(30)
            call()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("bulk_too", [False, True])
def test_parallel_workers_group_each_report_exactly_once(bulk_too, noon, two_areas):
    reports = crowd(11, noon, two_areas[0], 120) + crowd(12, noon, two_areas[1], 30)
    Report.objects.bulk_create(reports)
    ids = [report.pk for report in reports]
    calls = []
    for worker in range(6):
        mine = random.Random(worker).sample(ids, len(ids))
        calls.append(lambda mine=mine: [process([id]) for id in mine])
    if bulk_too:
        calls += [group_pending, group_pending]
    in_threads(calls)
    assert in_the_database() == expected(reports)
    assert CaseEvent.objects.filter(kind="opened").count() == Case.objects.count() == len(expected(reports))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", [lambda id: process([id]), lambda id: group_pending()], ids=["worker", "bulk"])
def test_a_report_that_arrives_while_its_neighbour_opens_a_case_waits_and_joins_it(by, waiting, monkeypatch):
    from reports.grouping import opening

    first, second, count = waiting(), waiting(hours=1), opening._counting
    Report.objects.filter(pk=second.pk).update(failed_at=second.observed_at)  # not there yet
    threads = []

    def meanwhile(*arguments):
        """The first case is inserted and not yet committed; the second report arrives and is grouped at once."""
        if not threads:
            threads.append(threading.Thread(target=second_arrives))
            threads[0].start()
            while threads[0].is_alive() and not somebody_waits():
                threads[0].join(0.02)
        return count(*arguments)

    def second_arrives() -> None:
        Report.objects.filter(pk=second.pk).update(failed_at=None)
        by(second.pk)
        connections.close_all()

    monkeypatch.setattr(opening, "_counting", meanwhile)
    process([first.pk])
    threads[0].join(60)
    assert in_the_database() == {frozenset({first.uuid, second.uuid})}
    assert Case.objects.count() == 1


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_case_that_is_merged_while_a_report_looks_at_it_does_not_swallow_the_report(waiting, case, noon, member, monkeypatch):
    from reports.grouping import steps

    near, target = case(lon=HERE[0], lat=HERE[1]), case(lon=HERE[0] + 20 * METRE_EAST, lat=HERE[1])
    report, read = waiting(hours=1), steps.cases_around

    def read_then_merge(rows):
        known = read(rows)
        if Case.objects.get(pk=near.pk).status == "new":
            thread = threading.Thread(target=lambda: (casework.merge(near, None, target), connections.close_all()))
            thread.start()
            thread.join(60)
        return known

    monkeypatch.setattr(steps, "cases_around", read_then_merge)
    process([report.pk])
    report.refresh_from_db()
    near.refresh_from_db()
    assert (near.status, report.case) == ("merged", target)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_in_the_middle_leaves_the_report_to_the_next(waiting, monkeypatch):
    from reports.grouping import opening

    report = waiting()
    monkeypatch.setattr(opening, "_counting", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        process([report.pk])
    assert (Case.objects.count(), CaseEvent.objects.count()) == (0, 0)
    monkeypatch.undo()
    assert process([report.pk]) == 1


def test_counters_equal_a_recount_after_grouping(waiting):
    process([waiting(reporter=b"a" * 32).pk])
    process([waiting(hours=1, reporter=b"a" * 32).pk, waiting(north=300).pk])
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(cases), sum(reports) FROM analytics_cell_week")
        assert cursor.fetchone() == (2, 2)
    assert Report.objects.filter(counts=True).count() == 2


def test_reports_of_one_moment_are_grouped_in_order_of_arrival(waiting, noon):
    moment = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)
    first, second, third = waiting(east=29, observed_at=moment), waiting(observed_at=moment), waiting(east=58, observed_at=moment)
    process([third.pk])
    assert set(Report.objects.filter(case__reports=first).values_list("pk", flat=True)) == {first.pk, second.pk, third.pk}


# ------------------------------------------------------------------------------- one phone's share of what is counted


def counted_cases() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(cases), 0) FROM analytics_cell_week")
        counter = cursor.fetchone()[0]
    assert counter == Case.objects.counted().exclude(cell=None).count()
    return counter


def test_thirty_reports_of_one_phone_through_intake_add_three_cases(two_areas, noon):
    from reports.intake import ANOTHER_PLACE, Submission, submit_report

    there = h3.cell_to_latlng(h3.latlng_to_cell(HERE[1], HERE[0], 10))
    for number in range(30):
        spot = (there[1] + (number % 6 - 2.5) * 7 * METRE_EAST, there[0] + (number // 6 - 2) * 7 * METRE_NORTH)
        submit_report(
            Submission(
                uuid=uuid.uuid4(), channel="api", description="rác", location=spot, observed_at=noon, device="phone",
                same_case=ANOTHER_PLACE,
            ),
            now=noon,
        )  # fmt: skip
    assert Report.objects.values("cell").distinct().count() == 1
    group_pending()
    assert (Case.objects.count(), counted_cases()) == (30, 3)


@pytest.mark.parametrize("bulk", [False, True])
def test_one_phone_adds_at_most_three_cases_to_a_cell_and_week(waiting, bulk):
    """Every report opens a case of its own (“another place”), and beyond the third, intake froze it as not counting."""
    mine = [waiting(hours=hour / 10, other_place=True, reporter=b"a" * 32, counts=hour < 3) for hour in range(30)]
    if bulk:
        group_pending()
    else:
        for report in mine:
            process([report.pk])
    assert Case.objects.count() == Case.objects.open().count() == 30
    assert counted_cases() == 3


def test_ten_phones_count_for_ten(waiting):
    for phone in range(10):
        for hour in range(5):
            waiting(hours=phone + hour / 10, other_place=True, reporter=bytes([phone]) * 32, counts=hour < 3)
    group_pending()
    assert (Case.objects.count(), counted_cases()) == (50, 30)


def test_a_case_begins_to_count_when_somebody_elses_counting_report_joins(waiting):
    process([waiting(reporter=b"a" * 32, counts=False).pk])
    assert counted_cases() == 0
    process([waiting(hours=1, reporter=b"b" * 32, counts=False).pk])
    assert counted_cases() == 0
    process([waiting(hours=2, reporter=b"c" * 32).pk])
    assert (Case.objects.count(), counted_cases()) == (1, 1)


def test_a_report_without_a_phone_makes_a_case_count(waiting):
    process([waiting(reporter=b"a" * 32, counts=False).pk])
    process([waiting(hours=1).pk])
    assert counted_cases() == 1


@pytest.mark.parametrize("together", [False, True])
def test_the_same_phone_cannot_make_its_own_case_count_a_week_later(waiting, together):
    """Else three reports a week would in time lift all thirty places of the first week."""
    first = waiting(reporter=b"a" * 32, counts=False)
    if not together:
        process([first.pk])
    process([waiting(hours=7 * 24, reporter=b"a" * 32).pk])
    assert (Case.objects.count(), counted_cases()) == (1, 0)


def test_a_case_opened_and_joined_in_one_step_counts_as_when_done_one_by_one(waiting):
    process([waiting(reporter=b"a" * 32, counts=False).pk, waiting(hours=1, reporter=b"b" * 32).pk])
    assert (Case.objects.count(), counted_cases()) == (1, 1)


def test_imports_without_reporters_all_count(waiting):
    for place in range(12):
        waiting(hours=place / 10, other_place=True)
    group_pending()
    assert (Case.objects.count(), counted_cases()) == (12, 12)


def test_a_case_that_counts_makes_count_what_it_is_merged_into(case):
    silent, counting_case = case(counts=False), case()
    casework.merge(counting_case, None, silent)
    silent.refresh_from_db()
    assert silent.counts
    assert Case.objects.counted().count() == 1
