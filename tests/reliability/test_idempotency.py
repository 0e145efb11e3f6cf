"""The same report sent many times at once is one report: real connections, real transactions."""

import threading
import time
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from reports.contacts import ContactDetails
from reports.intake import KeyTaken, Submission, submit_report
from reports.models import Contact, Report, WasteType

pytestmark = pytest.mark.django_db(transaction=True)


def all_at_once(count: int, work) -> list:
    """The results (or errors) of `work(number)` called from `count` threads that start together, each with its own connection."""
    together, results = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        try:
            connection.ensure_connection()
            together.wait(30)
            results[number] = work(number)
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


@pytest.fixture(autouse=True)
def _small_city(two_areas):
    from reports.geography.area_index import forget_areas
    from reports.waste_groups import forget_waste_groups

    WasteType.objects.create(code="nets", group="nets", name="Lưới", name_en="Nets")
    forget_areas()
    forget_waste_groups()
    yield
    forget_areas()
    forget_waste_groups()


def submission(**given) -> Submission:
    return Submission(**{"uuid": uuid4(), "channel": "api", "location": (108.205, 16.055), "description": "túi ni lông", **given})


def test_fifty_parallel_sends_of_one_report_make_one_row_and_fifty_equal_receipts():
    sent = submission(waste_types=("nets",), device="phone", contact=ContactDetails(phone="0905 000 000", consent=True))
    receipts = all_at_once(50, lambda number: submit_report(sent))
    assert [type(receipt).__name__ for receipt in receipts] == ["Receipt"] * 50
    assert sum(receipt.created for receipt in receipts) == 1
    assert len({(receipt.code, receipt.url, receipt.secret_url) for receipt in receipts}) == 1
    stored = Report.objects.get()
    assert stored.waste_links.count() == Contact.objects.count() == 1


def test_of_different_reports_with_one_id_the_first_stays_and_the_others_are_told():
    key = uuid4()
    results = all_at_once(12, lambda number: submit_report(submission(uuid=key, description=f"note {number}")))
    taken = [result for result in results if isinstance(result, KeyTaken)]
    (kept,) = [result for result in results if not isinstance(result, KeyTaken)]
    assert len(taken) == 11 and kept.created
    assert Report.objects.get().description == kept.report.description


def test_parallel_reports_of_one_device_never_count_more_than_three_times():
    results = all_at_once(12, lambda number: submit_report(submission(device="phone", description=f"note {number}")))
    assert sum(result.report.counts for result in results) == 3
    assert Report.objects.count() == 12 and Report.objects.filter(counts=True).count() == 3


def test_a_report_of_a_device_waits_for_the_one_before_it_to_be_counted():
    for number in range(2):
        submit_report(submission(device="phone", description=f"before {number}"))
    later: list = []
    waiting = threading.Thread(target=lambda: later.extend(all_at_once(1, lambda _: submit_report(submission(device="phone")))))
    with transaction.atomic():
        third = submit_report(submission(device="phone", description="third"))
        waiting.start()
        assert until(somebody_waits), "the fourth did not wait"
    waiting.join(60)
    assert third.report.counts
    assert [receipt.report.counts for receipt in later] == [False]


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return cursor.fetchone()[0] > 0


def until(happened, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.02)
    return happened()
