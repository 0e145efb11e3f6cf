"""A flood waits for a look and counts for nothing; a crowd does not. Nobody is refused for the address they come from."""

import json
import re
import threading
from datetime import timedelta
from uuid import uuid4

import h3.api.basic_int as h3
import pytest
from django.db import connection
from django.utils import timezone

from analytics.cube import compare_with_recount
from reports import flood
from reports.casework import NotAllowed
from reports.grouping.steps import group_pending, process
from reports.held_reports import release
from reports.intake import Submission, submit_report
from reports.models import Case, CaseEvent, Report
from reports.periods import DEVICE_DAYS
from reports.photos.receiving import receive_photo
from reports.retention import forget
from tests.reports.photos.pictures import photo

pytestmark = pytest.mark.django_db

HERE = (108.205, 16.055)
ELSEWHERE = (108.2085, 16.0585)
ONE_ADDRESS = "203.0.113.7"


@pytest.fixture(autouse=True)
def _small_city(two_areas):
    """The units of the small city."""


def sent(at: tuple[float, float] = HERE, device: str = "", now=None, **given) -> Report:
    submission = Submission(uuid=uuid4(), channel="web", location=at, description="túi ni lông", device=device, **given)
    return submit_report(submission, now=now).report


def posted(client, device: str, at: tuple[float, float] = HERE) -> int:
    body = {"id": str(uuid4()), "location": {"type": "Point", "coordinates": at}, "description": "rác", "device": device}
    return client.post("/api/v1/reports/", json.dumps(body), content_type="application/json", REMOTE_ADDR=ONE_ADDRESS).status_code


def in_a_grid(number: int, step: float = 0.0008) -> tuple[float, float]:
    """Places about 85 m apart, so that each is a case and most are a cell of their own."""
    return 108.2005 + (number % 24) * step, 16.0505 + (number // 24 % 12) * step


def counters() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(cases), 0), coalesce(sum(reports), 0) FROM analytics_cell_week")
        return cursor.fetchone()


# --- a crowd is no flood ---------------------------------------------------------------------------
@pytest.mark.slow
def test_three_thousand_phones_behind_one_address_are_all_taken_and_none_is_held(client):
    answers = [posted(client, f"phone-{number}", in_a_grid(number)) for number in range(3000)]
    assert answers.count(201) >= 0.995 * len(answers)
    assert Report.objects.count() == answers.count(201)
    assert not Report.objects.exclude(held="").exists()


def test_a_campaign_day_of_two_thousand_phones_at_one_beach_is_no_flood():
    now = timezone.now()
    for number in range(2000):
        sent(device=f"phone-{number}", now=now + timedelta(seconds=number))
    assert Report.objects.count() == 2000
    assert not Report.objects.exclude(held="").exists()


def test_a_phone_that_comes_new_to_a_flooded_place_is_not_held(settings):
    settings.FLOOD_PLACE_HOUR, settings.FLOOD_PLACE_EACH = 8, 2
    for _turn in range(4):
        for device in ("one", "two", "three"):
            sent(device=device)
    assert Report.objects.filter(held=flood.PLACE).exists()
    assert sent(device="somebody else").held == ""


def test_a_keen_phone_in_a_crowd_is_not_held(settings):
    settings.FLOOD_PLACE_HOUR, settings.FLOOD_PLACE_EACH = 8, 2
    for number in range(10):
        sent(device=f"phone-{number}")
    assert [sent(device="keen").held for _ in range(4)] == [""] * 4


# --- a flood of one phone --------------------------------------------------------------------------
def test_one_phone_with_three_hundred_reports_is_taken_and_held_beyond_the_limit(client, settings):
    answers = [posted(client, "one phone", in_a_grid(number)) for number in range(300)]
    assert set(answers) == {201}
    held = Report.objects.exclude(held="")
    assert held.count() >= 0.99 * (300 - settings.FLOOD_DEVICE_HOUR)
    assert set(held.values_list("held", "counts")) == {(flood.DEVICE, False)}
    free = Report.objects.filter(held="")
    assert free.count() == settings.FLOOD_DEVICE_HOUR


def test_what_is_held_opens_cases_that_staff_see_and_moves_no_counter(settings):
    settings.FLOOD_DEVICE_HOUR = 3
    for number in range(3):
        sent(in_a_grid(number), "one phone")
    group_pending()
    before = counters()
    for number in range(3, 60):
        sent(in_a_grid(number), "one phone")
    group_pending()
    assert counters() == before == (3, 3)
    assert Case.objects.count() == 60
    assert Case.objects.with_held_reports().count() == 57
    assert Case.objects.not_only_held().count() == 3
    assert compare_with_recount() == []


def test_a_day_has_a_limit_of_its_own(settings):
    settings.FLOOD_DEVICE_HOUR, settings.FLOOD_DEVICE_DAY = 100, 5
    now = timezone.now()
    held = [sent(device="one phone", now=now + timedelta(hours=2 * hour)).held for hour in range(7)]
    assert held == ["", "", "", "", "", flood.DEVICE, flood.DEVICE]


def test_an_hour_later_the_same_phone_is_free_again(settings):
    settings.FLOOD_DEVICE_HOUR = 2
    now = timezone.now()
    assert [sent(device="one phone", now=now).held for _ in range(3)] == ["", "", flood.DEVICE]
    assert sent(device="one phone", now=now + timedelta(minutes=61)).held == ""


def test_many_reports_of_nobody_in_particular_at_one_place_are_held(settings):
    settings.FLOOD_PLACE_HOUR = 6
    assert [sent().held for _ in range(8)] == [""] * 6 + [flood.PLACE] * 2
    assert sent(ELSEWHERE).held == ""


def test_many_reports_of_nobody_in_particular_that_know_only_an_area_are_held(settings, two_areas):
    settings.FLOOD_PLACE_HOUR = 3
    west, east = (area.code for area in two_areas)

    def held_of_area(code: str) -> str:
        return submit_report(Submission(uuid=uuid4(), channel="api", area=code, description="rác")).report.held

    assert [held_of_area(west) for _ in range(5)] == [""] * 3 + [flood.PLACE] * 2
    assert held_of_area(east) == ""


def test_a_report_sent_again_keeps_what_was_decided(settings):
    settings.FLOOD_DEVICE_HOUR = 1
    sent(device="one phone")
    submission = Submission(uuid=uuid4(), channel="web", location=HERE, description="rác", device="one phone")
    first, again = submit_report(submission), submit_report(submission)
    assert (first.created, again.created, again.report.held) == (True, False, flood.DEVICE)


def test_the_receipt_of_a_held_report_says_nothing_of_it(client, settings):
    settings.FLOOD_DEVICE_HOUR = 1
    free, held = sent(device="one phone"), sent(device="one phone")
    group_pending()
    assert held_of(free, held) == ["", flood.DEVICE]
    pages = [client.get(f"/p/{report.code}/").content.decode().replace(report.code, "CODE") for report in (free, held)]
    codes = [f"{report.code[:5]} {report.code[5:]}" for report in (free, held)]
    said = [re.sub(r"<[^>]+>", "", page.replace(code, "CODE")) for page, code in zip(pages, codes, strict=True)]
    assert said[0] == said[1]


# --- the same photo again --------------------------------------------------------------------------
def test_the_same_photo_at_another_place_holds_the_later_report():
    first, second = sent(device="one", photos_expected=1), sent(ELSEWHERE, "one", photos_expected=1)
    receive_photo(first, 1, photo())
    receive_photo(second, 1, photo())
    assert held_of(first, second) == ["", flood.PHOTO]


def test_the_same_photo_by_another_phone_holds_the_later_report():
    first, second = sent(device="one", photos_expected=1), sent(device="two", photos_expected=1)
    receive_photo(first, 1, photo())
    receive_photo(second, 1, photo())
    assert held_of(first, second) == ["", flood.PHOTO]


def test_an_impatient_phone_may_send_the_same_photo_of_the_same_place_again():
    first, second = sent(device="one", photos_expected=1), sent(device="one", photos_expected=1)
    for report in (first, second):
        receive_photo(report, 1, photo())
    receive_photo(first, 2, photo())  # twice in one report, too
    assert held_of(first, second) == ["", ""]


def test_another_photo_is_another_photo():
    first, second = sent(device="one", photos_expected=1), sent(ELSEWHERE, "two", photos_expected=1)
    receive_photo(first, 1, photo())
    receive_photo(second, 1, photo(width=500))
    assert held_of(first, second) == ["", ""]


def test_a_photo_that_arrives_after_grouping_takes_the_count_back():
    first, second = sent(device="one", photos_expected=1), sent(ELSEWHERE, "two", photos_expected=1)
    group_pending()
    assert counters() == (2, 2)
    receive_photo(first, 1, photo())
    receive_photo(second, 1, photo())
    assert counters() == (1, 1)
    second.refresh_from_db()
    assert not second.counts and not second.case.counts
    assert second.case.events.get(kind="held").details == {"report": second.code, "held": flood.PHOTO}
    assert compare_with_recount() == []


def test_a_case_that_others_tell_of_goes_on_counting():
    first, second, honest = sent(ELSEWHERE, "one", photos_expected=1), sent(device="two", photos_expected=1), sent(device="three")
    group_pending()
    receive_photo(first, 1, photo())
    receive_photo(second, 1, photo())
    honest.refresh_from_db()
    assert honest.case.counts
    assert counters() == (2, 2)


def held_of(*reports: Report) -> list[str]:
    return [Report.objects.get(pk=report.pk).held for report in reports]


# --- released --------------------------------------------------------------------------------------
@pytest.fixture
def held(settings):
    """The second report of a phone that may send one an hour, grouped: it opened a case that does not count."""
    settings.FLOOD_DEVICE_HOUR = 1
    sent(device="one phone")
    report = sent(ELSEWHERE, "one phone")
    group_pending()
    report.refresh_from_db()
    assert (report.held, report.counts, report.case.counts) == (flood.DEVICE, False, False)
    return report


def test_a_released_report_counts_as_it_would_have(held, member):
    dispatcher = member("dispatcher")
    assert release(held.case, dispatcher, [held]) == 1
    held.refresh_from_db()
    assert (held.held, held.counts, held.case.counts) == ("", True, True)
    assert counters() == (2, 2)
    event = CaseEvent.objects.get(kind="released")
    assert (event.actor, event.details) == (dispatcher, {"report": held.code, "held": "device", "counts": True})
    assert compare_with_recount() == []


def test_releasing_twice_is_releasing_once(held, member):
    assert [release(held.case, member(), [held]) for _ in range(2)] == [1, 0]
    assert CaseEvent.objects.filter(kind="released").count() == 1


def test_one_phone_counts_once_in_a_case_however_many_are_released(settings, member):
    settings.FLOOD_DEVICE_HOUR = 1
    for number in range(6):
        sent((HERE[0] + number * 0.00001, HERE[1]), "one phone")
    group_pending()
    for case in Case.objects.all():
        release(case, member(), case.reports.all())
    assert counters() == (1, 1)
    assert not Report.objects.exclude(held="").exists()


def test_one_phone_counts_three_times_in_a_cell_however_many_are_released(settings, member):
    settings.FLOOD_DEVICE_HOUR = 1
    lat, lon = h3.cell_to_latlng(h3.latlng_to_cell(HERE[1], HERE[0], 10))
    corners = [(0, 0), (0.0004, 0), (-0.0004, 0), (0, 0.0004), (0, -0.0004)]  # some 43 m from the middle, all in one cell
    for east, north in corners:
        sent((lon + east, lat + north), "one phone")
    group_pending()
    assert (Case.objects.count(), len(set(Case.objects.values_list("cell", flat=True)))) == (5, 1)
    for case in Case.objects.all():
        release(case, member(), case.reports.all())
    assert counters() == (3, 3)
    assert compare_with_recount() == []


def test_an_analyst_and_an_officer_of_another_ward_release_nothing(held, member, two_areas):
    for person in (member("analyst"), member("officer", areas=[two_areas[1]])):
        with pytest.raises(NotAllowed):
            release(held.case, person, [held])
    assert held_of(held) == [flood.DEVICE]


def test_when_the_phone_is_forgotten_a_release_does_not_begin_to_count(held, member):
    Report.objects.update(received_at=timezone.now() - timedelta(days=DEVICE_DAYS + 1), observed_at=timezone.now() - timedelta(days=DEVICE_DAYS + 2))
    forget(timezone.now())
    release(held.case, member(), [held])
    held.refresh_from_db()
    assert (held.held, held.counts) == ("", False)


def test_what_was_released_is_not_held_again_for_its_photo(held, member):
    other = sent(device="another", photos_expected=1)
    receive_photo(other, 1, photo())
    release(held.case, member(), [held])
    receive_photo(held, 1, photo())
    assert held_of(held) == [""]


def test_a_phone_that_was_held_makes_a_case_count_with_its_next_honest_report(held):
    later = submit_report(
        Submission(uuid=uuid4(), channel="web", location=ELSEWHERE, description="còn đó", device="one phone"),
        now=held.received_at + timedelta(minutes=61),
    ).report
    group_pending()
    later.refresh_from_db()
    assert (later.case, later.counts, later.case.counts) == (held.case, True, True)
    assert h3.get_resolution(later.cell) == 10


# --- what staff see --------------------------------------------------------------------------------
@pytest.fixture
def dispatcher(client, member):
    person = member("dispatcher")
    client.force_login(person)
    return person


def test_staff_find_what_is_held_and_why_and_release_it_there(client, dispatcher, held):
    listed = client.get("/en/staff/cases/?status=all&held=1").content.decode()
    assert held.case.code in listed
    assert Case.objects.exclude(pk=held.case_id).get().code not in listed
    page = client.get(f"/en/staff/cases/{held.case.code}/").content.decode()
    assert "This phone sent very many reports" in page
    answer = client.post(f"/en/staff/cases/{held.case.code}/", {"verb": "release", "report": held.code}, follow=True)
    assert "a held report released" in answer.content.decode().lower()
    assert held_of(held) == [""]
    assert held.case.code not in client.get("/en/staff/cases/?status=all&held=1").content.decode()


def test_all_held_reports_of_a_case_are_released_at_once(client, dispatcher, settings):
    settings.FLOOD_DEVICE_HOUR = 1
    for _ in range(4):
        sent(device="one phone")
    group_pending()
    code = Case.objects.get().code
    client.post(f"/en/staff/cases/{code}/", {"verb": "release"})
    assert not Report.objects.exclude(held="").exists()
    assert CaseEvent.objects.filter(kind="released", actor=dispatcher).count() == 3


def test_an_analyst_sees_why_but_has_no_button(client, member, held):
    client.force_login(member("analyst"))
    page = client.get(f"/en/staff/cases/{held.case.code}/").content.decode()
    assert "This phone sent very many reports" in page
    assert 'value="release"' not in page
    assert client.post(f"/en/staff/cases/{held.case.code}/", {"verb": "release"}).status_code == 422
    assert held_of(held) == [flood.DEVICE]


@pytest.mark.django_db(transaction=True)
def test_photos_that_arrive_while_reports_are_grouped_leave_no_count_behind(two_areas):
    """Two threads group and two receive the same photo for everybody: whoever is first, what is held never counts."""
    reports = [sent(in_a_grid(number), f"phone-{number}", photos_expected=1) for number in range(24)]
    receive_photo(reports[0], 1, photo())
    mistakes: list[BaseException] = []

    def run(work, rows):
        try:
            for row in rows:
                work(row)
        except BaseException as error:
            mistakes.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(work, rows))
        for work, rows in (
            (lambda row: process([row.pk]), reports[::2]), (lambda row: process([row.pk]), reports[1::2]),
            (lambda row: receive_photo(row, 1, photo()), reports[1::2]), (lambda row: receive_photo(row, 1, photo()), reports[2::2]),
        )
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert mistakes == []
    group_pending()
    assert list(Report.objects.order_by("id").values_list("held", "counts")) == [("", True)] + [(flood.PHOTO, False)] * 23
    assert Case.objects.filter(counts=True).count() == 1
    assert counters() == (1, 1)
    assert compare_with_recount() == []
