"""Residents' pages without a browser: what is asked, what is answered, what is kept."""

import re
import uuid
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from reports.codes import code_of, secret_token
from reports.models import Photo, Report, WasteType

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


def form(**given) -> dict:
    return {"id": str(uuid.uuid4()), "problem": "litter", "amount": "bag", "area": "W1", "description": "túi ni lông", **given}


def hidden(page: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]*)"', page)


def test_the_first_page_leads_to_the_form_and_names_the_hotline(visitor, db):
    page = visitor.get("/").content.decode()
    assert 'href="/bao/"' in page
    assert 'href="tel:02361022"' in page


def test_no_resident_page_sets_a_cookie(visitor, two_areas):
    answers = [visitor.get("/"), visitor.get("/bao/"), visitor.post("/bao/", form()), visitor.get("/en/report/"), visitor.get("/p/0000000000/")]
    assert [dict(answer.cookies) for answer in answers] == [{}] * 5


def test_a_report_sent_by_a_plain_form_is_redirected_to_its_secret_page(visitor, two_areas, kinds):
    sent = form(waste_types=["bottles"])
    answer = visitor.post("/bao/", sent)
    key = uuid.UUID(sent["id"])
    assert (answer.status_code, answer["Location"]) == (303, f"/p/{code_of(key)}/{secret_token(key)}/")
    report = Report.objects.get()
    assert (report.area.code, report.location, report.amount, report.channel) == ("W1", None, "bag", "web")
    assert list(report.waste_types.values_list("code", flat=True)) == ["bottles"]


def test_the_position_of_the_phone_is_kept_with_its_accuracy(visitor, two_areas):
    visitor.post("/bao/", form(area="", lon="108.2051", lat="16.0551", accuracy_m="12"))
    report = Report.objects.get()
    assert (round(report.location.x, 4), report.accuracy_m, report.location_source) == (108.2051, 12, "gps")


def test_a_position_of_a_kilometre_or_more_gives_way_to_the_ward_that_was_chosen(visitor, two_areas):
    visitor.post("/bao/", form(lon="108.2151", lat="16.0551", accuracy_m="3000"))
    report = Report.objects.get()
    assert (report.location, report.area.code) == (None, "W1")


def test_the_place_in_the_resident_s_words_comes_first_in_the_note(visitor, two_areas):
    visitor.post("/bao/", form(where="sau cổng chợ"))
    assert Report.objects.get().description == "Nơi: sau cổng chợ\ntúi ni lông"


def test_a_report_without_a_place_comes_back_with_everything_that_was_filled_in(visitor, two_areas, kinds):
    answer = visitor.post("/bao/", form(area="", where="gần <cầu>", amount="cart", problem="dump", waste_types=["bottles"]))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "<title>Lỗi:" in page
    assert page.count("Chọn phường, xã hoặc dùng vị trí hiện tại.") == 3  # summary, beside the field, for the script
    assert "gần &lt;cầu&gt;" in page
    assert "túi ni lông</textarea>" in page
    assert re.search(r'value="cart" checked', page) and re.search(r'value="dump" checked', page)
    assert re.search(r'value="bottles" checked', page)
    assert Report.objects.count() == 0


def test_the_description_of_the_place_alone_does_not_say_what_is_there(visitor, two_areas):
    answer = visitor.post("/bao/", form(description="", where="sau cổng chợ"))
    assert answer.status_code == 422
    assert "Thêm ảnh hoặc ghi vài chữ về chỗ rác." in answer.content.decode()


def test_a_note_of_more_than_4000_characters_comes_back_whole(visitor, two_areas):
    answer = visitor.post("/bao/", form(description="ở" * 4001))
    assert answer.status_code == 422
    assert "ở" * 4001 in answer.content.decode()


def test_more_text_than_is_read_into_memory_gets_a_page_that_says_so(visitor, two_areas):
    answer = visitor.post("/bao/", form(description="x" * 70_000))
    assert answer.status_code == 413
    assert "Gửi một lần quá nhiều" in answer.content.decode()


def test_photos_arrive_with_the_report(visitor, two_areas, picture):
    visitor.post("/bao/", form(description="", photo_camera=picture(), photo_gallery=[picture("b.jpg", "navy")]))
    assert list(Photo.objects.order_by("position").values_list("position", "report__photos_expected")) == [(1, 2), (2, 2)]


def test_photos_of_a_form_that_came_back_need_not_be_chosen_again(visitor, two_areas, picture):
    sent = form(area="", description="")
    page = visitor.post("/bao/", {**sent, "photo_gallery": [picture()]}).content.decode()
    assert "beach.jpg" in page
    answer = visitor.post("/bao/", {**sent, "area": "W1", "kept": hidden(page, "kept")})
    assert answer.status_code == 303
    assert Photo.objects.get().original_format == "JPEG"


def test_a_kept_photo_belongs_to_its_own_form_only(visitor, two_areas, picture):
    page = visitor.post("/bao/", form(area="", photo_gallery=[picture()])).content.decode()
    visitor.post("/bao/", form(kept=hidden(page, "kept")))
    assert Photo.objects.count() == 0


def test_a_photo_that_cannot_be_used_never_loses_the_report(visitor, two_areas):
    from django.core.files.uploadedfile import SimpleUploadedFile

    broken = SimpleUploadedFile("a.jpg", b"not a picture", "image/jpeg")
    answer = visitor.post("/bao/", form(description="", photo_gallery=[broken]), follow=True)
    assert Report.objects.count() == 1
    page = answer.content.decode()
    assert "Phản ánh đã được lưu, nhưng có ảnh không dùng được." in page
    assert "Tệp này không phải là ảnh." in page


def test_a_form_sent_twice_is_one_report(visitor, two_areas):
    sent = form()
    first, second = visitor.post("/bao/", sent), visitor.post("/bao/", sent)
    assert (first["Location"], Report.objects.count()) == (second["Location"], 1)


def test_a_form_changed_after_sending_shows_the_receipt_and_says_what_was_kept(visitor, two_areas):
    sent = form()
    visitor.post("/bao/", sent)
    answer = visitor.post("/bao/", {**sent, "description": "something else"})
    assert answer.status_code == 409
    assert f"/p/{code_of(uuid.UUID(sent['id']))}/" in answer.content.decode()
    assert Report.objects.get().description == "túi ni lông"


def test_an_id_that_is_no_uuid_is_replaced(visitor, two_areas):
    assert visitor.post("/bao/", form(id="'; drop table")).status_code == 303


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
    page = visitor.get("/en/report/").content.decode()
    assert '<html lang="en">' in page
    assert "Send the report" in page
    assert 'href="/bao/"' in page


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


def test_a_position_that_is_off_by_kilometres_asks_for_the_ward(client, two_areas):
    form = {"id": str(uuid.uuid4()), "lon": "108.205", "lat": "16.055", "accuracy_m": "3000", "description": "túi ni lông"}
    answer = client.post("/bao/", form)
    assert (answer.status_code, Report.objects.count()) == (422, 0)
    assert "3000 m" in answer.content.decode()
    assert client.post("/bao/", {**form, "area": "W1"}).status_code == 303
    assert Report.objects.get().location is None
