"""“My data” and the staff's queue behind it."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from reports import contacts, voice
from reports.codes import secret_token
from reports.contacts import ContactDetails
from reports.follow_up import add_note, correct_contact
from reports.follow_up.requests import ask
from reports.models import Contact, DataRequest, PrivateLook, Report
from tests.reports.recordings import recording

pytestmark = pytest.mark.django_db
DESK = "/dieu-hanh/yeu-cau-du-lieu/"


@pytest.fixture
def visitor() -> Client:
    return Client(enforce_csrf_checks=True)


def address(report, query: str = "") -> str:
    return f"/du-lieu-cua-toi/{report.code}/{secret_token(report.uuid)}/{query}"


def page_of(answer) -> str:
    return answer.content.decode()


@pytest.mark.parametrize("as_typed", ["link", "code and token", "grouped code and token"])
def test_code_and_secret_open_it_however_they_are_typed(visitor, report, as_typed):
    sent = report()
    token = secret_token(sent.uuid)
    typed = {
        "link": {"secret": f" https://rac.example/p/{sent.code}/{token}/?done=note "},
        "code and token": {"code": sent.code, "secret": token},
        "grouped code and token": {"code": f"dn {sent.code[:5].lower()} {sent.code[5:]}", "secret": token},
    }[as_typed]
    answer = visitor.post("/du-lieu-cua-toi/", typed)
    assert (answer.status_code, answer["Location"]) == (303, address(sent))


@pytest.mark.parametrize("secret", ["", "x" * 22, "\u202e", "https://rac.example/p/0000000000/" + "x" * 22 + "/"])
def test_what_does_not_belong_together_opens_nothing_and_stays_typed(visitor, report, secret):
    sent = report()
    answer = visitor.post("/du-lieu-cua-toi/", {"code": sent.code, "secret": secret})
    assert answer.status_code == 422 and sent.code in page_of(answer) and "<title>Lỗi:" in page_of(answer)


def test_the_page_shows_everything_that_is_stored(visitor, report):
    sent = report(description="sau kè đá", reporter=b"phone")
    add_note(sent, "thêm hai bao")
    voice.receive_voice(sent, recording())
    correct_contact(sent, ContactDetails(email="lan@example.org", phone="0905 000 000", consent=True, purposes=("progress",)))
    page = page_of(visitor.get(address(sent)))
    for words in ("sau kè đá", "thêm hai bao", "lan@example.org", "0905 000 000", "16.05500", "dấu băm"):
        assert words in page, words


def test_the_file_holds_all_of_it_as_json_and_no_key_of_the_city(visitor, report, settings):
    sent = report(description="sau kè đá", reporter=b"phone")
    correct_contact(sent, ContactDetails(email="lan@example.org", consent=True))
    answer = visitor.get(address(sent, "?format=json"))
    assert answer["Content-Disposition"] == f'attachment; filename="{sent.code}.json"'
    stored = json.loads(answer.content)
    assert stored["report"]["id"] == str(sent.uuid) and stored["contact"]["email"] == "lan@example.org"
    assert stored["device"]["hash_kept"] is True
    assert not [key for key in (settings.TOKEN_KEY, settings.CONTACT_KEY, "phone-hash") if key in answer.content.decode()]


def test_every_column_about_a_person_is_in_the_file_or_said_to_be_internal(report):
    """A new column of a report must be told to its reporter, or listed here with a reason."""
    from reports.follow_up.stored import stored_about

    internal = {
        "body_hash",  # a keyed hash that only recognises a repeat
        "cell", "week", "waste_group", "observed_clamped", "location", "other_place", "same_case", "case",  # follow from what is told
        "processed_at", "next_try", "attempts", "failed_at", "last_error",  # the queue
        "reporter", "uuid",  # told as device.hash_kept and id
    }  # fmt: skip
    told = set(stored_about(report())["report"])
    assert {field.name for field in Report._meta.concrete_fields} - {"id"} - internal <= told


def test_the_contact_is_corrected_and_kept_sealed(visitor, report):
    sent = report()
    answer = visitor.post(address(sent), {"do": "contact", "email": "lan@example.org", "consent_progress": "1"})
    assert answer.status_code == 303
    kept = Contact.objects.get()
    assert contacts.unseal(kept).email == "lan@example.org" and kept.purposes == ["progress"]


def test_a_contact_without_consent_or_unreadable_comes_back_as_it_was_typed(visitor, report):
    sent = report()
    for given in ({"email": "lan@example.org"}, {"email": "lan at example", "consent_progress": "1"}):
        answer = visitor.post(address(sent), {"do": "contact", **given})
        assert answer.status_code == 422 and given["email"] in page_of(answer)
    assert not Contact.objects.exists()


def test_messages_are_stopped_and_the_contact_deleted(visitor, report):
    sent = report()
    correct_contact(sent, ContactDetails(email="lan@example.org", consent=True))
    assert visitor.post(address(sent), {"do": "stop"}).status_code == 303
    assert Contact.objects.get().stopped_at
    assert visitor.post(address(sent), {"do": "forget-contact"}).status_code == 303
    assert not Contact.objects.exists()


def test_deletion_is_asked_for_and_its_answer_read_in_the_same_place(visitor, report, client, member):
    sent = report(description="nhà số 12")
    page = page_of(visitor.post(address(sent), {"do": "ask", "kind": "delete", "text": "Xin xóa giúp"}, follow=True))
    asked = DataRequest.objects.get()
    assert "hai ngày làm việc" in page and "Xin xóa giúp" in page
    client.force_login(member("dispatcher"))
    answer = client.post(f"{DESK}{asked.pk}/", {"answer": "Đã xóa hết.", "erase": "1"})
    assert answer.status_code == 302
    page = page_of(visitor.get(address(sent)))
    assert "Đã xóa hết." in page and "nhà số 12" not in page


@pytest.mark.parametrize("given", [{"kind": ""}, {"kind": "publish"}, {"kind": "other", "text": " "}, {"kind": "other", "text": "x" * 4001}])
def test_a_request_that_says_nothing_is_not_taken(visitor, report, given):
    assert visitor.post(address(report()), {"do": "ask", **given}).status_code == 422
    assert not DataRequest.objects.exists()


def test_these_pages_are_kept_by_nobody(visitor, report):
    sent = report()
    for answer in (visitor.get("/du-lieu-cua-toi/"), visitor.get(address(sent)), visitor.get(address(sent, "?format=json")), visitor.post(address(sent), {"do": "stop"})):
        assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_the_page_is_there_in_english(visitor, report):
    sent = report()
    page = page_of(visitor.get(f"/en/my-data/{sent.code}/{secret_token(sent.uuid)}/"))
    assert "This is everything that is stored about the report." in page


# --- the staff's queue --------------------------------------------------------------------------------


@pytest.fixture
def desk(client, member):
    """Signs a member in: `desk("dispatcher")`."""

    def enter(role: str = "dispatcher", **fields) -> Client:
        client.force_login(member(role, **fields))
        return client

    return enter


def test_the_queue_tells_what_is_open_and_what_is_late(desk, report):
    ask(report(), "see")
    ask(report(), "delete", now=timezone.now() - timedelta(days=20))
    client = desk()
    assert page_of(client.get(DESK)).count("<tr>") == 3
    page = page_of(client.get(DESK, {"state": "late"}))
    assert page.count("<tr>") == 2 and "quá hạn" in page


def test_the_list_as_data_holds_nobodys_words(desk, report):
    ask(report(), "other", "số 0905 000 000")
    body = b"".join(desk().get(DESK, {"format": "csv"}).streaming_content).decode()
    assert "other" in body and "0905" not in body


def test_an_answer_without_words_is_not_given(desk, report):
    asked = ask(report(), "see")
    answer = desk().post(f"{DESK}{asked.pk}/", {"answer": " ", "erase": "1"})
    assert answer.status_code == 422
    asked.refresh_from_db()
    assert asked.closed_at is None and Report.objects.get().description == "túi ni lông"


def test_the_first_page_counts_the_open_requests(desk, report):
    ask(report(), "see")
    assert "yêu cầu về dữ liệu cần trả lời" in page_of(desk().get("/dieu-hanh/"))


def test_a_contact_is_opened_by_a_button_and_written_down(desk, report):
    sent = report()
    correct_contact(sent, ContactDetails(phone="0905 000 000", consent=True))
    client = desk()
    assert "0905" not in page_of(client.get(f"/dieu-hanh/diem-rac/{sent.case.code}/"))
    assert client.get(f"/dieu-hanh/phan-anh/{sent.code}/lien-he/").status_code == 405
    assert not PrivateLook.objects.exists()
    assert "0905 000 000" in page_of(client.post(f"/dieu-hanh/phan-anh/{sent.code}/lien-he/"))
    look = PrivateLook.objects.get()
    assert (look.what, look.report_code) == ("contact", sent.code)


def test_a_recording_is_a_file_to_save_and_written_down(desk, report):
    sent = report()
    voice.receive_voice(sent, recording("m4a"))
    answer = desk().get(f"/dieu-hanh/phan-anh/{sent.code}/tin-thoai/")
    assert b"".join(answer.streaming_content) == recording("m4a")
    assert answer["Content-Disposition"].startswith("attachment") and answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "audio/mp4" and "no-store" in answer["Cache-Control"]
    assert PrivateLook.objects.get().what == "voice"


def test_the_reporter_sees_how_often_private_parts_were_opened(desk, visitor, report):
    sent = report()
    correct_contact(sent, ContactDetails(phone="0905 000 000", consent=True))
    desk().post(f"/dieu-hanh/phan-anh/{sent.code}/lien-he/")
    assert "1 lần" in page_of(visitor.get(address(sent)))
