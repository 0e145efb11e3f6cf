"""Receipts, the reporter's own page and the page of a waste site, without a browser."""

import re
from datetime import timedelta

import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from django.utils import timezone

from reports import casework
from reports.codes import secret_token
from reports.follow_up import add_note, withdraw_report
from reports.models import CaseEvent, Cleanup, Notice, Sign, Verdict
from reports.signs.known import proof_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Client:
    """A browser that refuses what a CSRF check would ask for, and keeps no cookie."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def cleaned(case):
    """A case that was cleaned a day ago."""
    return case("cleaned", at=timezone.now() - timedelta(days=2))


def own(report, query: str = "") -> str:
    return f"/p/{report.code}/{secret_token(report.uuid)}/{query}"


def page_of(answer) -> str:
    return answer.content.decode()


# --- the public receipt -----------------------------------------------------------------------------


def test_the_five_steps_are_named_in_the_order_of_the_work(visitor, report, case, member):
    worked = case()
    sent = report(worked)
    casework.confirm(worked, member())
    steps = re.findall(r"<b>([^<]+)</b>", page_of(visitor.get(f"/p/{sent.code}/")).split('class="track"')[1].split("</ol>")[0])
    assert steps[0] == "Đã tiếp nhận" and steps[1] == "Đã xác minh: có rác" and steps[2].startswith("Đã giao ")
    assert steps[3:] == ["Đang xử lý", "Đã dọn xong (có ảnh)"]


def test_nobody_is_told_that_work_was_passed_on_before_somebody_looked(visitor, report):
    page = page_of(visitor.get(f"/p/{report().code}/"))
    assert "Đang xác minh" in page
    passed_on = page.split("Đã giao")[0].rsplit("<li", 1)[1]
    assert 'class="on' not in passed_on


def test_an_answer_is_never_worded_as_a_clean_up(visitor, report, case):
    for status in ("new", "confirmed", "refused"):
        assert "đã dọn" not in page_of(visitor.get(f"/p/{report(case(status)).code}/")).split('class="track"')[0].lower()


def test_a_report_of_a_place_that_others_reported_before_is_told_so(visitor, report, case, noon):
    shared = case(at=noon - timedelta(days=1))
    assert "Trùng với phản ánh đến trước" in page_of(visitor.get(f"/p/{report(shared, at=noon).code}/"))


def test_a_withdrawn_report_keeps_its_page_and_says_so(visitor, report):
    sent = report()
    withdraw_report(sent)
    page = page_of(visitor.get(f"/p/{sent.code}/"))
    assert "Đã rút lại" in page and "diem-rac" not in page


def test_the_public_receipt_gives_nothing_private_away(visitor, report):
    sent = report(description="nhà số 12")
    add_note(sent, "gọi 0905")
    page = page_of(visitor.get(f"/p/{sent.code}/")) + page_of(visitor.get(f"/p/{sent.code}/?save"))
    assert not [word for word in ("nhà số 12", "0905", secret_token(sent.uuid), str(sent.uuid)) if word in page]


def test_the_code_is_saved_as_a_file_that_needs_nothing_else(visitor, report):
    sent = report()
    answer = visitor.get(f"/p/{sent.code}/?save")
    assert answer["Content-Disposition"] == f'attachment; filename="DN-{sent.code}.html"'
    page = page_of(answer)
    assert f"/p/{sent.code}/" in page and "<svg" in page
    assert not re.search(r'(?:src|href)="(?!http)', page), "nothing is fetched"


def test_the_qr_code_holds_the_public_address_alone(report, settings):
    """Two codes are told apart by their drawing; the drawing of the public address is what both pages show."""
    from reports.pages.receipt_file import qr_drawing

    sent = report()
    public = qr_drawing(f"{settings.SITE_URL}/p/{sent.code}/")
    for address in (f"/p/{sent.code}/", own(sent), own(sent, "?save")):
        assert public in page_of(Client().get(address)), address


def test_the_address_that_is_offered_to_share_is_the_public_one(visitor, report, settings):
    sent = report()
    for address in (f"/p/{sent.code}/", own(sent)):
        shared = re.search(r'data-url="([^"]+)"', page_of(visitor.get(address)))[1]
        assert shared == f"{settings.SITE_URL}/p/{sent.code}/"


# --- the reporter's own page ------------------------------------------------------------------------


def test_every_answer_of_the_own_page_is_kept_by_nobody(visitor, report):
    sent = report()
    answers = [visitor.get(own(sent)), visitor.get(own(sent, "?withdraw")), visitor.get(own(sent, "?save")), visitor.post(own(sent), {"do": "note", "note": "x"}),
               visitor.post(own(sent), {"do": "note", "note": ""})]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 200, 200, 303, 422]
    for answer in answers:
        assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert "noindex" in answer["X-Robots-Tag"]


def test_a_note_is_added_and_shown(visitor, report):
    sent = report()
    answer = visitor.post(own(sent), {"do": "note", "note": "thêm một bao"}, follow=True)
    assert "Đã thêm ghi chú." in page_of(answer) and "thêm một bao" in page_of(answer)


def test_a_note_that_is_too_long_comes_back_whole_with_the_reason_on_top_and_beside_it(visitor, report):
    sent, text = report(), "ở" * 4001
    answer = visitor.post(own(sent), {"do": "note", "note": text})
    page = page_of(answer)
    assert answer.status_code == 422 and text in page and "<title>Lỗi:" in page
    assert page.count("4001") == 2 and 'href="#note"' in page and 'aria-invalid="true"' in page


def test_opening_an_address_changes_nothing(visitor, report, cleaned):
    sent = report(cleaned)
    for query in ("?answer=clean", "?answer=not-clean", "?withdraw", "?do=withdraw", "?done=withdraw"):
        assert visitor.get(own(sent, query)).status_code == 200
    sent.refresh_from_db()
    assert not Verdict.objects.exists() and sent.withdrawn_at is None


@pytest.mark.parametrize("query, chosen", [("?answer=clean", "clean"), ("?answer=not-clean", "not-clean"), ("?answer=dirty", "not-clean")])
def test_the_answer_in_an_address_is_only_marked(visitor, report, cleaned, query, chosen):
    page = page_of(visitor.get(own(report(cleaned), query)))
    assert re.findall(r'name="answer" value="([\w-]+)"[^>]* checked', page) == [chosen]


def test_the_reporter_answers_and_changes_the_answer(visitor, report, cleaned):
    sent = report(cleaned)
    assert visitor.post(own(sent), {"do": "answer", "answer": "clean"}).status_code == 303
    assert Verdict.objects.get().clean
    page = page_of(visitor.post(own(sent), {"do": "answer", "answer": "not-clean"}, follow=True))
    cleaned.refresh_from_db()
    assert cleaned.status == "confirmed" and "chưa sạch" in page


def test_an_answer_that_is_none_is_said_and_an_answer_too_late_too(visitor, report, cleaned, case):
    assert visitor.post(own(report(cleaned)), {"do": "answer"}).status_code == 422
    old = case("cleaned", at=timezone.now() - timedelta(days=40))
    answer = visitor.post(own(report(old)), {"do": "answer", "answer": "clean"})
    assert answer.status_code == 422 and "14 ngày" in page_of(answer)


def test_withdrawing_takes_a_page_that_asks_and_a_button(visitor, report):
    sent = report()
    page = page_of(visitor.get(own(sent, "?withdraw")))
    assert "Rút phản ánh này?" in page and 'value="withdraw"' in page
    answer = visitor.post(own(sent), {"do": "withdraw"}, follow=True)
    assert "Đã rút phản ánh." in page_of(answer) and "túi ni lông" not in page_of(answer)
    assert visitor.post(own(sent), {"do": "withdraw"}).status_code == 303, "twice is the same"


def test_a_withdrawn_report_takes_nothing_more(visitor, report, cleaned):
    sent = report(cleaned)
    withdraw_report(sent)
    assert visitor.post(own(sent), {"do": "note", "note": "x"}).status_code == 422
    assert visitor.post(own(sent), {"do": "answer", "answer": "not-clean"}).status_code == 422


def test_what_a_form_cannot_do_is_said(visitor, report):
    assert visitor.post(own(report()), {"do": "publish"}).status_code == 422


# --- the page of a waste site -----------------------------------------------------------------------


def test_the_page_of_a_place_tells_days_and_no_hour(visitor, report, case, member, noon):
    found = case()
    sent = report(found)
    CaseEvent.objects.create(case=found, kind="opened", at=noon, to_status="new")
    casework.confirm(found, member())
    page = page_of(visitor.get(f"/diem-rac/{found.code}/"))
    assert "18/11/2026" in page and not re.search(r"\d\d:\d\d", re.sub(r"https?://\S+", "", page.split("<main")[1].split("</main")[0]))
    assert "dưới 5 phản ánh" in page
    assert not [word for word in (sent.code, "túi ni lông") if word in page]


@pytest.mark.parametrize("number, words", [(4, "dưới 5 phản ánh"), (5, "5 phản ánh")])
def test_fewer_than_five_reports_are_not_counted_out(visitor, report, case, number, words):
    found = case()
    for _each in range(number):
        report(found)
    withdraw_report(report(found))
    assert words in page_of(visitor.get(f"/diem-rac/{found.code}/"))


def test_a_merged_place_leads_to_the_one_that_stayed(visitor, case, member):
    gone, stays = case(), case()
    casework.merge(gone, member(), stays)
    assert visitor.get(f"/diem-rac/{gone.code}/")["Location"] == f"/diem-rac/{stays.code}/"


def test_a_refused_place_says_why_and_a_withdrawn_one_shows_no_photo(visitor, case, report, member):
    refused, withdrawn = case(), case()
    casework.refuse(refused, member(), "Đất riêng.")
    withdraw_report(report(withdrawn))
    assert "Lý do: Đất riêng." in page_of(visitor.get(f"/diem-rac/{refused.code}/"))
    page = page_of(visitor.get(f"/diem-rac/{withdrawn.code}/"))
    assert "Người báo đã rút lại" in page and "<figure" not in page and "noindex" in page


def test_a_place_links_to_its_returns_and_a_return_to_what_was_before(visitor, case):
    first = case("cleaned")
    back = case(recurs_of=first)
    assert f"/diem-rac/{back.code}/" in page_of(visitor.get(f"/diem-rac/{first.code}/"))
    assert f"/diem-rac/{first.code}/" in page_of(visitor.get(f"/diem-rac/{back.code}/"))


def test_notices_of_the_stretch_are_shown(visitor, case, two_areas):
    Notice.objects.create(title="Sau bão: đang dọn", stretch=two_areas[0].polygon, starts_at=timezone.now() - timedelta(hours=1))
    assert "Sau bão: đang dọn" in page_of(visitor.get(f"/diem-rac/{case().code}/"))


def test_nothing_found_is_not_called_cleaned(visitor, case, member, after_photo):
    found = case()
    casework.clean(found, member(), casework.Visit(distance_m=8, photos=(after_photo(found),), nothing_found=True))
    assert Cleanup.objects.get().nothing_found
    page = page_of(visitor.get(f"/diem-rac/{found.code}/"))
    assert "không thấy rác" in page.lower() or "không có rác" in page.lower()


def test_an_unknown_place_is_answered_with_a_page_that_helps(visitor, db):
    answer = visitor.get("/diem-rac/7K4QX29MWB/")
    assert answer.status_code == 404 and "Không có điểm rác nào mang mã này" in page_of(answer)


def near(case, **given) -> dict:
    return {"answer": "not-clean", "lon": case.public_location.x, "lat": case.public_location.y, "accuracy_m": "12", "device": "phone", **given}


def test_somebody_near_answers_and_two_reopen(visitor, cleaned):
    for device in ("one", "one", "two"):
        answer = visitor.post(f"/diem-rac/{cleaned.code}/tra-loi/", near(cleaned, device=device))
        assert answer.status_code == 303
    cleaned.refresh_from_db()
    assert cleaned.status == "confirmed"
    assert set(Verdict.objects.values_list("source", flat=True)) == {"near"}


def test_phones_that_keep_no_name_are_one_voice_together(visitor, cleaned):
    for _each in range(5):
        visitor.post(f"/diem-rac/{cleaned.code}/tra-loi/", near(cleaned, device=""))
    assert Verdict.objects.count() == 1


@pytest.mark.parametrize(
    "given, words",
    [({"lat": 16.06}, "Chỉ nhận câu trả lời trong vòng 100 m"), ({"accuracy_m": "800"}, "Vị trí chưa đủ chính xác"), ({"lon": ""}, "cần vị trí của điện thoại"),
     ({"lon": "nan", "lat": "inf"}, "Vị trí chưa đủ chính xác"), ({"answer": ""}, "Chọn một trong hai")],
)  # fmt: skip
def test_whoever_is_not_there_is_told_why_not(visitor, cleaned, given, words):
    answer = visitor.post(f"/diem-rac/{cleaned.code}/tra-loi/", near(cleaned, **given))
    assert answer.status_code == 422 and words in page_of(answer) and "<title>Lỗi:" in page_of(answer)
    assert not Verdict.objects.exists()


def test_the_phones_position_is_not_kept(visitor, cleaned):
    visitor.post(f"/diem-rac/{cleaned.code}/tra-loi/", near(cleaned))
    assert {field.name for field in Verdict._meta.concrete_fields} == {"id", "case", "cleaned_at", "clean", "source", "report", "reporter", "distance_m", "at"}


@pytest.fixture
def sign(cleaned):
    return Sign.objects.create(code="B7K4Q2", name="Chốt 7", location=cleaned.public_location)


def test_whoever_opened_the_place_from_its_sign_answers_without_a_position(visitor, cleaned, sign):
    address = f"/diem-rac/{cleaned.code}/"
    page = page_of(visitor.get(address, {"sign": sign.code, "proof": proof_of(sign)}))
    assert 'name="proof"' in page and "Chốt 7" in page
    answer = visitor.post(address + "tra-loi/", {"answer": "clean", "sign": sign.code, "proof": proof_of(sign)})
    assert answer.status_code == 303 and Verdict.objects.get().source == "sign"


def test_a_page_with_a_proof_is_kept_by_no_cache(visitor, cleaned, sign):
    answer = visitor.get(f"/diem-rac/{cleaned.code}/", {"sign": sign.code, "proof": proof_of(sign)})
    assert answer["Cache-Control"] == "no-store"
    assert "public" in visitor.get(f"/diem-rac/{cleaned.code}/")["Cache-Control"]


def test_the_sign_of_another_place_proves_nothing_here(visitor, cleaned, sign):
    far = Sign.objects.create(code="C8M5R3", name="Chốt 8", location=Point(108.207, 16.055, srid=4326))
    answer = visitor.post(f"/diem-rac/{cleaned.code}/tra-loi/", {"answer": "clean", "sign": far.code, "proof": proof_of(far)})
    assert answer.status_code == 422 and not Verdict.objects.exists()


@pytest.mark.parametrize("proof", ["", "x", "B7K4Q2:1:x", "B7K4Q2"])
def test_a_forged_proof_proves_nothing(visitor, cleaned, sign, proof):
    answer = visitor.post(f"/diem-rac/{cleaned.code}/tra-loi/", {"answer": "clean", "sign": sign.code, "proof": proof})
    assert answer.status_code == 422 and not Verdict.objects.exists()


def test_no_page_of_these_sets_a_cookie_or_runs_inline_script(visitor, report, cleaned):
    sent = report(cleaned)
    for address in (f"/p/{sent.code}/", own(sent), own(sent, "?withdraw"), f"/diem-rac/{cleaned.code}/", "/du-lieu-cua-toi/"):
        answer = visitor.get(address)
        assert not answer.cookies
        assert not re.search(r"<style|style=|<script(?![^>]* src=)| on\w+=", page_of(answer)), address
