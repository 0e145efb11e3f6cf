"""Residents' pages without a browser: what is asked, what is answered, what is kept."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from reports.codes import secret_token
from reports.models import WasteType

pytestmark = pytest.mark.django_db

JPEG = Path(__file__).parent / "photos"


@pytest.fixture
def visitor() -> Client:
    """A browser that refuses what a CSRF check would ask for, and keeps no cookie."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def kinds(db):
    WasteType.objects.create(code="bottles", group="bottles", name="Chai nhựa, nắp", name_en="Plastic bottles, caps", resident=True, icon="bottle")
    WasteType.objects.create(code="hazard", group="hazard", name="Vật nguy hiểm", name_en="Dangerous", resident=True, icon="hazard", hazard="any", order=9)


@pytest.fixture
def picture(tmp_path):
    """Makes a small real photo as an uploaded file: `picture("beach.jpg")`."""
    from io import BytesIO

    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    def make(name: str = "beach.jpg", colour: str = "teal") -> SimpleUploadedFile:
        body = BytesIO()
        Image.new("RGB", (64, 48), colour).save(body, "JPEG")
        return SimpleUploadedFile(name, body.getvalue(), "image/jpeg")

    return make


def test_the_first_page_leads_to_the_form_and_names_the_hotline(visitor, db):
    page = visitor.get("/").content.decode()
    assert 'href="/bao/"' in page
    assert 'href="tel:02361022"' in page


def test_no_first_page_or_receipt_sets_a_cookie(visitor, two_areas):
    answers = [visitor.get("/"), visitor.get("/bao/"), visitor.get("/en/report/"), visitor.get("/p/0000000000/")]
    assert [dict(answer.cookies) for answer in answers] == [{}] * 4


def test_the_first_page_shows_the_three_public_cases_that_were_seen_last(visitor, case, noon):
    from datetime import timedelta

    for days, status in enumerate(("new", "confirmed", "verified", "new", "refused")):
        case(status=status, at=noon - timedelta(days=days), lon=108.203 + days / 1000)
    page = visitor.get("/").content.decode()
    assert page.count('class="what"') == 3
    words = re.findall(r'class="state (\w*)">([^<]+)<', page)
    assert [tone for tone, _words in words] == ["warn", "warn", "good"]
    assert words[0][1] == "Đã tiếp nhận" and words[2][1].startswith("Đã dọn")
    assert page.count("dưới 5 phản ánh") == 3


def test_the_first_page_tells_no_moment_and_no_exact_place_of_a_case(visitor, report, case):
    sent = report(description="nhà tôi số 12")
    page = visitor.get("/").content.decode()
    assert "nhà tôi" not in page and sent.code not in page and "108.205" not in page


def test_a_notice_in_force_greets_on_the_first_page(visitor, two_areas):
    from django.utils import timezone

    from reports.models import Notice

    Notice.objects.create(title="Sau bão: <b>đang dọn</b>", text="Xong trước 25/11.", stretch=two_areas[0].polygon, starts_at=timezone.now())
    page = visitor.get("/").content.decode()
    assert "Sau bão: &lt;b&gt;đang dọn&lt;/b&gt;" in page and "Xong trước 25/11." in page


def test_the_receipt_shows_nothing_that_the_resident_wrote(visitor, report):
    sent = report(description="nhà tôi số 12")
    page = visitor.get(f"/p/{sent.code}/").content.decode()
    assert "nhà tôi" not in page
    assert secret_token(sent.uuid) not in page
    assert "Đã tiếp nhận" in page and "0236 1022" in page


@pytest.mark.parametrize(
    "status,words",
    [("new", "Đã nhận phản ánh"), ("confirmed", "Chỗ này đang được xử lý"), ("cleaned", "Chỗ này đã dọn xong"), ("refused", "Phản ánh này không xử lý được")],
)
def test_the_receipt_says_how_far_the_case_is(visitor, report, case, status, words):
    sent = report(case(status=status))
    assert words in visitor.get(f"/p/{sent.code}/").content.decode()


def test_a_code_is_found_however_it_is_typed(visitor, report):
    code = report().code
    typed = f"dn {code[:5].lower()}-{code[5:]}"
    assert visitor.get("/", {"code": typed})["Location"] == f"/p/{code}/"


def test_an_unknown_code_is_answered_with_a_page_that_helps(visitor, db):
    answer = visitor.get("/p/7K4QX29MWB/")
    assert answer.status_code == 404
    assert "Không có phản ánh nào mang mã này" in answer.content.decode()


def test_a_wrong_token_opens_nothing(visitor, report):
    assert visitor.get(f"/p/{report().code}/{'A' * 22}/").status_code == 404


def test_the_secret_page_shows_what_was_sent_and_takes_another_photo(visitor, report, picture):
    sent = report()
    address = f"/p/{sent.code}/{secret_token(sent.uuid)}/"
    assert "túi ni lông" in visitor.get(address).content.decode()
    answer = visitor.post(address, {"photo": picture()})
    assert (answer.status_code, sent.photos.count()) == (303, 1)


def test_the_secret_page_is_kept_by_nobody_else(visitor, report):
    sent = report()
    answer = visitor.get(f"/p/{sent.code}/{secret_token(sent.uuid)}/")
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_every_page_is_there_in_english(visitor, two_areas):
    page = visitor.get("/en/").content.decode()
    assert '<html lang="en">' in page
    assert "Seen plastic waste?" in page
    assert 'hreflang="vi"' in page


def test_address_words_are_vietnamese_and_english():
    with translation.override("vi"):
        assert reverse("report") == "/bao/"
        assert reverse("hotspots") == "/dieu-hanh/diem-nong/"
    with translation.override("en"):
        assert reverse("report") == "/en/report/"


def test_a_page_that_does_not_exist_says_so_in_its_language(visitor, db):
    assert "Không có trang này" in visitor.get("/khong-co/").content.decode()
    assert "There is no such page" in visitor.get("/en/nothing/").content.decode()


def test_no_page_has_inline_script_or_style(visitor, two_areas, kinds):
    for address in ("/", "/bao/", "/p/0000000000/"):
        page = visitor.get(address).content.decode()
        assert not re.search(r"<style|style=|<script(?![^>]* src=)| on\w+=", page), address


def test_the_back_button_finds_the_form_with_its_id_so_that_nothing_is_sent_twice(client):
    assert "no-store" not in client.get("/bao/")["Cache-Control"]


