"""A crew's link: it opens one team's day until the shift ends, and nothing to anybody who has another."""

import hashlib
import re
import uuid
from datetime import date, datetime, time, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from reports import casework
from reports.crews import links
from reports.models import CaseEvent, CrewLink, Photo, Report
from tests.photo_on_a_phone import photo_of

pytestmark = pytest.mark.django_db

NEAR = {"lon": "108.20501", "lat": "16.05502"}
FAR = {"lon": "108.2080", "lat": "16.0550"}  # 320 m


@pytest.fixture
def team(db):
    from citylab.models import Team

    def make(name: str = "Đội Sơn Trà", **fields) -> Team:
        return Team.objects.create(name=name, **{"ends_at": time(23, 59), **fields})

    return make


@pytest.fixture
def crew(team, case, member):
    """Makes a team with a case of today and a link: → (team, case, token)."""

    def make(name: str = "Đội Sơn Trà", **fields):
        its = team(name)
        today = timezone.localdate()
        planned = case(status="assigned", team=its, planned_for=today, **fields)
        _link, token = links.make_link(its, today, member())
        return its, planned, token

    return make


@pytest.fixture
def shot(report):
    """Makes a resident's checked photo of a case, with its file."""
    from django.core.files.base import ContentFile
    from django.core.files.storage import storages

    def make(case) -> Photo:
        name, now = storages["renditions"].save("s.jpg", ContentFile(photo_of(16, 12))), timezone.now()
        return Photo.objects.create(
            report=report(case), state="clean", original_sha256="0" * 64, original_size=1, original_format="JPEG", large_name=name, small_name=name,
            received_at=now, next_try=now, processed_at=now,
        )  # fmt: skip

    return make


def picture(name: str = "after.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photo_of(64, 48), "image/jpeg")


def visit(**changes) -> dict:
    return {"do": "visit", "key": str(uuid.uuid4()), "outcome": "cleaned", "grade": "A", "bags": "2", "photos": [picture()], **NEAR, **changes}


def send(client, token, case, form, outbox=False):
    return client.post(f"/doi/{token}/{case.code}/", form, **({"HTTP_ACCEPT": "application/json"} if outbox else {}))


# --- the link -----------------------------------------------------------------------------------------
def test_only_the_hash_of_a_token_is_kept(crew):
    _team, _case, token = crew()
    link = CrewLink.objects.get()
    assert link.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(CrewLink.objects.values())


def test_a_link_ends_with_the_shift_by_the_citys_clocks(team, member, settings):
    its = team(starts_at=time(6), ends_at=time(14, 30))
    tomorrow = timezone.localdate() + timedelta(days=1)
    link, _token = links.make_link(its, tomorrow, member())
    assert link.expires_at == datetime.combine(tomorrow, time(14, 30), settings.CITY.tz)


def test_a_night_shift_ends_the_next_morning(team, settings):
    its = team(starts_at=time(20), ends_at=time(4))
    assert links.shift_end(its, date(2026, 11, 18)) == datetime(2026, 11, 19, 4, tzinfo=settings.CITY.tz)


def test_no_link_is_made_for_a_shift_that_is_over(team, member):
    with pytest.raises(links.ShiftOver):
        links.make_link(team(), timezone.localdate() - timedelta(days=1), member())


def test_a_link_opens_its_page_until_it_expires(client, crew):
    its, planned, token = crew()
    page = client.get(f"/doi/{token}/")
    assert page.status_code == 200 and planned.code in page.content.decode() and its.name in page.content.decode()
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")
    CrewLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    page = client.get(f"/doi/{token}/")
    assert page.status_code == 410 and planned.code not in page.content.decode()


def test_a_link_that_was_taken_back_opens_and_takes_nothing(client, crew):
    _team, planned, token = crew()
    links.revoke(CrewLink.objects.get())
    assert client.get(f"/doi/{token}/").status_code == 410
    assert send(client, token, planned, visit(done_at=timezone.now().isoformat())).status_code == 410
    planned.refresh_from_db()
    assert planned.status == "assigned"


def test_a_team_out_of_service_opens_nothing(client, crew):
    its, _planned, token = crew()
    its.active = False
    its.save()
    assert client.get(f"/doi/{token}/").status_code == 410


def test_a_team_out_of_service_sends_nothing_late_either(client, crew):
    its, planned, token = crew()
    its.active = False
    its.save()
    assert send(client, token, planned, visit(done_at=(timezone.now() - timedelta(minutes=5)).isoformat())).status_code == 410
    planned.refresh_from_db()
    assert planned.status == "assigned"


@pytest.mark.parametrize("wrong", ["", "A" * 32, "x", "%00", "ă" * 32, "../../staff", "A" * 5000])
def test_a_guessed_address_is_unknown(client, crew, wrong):
    crew()
    assert client.get(f"/doi/{wrong}/").status_code in (400, 404)


def test_a_token_differs_in_every_letter_that_counts(client, crew):
    _team, _planned, token = crew()
    for other in (token[:-1], token + "A", token.swapcase(), token[::-1]):
        if other != token:
            assert client.get(f"/doi/{other}/").status_code == 404


# --- what it opens ------------------------------------------------------------------------------------
def test_another_teams_case_is_neither_shown_nor_changed(client, crew, shot):
    _mine, _own, token = crew()
    _others, foreign, theirs = crew("Đội Hải Châu")
    shown = shot(foreign)
    assert client.get(f"/doi/{theirs}/anh/{shown.pk}/small/").status_code == 200
    assert foreign.code not in client.get(f"/doi/{token}/").content.decode()
    assert send(client, token, foreign, visit()).status_code == 404
    assert send(client, token, foreign, {"do": "start", "key": str(uuid.uuid4())}).status_code == 404
    assert client.get(f"/doi/{token}/anh/{shown.pk}/small/").status_code == 404
    foreign.refresh_from_db()
    assert (foreign.status, foreign.cleanups.count()) == ("assigned", 0)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_case_of_the_same_team_on_another_day_is_out_of_reach(client, crew, case, days):
    its, _own, token = crew()
    other = case(status="assigned", team=its, planned_for=timezone.localdate() + timedelta(days=days))
    assert other.code not in client.get(f"/doi/{token}/").content.decode()
    assert send(client, token, other, visit()).status_code == 404


def test_an_unknown_case_and_another_teams_are_answered_alike(client, crew):
    _mine, _own, token = crew()
    _others, foreign, _token = crew("Đội Hải Châu")

    def answer(code):
        page = client.post(f"/doi/{token}/{code}/", visit(), HTTP_ACCEPT="application/json")
        return page.status_code, page.content

    assert answer(foreign.code) == answer("0000000000")


def test_what_residents_wrote_is_not_on_the_page(client, crew, report):
    _team, planned, token = crew()
    report(planned, description="nhà số 12, gọi chị Lan 0905 000 000")
    page = client.get(f"/doi/{token}/").content.decode()
    assert "0905" not in page and "chị Lan" not in page


def test_a_photo_opens_only_while_the_link_holds(client, crew, shot):
    _team, planned, token = crew()
    address = f"/doi/{token}/anh/{shot(planned).pk}/small/"
    assert client.get(address)["Content-Type"] == "image/jpeg"
    Photo.objects.update(state="quarantined")
    assert client.get(address).status_code == 404
    Photo.objects.update(state="clean")
    CrewLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(address).status_code == 404


# --- visits -------------------------------------------------------------------------------------------
def test_a_crew_begins_and_the_history_names_the_team(client, crew):
    its, planned, token = crew()
    assert send(client, token, planned, {"do": "start", "key": str(uuid.uuid4())}).status_code == 303
    planned.refresh_from_db()
    event = planned.events.get()
    assert (planned.status, event.kind, event.actor, event.details["team"]) == ("in_progress", "started", None, its.name)
    assert send(client, token, planned, {"do": "start", "key": str(uuid.uuid4())}).status_code == 303, "pressing again is no error"


def test_a_crew_cleans_with_a_photo_taken_there(client, crew):
    its, planned, token = crew()
    assert send(client, token, planned, visit(kg="12,5", grade="B")).status_code == 303
    planned.refresh_from_db()
    done = planned.cleanups.get()
    assert (planned.status, done.by, done.team, done.outcome, done.grade, done.bags, float(done.kg)) == ("cleaned", None, its, "cleaned", "B", 2, 12.5)
    assert done.distance_m < 5 and done.exception == "" and done.photos.get().kind == "after"
    details = planned.events.get(kind="cleaned").details
    assert (details["team"], details["team_id"]) == (its.name, its.pk)


@pytest.mark.parametrize("place", [FAR, {"lon": "", "lat": ""}, {"accuracy_m": "1500"}])
def test_a_photo_from_afar_or_from_nowhere_needs_an_exception_in_words(client, crew, place):
    _team, planned, token = crew()
    refused = send(client, token, planned, visit(**place, note="bãi rộng"))
    assert refused.status_code == 422 and "bãi rộng</textarea>" in refused.content.decode()
    assert not Photo.objects.exists()
    assert send(client, token, planned, visit(**place, exception="other")).status_code == 422, "another reason has to be written"
    assert send(client, token, planned, visit(**place, exception="from_afar")).status_code == 303
    done = planned.cleanups.get()
    assert "100 m" in done.exception
    assert planned.events.get(kind="cleaned").details["exception"] == done.exception


def test_no_exception_is_kept_for_a_photo_from_close_by(client, crew):
    _team, planned, token = crew()
    send(client, token, planned, visit(exception="from_afar"))
    assert planned.cleanups.get().exception == ""


@pytest.mark.parametrize(
    "form, sentence",
    [
        (visit(photos=[]), "Cần ảnh"), (visit(outcome="nothing_found", photos=[]), "Cần ảnh"), (visit(outcome="not_reached", photos=[]), "vì sao không"),
        (visit(outcome=""), "Chọn kết quả"), (visit(outcome="merged"), "Chọn kết quả"), (visit(grade=""), "Chọn mức sạch"), (visit(key="x"), "Thiếu số"),
        (visit(bags="ba"), "số nguyên"), (visit(kg="mười"), "số nguyên"),
        (visit(photos=[SimpleUploadedFile("a.jpg", b"no photo", "image/jpeg")]), "không phải là ảnh"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told_and_nothing_changes(client, crew, form, sentence):
    _team, planned, token = crew()
    answer = send(client, token, planned, form)
    planned.refresh_from_db()
    assert (answer.status_code, planned.status, planned.cleanups.count()) == (422, "assigned", 0)
    assert sentence in answer.content.decode()


def test_nothing_found_takes_a_photo_and_weighs_nothing(client, crew):
    _team, planned, token = crew()
    assert send(client, token, planned, visit(outcome="nothing_found", kg="3")).status_code == 303
    done = planned.cleanups.get()
    assert (done.outcome, done.nothing_found, done.bags, done.kg, done.grade) == ("nothing_found", True, None, None, "")


@pytest.mark.parametrize("outcome, note", [("partly", ""), ("not_reached", "cổng khóa")])
def test_what_could_not_be_ended_stays_open_and_goes_back_to_the_dispatcher(client, crew, outcome, note):
    its, planned, token = crew()
    assert send(client, token, planned, visit(outcome=outcome, photos=[], note=note)).status_code == 303
    planned.refresh_from_db()
    done = planned.cleanups.get()
    assert (planned.is_open, done.outcome, done.team, done.note) == (True, outcome, its, note)
    casework.assign(planned, None, team=its, day=timezone.localdate() + timedelta(days=1))


def test_the_same_visit_again_gives_the_same_answer_and_is_kept_once(client, crew):
    _team, planned, token = crew()
    key = str(uuid.uuid4())
    first = send(client, token, planned, visit(key=key), outbox=True)
    again = send(client, token, planned, visit(key=key), outbox=True)
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (200, {"id": key, "code": planned.code, "outcome": "cleaned"})
    assert (planned.cleanups.count(), Photo.objects.count(), CaseEvent.objects.count()) == (1, 1, 1)


def test_another_visit_under_the_same_id_is_refused(client, crew):
    _team, planned, token = crew()
    key = str(uuid.uuid4())
    send(client, token, planned, visit(key=key))
    answer = send(client, token, planned, visit(key=key, bags="9"), outbox=True)
    assert (answer.status_code, answer.json()["status"], planned.cleanups.get().bags) == (409, 409, 2)


def test_a_visit_made_within_the_shift_is_taken_when_the_network_comes_back_later(client, crew):
    _team, planned, token = crew()
    ended = timezone.now() - timedelta(hours=2)
    CrewLink.objects.update(expires_at=ended)
    assert send(client, token, planned, visit()).status_code == 410, "who does not say when"
    assert send(client, token, planned, visit(done_at=timezone.now().isoformat())).status_code == 410, "after the shift"
    before = (ended - timedelta(minutes=5)).isoformat()
    assert send(client, token, planned, visit(done_at=before), outbox=True).status_code == 200
    assert planned.events.get(kind="cleaned").details["done_at"] == before


def test_after_half_a_day_nothing_is_taken_any_more(client, crew):
    _team, planned, token = crew()
    ended = timezone.now() - links.LATE
    CrewLink.objects.update(expires_at=ended)
    assert send(client, token, planned, visit(done_at=(ended - timedelta(minutes=5)).isoformat())).status_code == 410


def test_a_member_of_the_team_does_not_verify_what_it_cleaned(client, crew, member):
    its, planned, token = crew()
    theirs, other = member(), member()
    its.members.add(theirs)
    send(client, token, planned, visit())
    planned.refresh_from_db()
    assert "verify" not in casework.possible(planned, theirs)
    with pytest.raises(casework.NotAllowed):
        casework.verify(planned, theirs)
    assert casework.verify(planned, other).status == "verified"


# --- a new pile ---------------------------------------------------------------------------------------
def test_a_new_pile_is_a_report_of_the_team_at_the_place_of_the_phone(client, crew):
    _team, _planned, token = crew()
    key = str(uuid.uuid4())
    form = {"key": key, "amount": "cart", "problem": "dump", "note": "sau bãi xe", "accuracy_m": "9", **NEAR}
    answers = [client.post(f"/doi/{token}/diem-moi/", {**form, "photos": [picture()]}, HTTP_ACCEPT="application/json") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200] and answers[0].json() == answers[1].json()
    sent = Report.objects.get()
    assert (str(sent.uuid), sent.channel, sent.location_source, sent.accuracy_m, sent.amount, sent.photos.count()) == (key, "web", "gps", 9, "cart", 1)
    assert sent.reporter is not None


def test_a_new_pile_without_a_position_is_not_taken_and_says_where_to_report_it(client, crew):
    _team, _planned, token = crew()
    answer = client.post(f"/doi/{token}/diem-moi/", {"key": str(uuid.uuid4()), "note": "sau bãi xe"})
    assert answer.status_code == 422 and "sau bãi xe" in answer.content.decode() and 'href="/bao/"' in answer.content.decode()
    assert not Report.objects.exists()


def test_the_address_of_a_crew_is_not_in_the_logs(client, crew, caplog):
    _team, planned, token = crew()
    CrewLink.objects.update(expires_at=timezone.now() - timedelta(days=1))
    client.get(f"/doi/{token}/")
    send(client, token, planned, {})
    assert not re.search(re.escape(token), caplog.text)
