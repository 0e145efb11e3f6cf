"""Letters to the staff: the day's work at 07:00, hazards at once, over a real mail server, never twice, nothing of residents."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from citylab.models import Member
from reports import grouping, held_reports, relay, tasks
from reports.models import Report, ReportWasteType, StaffLetter, WasteType
from reports.notifications import staff_letters, staff_sending
from reports.notifications.sending import OUTDATED, STOPPED
from tests.reports.small_smtp import SmallSmtp

pytestmark = pytest.mark.django_db


SEVEN = datetime(2026, 11, 19, 0, 0, tzinfo=UTC)  # 07:00 in the city, a Thursday
LETTERS = next(outbox for outbox in relay.OUTBOXES if outbox.table == "reports_staffletter")


@pytest.fixture
def smtp(settings):
    server = SmallSmtp()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 5
    yield server
    server.close()


@pytest.fixture
def officer(member, two_areas) -> Member:
    return member("officer", "west", areas=[two_areas[0]], email="west@example.org")


@pytest.fixture
def east(member, two_areas) -> Member:
    return member("officer", "east", areas=[two_areas[1]], email="east@example.org")


@pytest.fixture
def dispatcher(member) -> Member:
    return member("dispatcher", "mai", email="mai@example.org")


def send_all(now: datetime | None = None) -> None:
    for pk in StaffLetter.objects.unprocessed().order_by("id").values_list("pk", flat=True):
        staff_sending.send_staff_letter(pk, now)


def text_of(letter) -> str:
    return letter.get_body(("plain",)).get_content()


# --- 07:00 ------------------------------------------------------------------------------------------
def test_at_seven_each_officer_hears_of_their_areas_and_dispatchers_of_all(smtp, officer, east, dispatcher, case, two_areas):
    late = case(status="confirmed", due_at=SEVEN - timedelta(days=2))
    case(status="confirmed", due_at=SEVEN + timedelta(hours=17))
    case(area=two_areas[1], lon=108.215, due_at=SEVEN + timedelta(days=5))
    assert staff_letters.schedule_digests(SEVEN) == 3
    send_all(SEVEN)
    by = {letter["To"]: text_of(letter) for letter in smtp.letters}
    assert set(by) == {"west@example.org", "east@example.org", "mai@example.org"}
    assert "Quá hạn: 1" in by["west@example.org"] and "Đến hạn trong 24 giờ: 1" in by["west@example.org"] and late.code in by["west@example.org"]
    assert "Mới" not in by["west@example.org"] and late.code not in by["east@example.org"]
    assert "Mới, chưa ai xem: 1" in by["east@example.org"] and "Quá hạn" not in by["east@example.org"]
    assert all(words in by["mai@example.org"] for words in ("Quá hạn: 1", "Đến hạn trong 24 giờ: 1", "Mới, chưa ai xem: 1"))
    assert smtp.letters[0]["Subject"] == "Điểm rác hôm nay: 19/11/2026"


@pytest.mark.parametrize(("hour", "minute", "comes"), [(6, 59, False), (7, 0, True), (11, 59, True), (12, 0, False), (23, 0, False)])
def test_it_comes_at_seven_by_the_citys_clocks_or_later_in_the_morning(hour, minute, comes, officer, case, settings):
    case()
    now = datetime(2026, 11, 19, hour, minute, tzinfo=settings.CITY.tz)
    assert staff_letters.schedule_digests(now) == comes


def test_nothing_to_do_is_no_letter(officer, east, dispatcher, case):
    case(status="verified")
    case(status="on_hold", due_at=SEVEN - timedelta(days=1))
    assert staff_letters.schedule_digests(SEVEN) == 0


def test_what_was_done_before_the_letter_went_out_is_no_letter_either(smtp, officer, case):
    found = case()
    staff_letters.schedule_digests(SEVEN)
    found.status, found.due_at = "confirmed", SEVEN + timedelta(days=9)
    found.save()
    send_all(SEVEN)
    assert smtp.letters == [] and StaffLetter.objects.get().last_error == OUTDATED


def test_a_day_has_one_letter_however_often_the_clock_ticks(officer, case):
    case()
    assert [staff_letters.schedule_digests(SEVEN + timedelta(minutes=10 * tick)) for tick in range(4)] == [1, 0, 0, 0]
    assert staff_letters.schedule_digests(SEVEN + timedelta(days=1)) == 1


def test_the_same_letter_handed_out_ten_times_goes_out_once(smtp, officer, case):
    case()
    staff_letters.schedule_digests(SEVEN)
    pk = StaffLetter.objects.get().pk
    for _ in range(10):
        staff_sending.send_staff_letter(pk, SEVEN)
    assert len(smtp.letters) == 1


def test_a_letter_whose_answer_was_lost_is_not_sent_again_but_shown(smtp, officer, case, client, member):
    case()
    smtp.drop_after_data = True
    staff_letters.schedule_digests(SEVEN)
    row = StaffLetter.objects.get()
    with pytest.raises(Exception):  # noqa: B017  smtplib says so in several ways
        staff_sending.send_staff_letter(row.pk, SEVEN)
    smtp.drop_after_data = False
    staff_sending.send_staff_letter(row.pk, SEVEN)
    row.refresh_from_db()
    assert len(smtp.letters) == 1 and row.failed_at and row.sent_at is None
    client.force_login(member("administrator"))
    assert "west" in client.get(reverse("dead-letters")).content.decode()


def test_a_letter_that_was_surely_refused_is_tried_again(smtp, officer, case):
    case()
    smtp.say["DATA"] = "451 later"
    staff_letters.schedule_digests(SEVEN)
    row = StaffLetter.objects.get()
    with pytest.raises(Exception):  # noqa: B017
        staff_sending.send_staff_letter(row.pk, SEVEN)
    smtp.say.clear()
    staff_sending.send_staff_letter(row.pk, SEVEN)
    row.refresh_from_db()
    assert row.sent_at and len(smtp.letters) == 1


def test_yesterdays_letter_is_no_news(smtp, officer, case):
    case()
    staff_letters.schedule_digests(SEVEN)
    send_all(SEVEN + timedelta(days=1))
    assert smtp.letters == []


def test_who_switched_letters_off_left_or_has_no_address_gets_none(smtp, officer, dispatcher, member, case):
    case()
    for fields in ({"wants_digest": False}, {"is_active": False}, {"email": ""}):
        member("dispatcher", **{"email": "x@example.org", **fields})
    for role in ("manager", "analyst", "administrator"):
        member(role, email="y@example.org")
    assert staff_letters.schedule_digests(SEVEN) == 2
    Member.objects.filter(pk=officer.pk).update(wants_digest=False)
    send_all(SEVEN)
    assert [letter["To"] for letter in smtp.letters] == ["mai@example.org"]
    assert StaffLetter.objects.get(member=officer).last_error == STOPPED


def test_an_officer_without_an_area_gets_none(member, case):
    member("officer", email="z@example.org")
    case()
    assert staff_letters.schedule_digests(SEVEN) == 0


def test_no_letter_holds_anything_of_a_resident(smtp, officer, told, case):
    found = case(due_at=SEVEN - timedelta(days=1))
    told(found, email="lan@example.org", phone="0905123456", description="nhà bà Lan, 12 Trần Phú")
    WasteType.objects.create(code="needles", name="Kim tiêm", name_en="Needles", group="hazard", hazard="needle")
    staff_letters.schedule_digests(SEVEN)
    StaffLetter.objects.create(member=officer, kind="hazard", about=found.code, created_at=SEVEN, next_try=SEVEN)
    send_all(SEVEN)
    assert len(smtp.letters) == 2
    for letter in smtp.letters:
        whole = letter.as_string() + text_of(letter) + letter.get_body(("html",)).get_content()
        for word in ("lan@example.org", "0905123456", "bà Lan", "Trần Phú", found.reports.get().code):
            assert word not in whole


def test_without_a_provider_the_letter_is_a_line_in_the_log(officer, case, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    case()
    staff_letters.schedule_digests(SEVEN)
    with caplog.at_level("INFO"):
        send_all(SEVEN)
    assert "no e-mail provider is configured" in caplog.text and "west@example.org" not in caplog.text
    assert StaffLetter.objects.get().sent_at


def test_the_relay_hands_letters_out(officer, case):
    case()
    staff_letters.schedule_digests(SEVEN)
    assert relay.lease(LETTERS) == list(StaffLetter.objects.values_list("pk", flat=True))


def test_the_clock_knows_the_letters():
    from citylab.celery import app

    entry = app.conf.beat_schedule["staff-digest"]
    assert entry["task"] == tasks.schedule_digests.name and {7} <= entry["schedule"].hour


# --- stopping ---------------------------------------------------------------------------------------
def test_the_link_in_a_letter_stops_the_letters_without_signing_in(smtp, officer, case, client, settings):
    case()
    staff_letters.schedule_digests(SEVEN)
    send_all(SEVEN)
    address = smtp.letters[0]["List-Unsubscribe"].strip().strip("<>").removeprefix(settings.SITE_URL)
    assert client.get(address).status_code == 200
    officer.refresh_from_db()
    assert officer.wants_digest, "opening the page stops nothing: mail programs open every link"
    assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    officer.refresh_from_db()
    assert not officer.wants_digest
    client.post(address, {"again": "1"})
    officer.refresh_from_db()
    assert officer.wants_digest


def test_a_link_stops_the_letters_of_its_own_member_only(officer, dispatcher, client):
    from reports.notifications.staff_wording import stop_token

    assert client.post(reverse("staff-letters", args=[dispatcher.pk, stop_token(officer.pk)])).status_code == 404
    assert client.post(reverse("staff-letters", args=[10**18, "x"])).status_code == 404


def test_the_own_account_switches_letters_off_and_on(officer, client):
    client.force_login(officer)
    client.post(reverse("account"), {"verb": "letters"})
    officer.refresh_from_db()
    assert not officer.wants_digest
    client.post(reverse("account"), {"verb": "letters", "wants_digest": "1"})
    officer.refresh_from_db()
    assert officer.wants_digest


# --- hazards ----------------------------------------------------------------------------------------
@pytest.fixture
def needles(db) -> WasteType:
    return WasteType.objects.create(code="needles", name="Kim tiêm", name_en="Needles", group="hazard", hazard="needle")


@pytest.fixture
def waiting(two_areas):
    """Makes a report that waits to be grouped: `waiting(problem="burning")`."""
    import uuid

    import h3.api.basic_int as h3
    from django.contrib.gis.geos import Point

    def make(kind: WasteType | None = None, lon: float = 108.205, area=None, at: datetime | None = None, **fields) -> Report:
        at = at or timezone.now()
        made = Report.objects.create(
            uuid=uuid.uuid4(), code=uuid.uuid4().hex[:10].upper(), body_hash=b"\0" * 32, location=Point(lon, 16.055, srid=4326), location_source="gps",
            area=area or two_areas[0], cell=h3.latlng_to_cell(16.055, lon, 10), week=date(2026, 11, 30), observed_at=at, received_at=at,
            description="x", next_try=at, **{"channel": "web", "counts": True, **fields},
        )  # fmt: skip
        if kind:
            ReportWasteType.objects.create(report=made, waste_type=kind)
        return made

    return make


def test_a_hazard_is_told_at_once_to_dispatchers_and_to_the_officers_of_the_area(smtp, waiting, needles, officer, east, dispatcher):
    grouping.process([waiting(needles).pk])
    found = Report.objects.get().case
    assert relay.lease(LETTERS), "nothing is waited for"
    send_all()
    assert {letter["To"] for letter in smtp.letters} == {"west@example.org", "mai@example.org"}
    text = text_of(smtp.letters[0])
    assert "Kim tiêm" in text and reverse("case", args=[found.code]) in text
    assert smtp.letters[0]["Subject"] == f"Rác nguy hiểm: {found.code}"


def test_burning_waste_is_a_hazard(smtp, waiting, officer):
    grouping.process([waiting(problem="burning").pk])
    send_all()
    assert "đốt" in text_of(smtp.letters[0]).lower()


def test_ordinary_waste_is_none(waiting, officer):
    grouping.process([waiting().pk])
    assert not StaffLetter.objects.exists()


def test_a_case_is_told_once_however_many_report_it(smtp, waiting, needles, officer):
    grouping.process([waiting(needles).pk])
    send_all()
    grouping.process([waiting(needles).pk])
    grouping.process([waiting(problem="burning").pk])
    send_all()
    assert Report.objects.values("case").distinct().count() == 1 and len(smtp.letters) == 1


def test_a_case_becomes_a_hazard_with_the_report_that_says_so(waiting, needles, officer):
    grouping.process([waiting().pk])
    assert not StaffLetter.objects.exists()
    grouping.process([waiting(needles).pk])
    assert StaffLetter.objects.get().about == Report.objects.first().case.code


def test_a_held_report_alarms_nobody_until_it_is_released(waiting, needles, officer, dispatcher):
    held = waiting(needles, held="device", counts=False)
    grouping.process([held.pk])
    assert not StaffLetter.objects.exists()
    held.refresh_from_db()
    held_reports.release(held.case, dispatcher, held.case.reports.all())
    assert StaffLetter.objects.count() == 2


def test_old_and_imported_reports_alarm_nobody(waiting, needles, officer):
    grouping.process([waiting(needles, at=timezone.now() - timedelta(days=3)).pk])
    grouping.process([waiting(needles, lon=108.206, channel="import").pk])
    assert not StaffLetter.objects.exists()


def test_a_hazard_that_was_dealt_with_meanwhile_is_not_told(smtp, waiting, needles, officer):
    grouping.process([waiting(needles).pk])
    found = Report.objects.get().case
    found.status, found.closed_at = "refused", timezone.now()
    found.save()
    send_all()
    assert smtp.letters == []


def test_the_letters_are_one_question_for_many_reports(waiting, needles, officer, dispatcher, django_assert_num_queries):
    made = [waiting(needles, lon=108.201 + number / 1000).pk for number in range(5)]
    grouping.process(made)
    StaffLetter.objects.all().delete()
    with django_assert_num_queries(1):
        assert staff_letters.tell_hazards(made) == 10
