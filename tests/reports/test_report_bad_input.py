"""Bad input and bad luck on plain pages: each answer says what is wrong, and what was typed is still there."""

import struct
import unicodedata
import uuid
import zlib
from datetime import timedelta

import pytest
from django.utils import timezone

from reports.models import Draft, Photo, Report, WasteType
from tests.reports.plain_resident import HERE, PlainResident, file, jpeg
from tests.reports.recordings import recording

pytestmark = pytest.mark.django_db


@pytest.fixture
def resident(two_areas) -> PlainResident:
    return PlainResident()


def photos() -> list[str]:
    return [photo["name"] for photo in Draft.objects.get().photos]


def heic() -> bytes:
    """A real photo as an iPhone keeps it."""
    from io import BytesIO

    import pillow_heif
    from PIL import Image

    body = BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), "teal")).save(body)
    return body.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has so many pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))


# --- photos ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body,name,sentence",
    [
        (b"%PDF-1.7 not a picture", "giay.pdf", "Tệp này không phải là ảnh."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.jpg", "Tệp này không phải là ảnh."),
        (b"", "rong.jpg", "Tệp rỗng."),
        (b"\0" * 30_000_000, "to.jpg", "Ảnh lớn quá 15 MB."),
        (png_claiming(60_000, 60_000), "khong-lo.png", "Ảnh có quá nhiều điểm ảnh."),
    ],
    ids=["wrong type", "markup", "no bytes", "30 MB", "60,000 by 60,000"],
)
def test_a_photo_that_cannot_be_used_is_named_and_the_good_one_beside_it_stays(resident, body, name, sentence):
    resident.post("photo", photo_gallery=[file(jpeg(), "tot.jpg"), file(body, name)])
    assert resident.is_error
    assert len(resident.summary) == 1 and name in resident.summary[0] and sentence in resident.summary[0]
    assert resident.page.count(resident.summary[0]) == 2, "once in the summary, once beside the field"
    assert "tot.jpg" in resident.page and photos() == ["tot.jpg"]
    resident.post("photo", next="place")
    assert resident.went_to("place")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>.jpg", "\u202egpj.exe", "ả" * 300 + ".jpg", "🐟.jpg", "..\\..\\etc"])
def test_a_hostile_name_of_a_file_is_only_shown(resident, name):
    resident.with_photo(name=name)
    assert resident.went_to("place")
    resident.see("photo")
    assert "<script>alert" not in resident.answer.content.decode() and "\u202e" not in resident.page


def test_an_original_of_fifteen_megabytes_and_a_heic_are_taken(resident):
    body = jpeg()
    resident.with_photo(body + b"\0" * (15 * 2**20 - len(body)), "lon.jpg")
    resident.with_photo(heic(), "IMG_1.HEIC")
    resident.post("place", area="W1")
    resident.post("kind")
    assert resident.post("send").status_code == 303
    assert list(Photo.objects.order_by("position").values_list("original_format", flat=True)) == ["JPEG", "HEIF"]


def test_more_than_any_form_may_carry_gets_a_page_that_says_so(resident):
    answer = resident.client.generic("POST", resident.address("photo"), b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="60000000")
    assert answer.status_code == 413
    assert "Gửi một lần quá nhiều" in answer.content.decode()


# --- recordings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body,sentence",
    [(jpeg(), "không phải là lời nói"), (b"", "Tệp rỗng"), (recording("ogg") + b"\0" * 3 * 2**20, "lớn quá 3 MB")],
    ids=["wrong type", "no bytes", "too large"],
)
def test_a_recording_that_cannot_be_used_is_said_and_the_note_stays(resident, body, sentence):
    resident.up_to_send()
    resident.post("send", description="túi ni lông", voice=file(body, "loi.ogg"))
    assert resident.is_error and sentence in resident.summary[0]
    assert "túi ni lông</textarea>" in resident.page
    assert resident.post("send", description="túi ni lông").status_code == 303


# --- text -----------------------------------------------------------------------------------------

MARKUP = '"><script>alert(1)</script><b>\'&amp;'
FIELDS = [
    ("place", "q"), ("place", "where"), ("place", "area"), ("place", "pick"), ("place", "lon"), ("place", "lat"), ("place", "accuracy_m"),
    ("place", "location_source"), ("place", "place"), ("place", "device"), ("place", "sign"), ("kind", "waste_types"), ("kind", "amount"),
    ("kind", "problem"), ("nearby", "same_case"), ("send", "description"), ("send", "email"), ("send", "phone"), ("send", "consent_progress"),
]  # fmt: skip


@pytest.mark.parametrize("step,field", FIELDS)
@pytest.mark.parametrize("value", [MARKUP, "\0", "\ud800", "x" * 10_000, "🐟" * 50, "%00", "{{ 1 }}{% url 'home' %}"], ids=["markup", "NUL", "half a pair", "long", "emoji", "percent", "template"])
def test_whatever_a_field_carries_is_answered_with_a_page_and_never_run(resident, step, field, value):
    resident.up_to_send()
    if value == "\ud800":
        body = f"--x\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n".encode() + b"\xed\xa0\x80\r\n--x--\r\n"
        resident.answer = resident.client.generic("POST", resident.address(step), body, content_type="multipart/form-data; boundary=x")
    else:
        resident.post(step, **{field: value})
    assert resident.answer.status_code in (303, 422)
    for name in ("place", "kind", "send"):
        answer = resident.see(name)
        assert answer.status_code in (200, 303)
        assert b"<script>alert" not in answer.content and b"\0" not in answer.content


@pytest.mark.parametrize("step,field", [("place", "where"), ("place", "q"), ("send", "description"), ("send", "email"), ("send", "phone")])
def test_ten_thousand_characters_come_back_whole(resident, step, field):
    text = "ở chợ " * 1667
    resident.up_to_send()
    resident.post(step, **{field: text})
    assert resident.is_error
    assert text.strip() in resident.page


def test_ten_thousand_emoji_in_the_note_come_back_whole(resident):
    resident.up_to_send()
    resident.post("send", description="🐟" * 10_000)
    assert resident.is_error and "10.000" in resident.summary[0].replace("10000", "10.000")
    assert "🐟" * 10_000 in resident.page


def test_a_long_description_of_the_place_is_said_where_it_is_typed(resident):
    resident.post("photo", skip="1")
    resident.post("place", area="W1", where="x" * 501)
    assert resident.is_error and "501" in resident.summary[0]
    resident.post("place", area="W1", where="x" * 500)
    assert resident.went_to("kind")


def test_decomposed_text_is_composed_and_marks_that_turn_the_writing_are_gone(resident):
    resident.up_to_send(area="W1", where=unicodedata.normalize("NFD", "kiệt 5 đường Hoàng Sa"))
    resident.post("send", description=unicodedata.normalize("NFD", "lưới cũ") + " \u202eexe.gpj\u202c \u2066x\u2069 🐟")
    assert Report.objects.get().description == "Nơi: kiệt 5 đường Hoàng Sa\nlưới cũ exe.gpj x 🐟"


def test_a_search_in_decomposed_letters_finds_the_same(resident):
    from django.contrib.gis.geos import Point

    from reports.models import Place

    Place.objects.create(kind="market", code="m1", name="Chợ Hàn", search="cho han", location=Point(108.205, 16.055, srid=4326))
    resident.post("photo", skip="1")
    resident.post("place", q=unicodedata.normalize("NFD", "CHỢ HÀN!"), search="1")
    assert 'value="place:m1"' in resident.see("place").content.decode()


def test_more_text_than_is_read_into_memory_gets_a_page_that_says_so(resident):
    resident.up_to_send()
    assert resident.post("send", description="x" * 70_000).status_code == 413


# --- places ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("lon,lat", [("0", "0"), ("110.5", "16.05"), ("105.85", "21.03"), ("181", "16"), ("108.2", "-91")], ids=["(0, 0)", "sea", "another city", "no longitude", "no latitude"])
def test_a_place_outside_the_city_is_refused_with_a_sentence_and_the_words_stay(resident, lon, lat):
    resident.with_photo()
    resident.post("place", lon=lon, lat=lat, accuracy_m="12", where="bãi đá")
    assert resident.is_error
    assert "bãi đá</textarea>" in resident.page
    resident.post("place", area="W1", where="bãi đá")
    assert resident.went_to("kind"), "a ward still helps"


@pytest.mark.parametrize("lon,lat", [("108.2", ""), ("x", "y"), ("NaN", "NaN"), ("1e999", "16"), ("1_0", "16"), ("٣", "16"), ("108,2", "16,05")])
def test_a_position_that_cannot_be_read_is_no_position(resident, lon, lat):
    resident.post("photo", skip="1")
    resident.post("place", lon=lon, lat=lat, where="bãi đá")
    assert resident.is_error and "bãi đá</textarea>" in resident.page


def test_a_point_just_off_the_shore_belongs_to_the_nearest_ward(resident):
    resident.up_to_send(lon="108.2405", lat="16.055", accuracy_m="8", location_source="map")
    resident.post("send", description="lưới trôi")
    assert Report.objects.get().area.code == "E1"


# --- bad luck -------------------------------------------------------------------------------------


def expire() -> None:
    Draft.objects.update(created_at=timezone.now() - timedelta(hours=20, minutes=1))


def test_an_expired_draft_says_so_when_it_is_opened_again(resident):
    resident.up_to_send()
    expire()
    for step in ("place", "kind", "nearby", "send"):
        answer = resident.see(step)
        assert (answer.status_code, "20 giờ" in resident.page) == (410, True), step
        assert 'href="/bao/"' in resident.page


def test_an_expired_draft_says_so_and_keeps_what_the_last_form_carried(resident):
    resident.up_to_send(photo=True)
    expire()
    resident.post("send", description="túi ni lông", email="lan@example.com", consent_progress="1")
    assert resident.is_error and "20 giờ" in resident.page
    assert "túi ni lông</textarea>" in resident.page and 'value="lan@example.com"' in resident.page
    assert 'name="consent_progress" value="1" checked' in resident.page
    for step in ("photo", "place"):
        assert resident.address(step) in resident.page
    resident.with_photo()
    resident.post("place", area="W1")
    resident.see("send")
    assert "túi ni lông</textarea>" in resident.page, "still there after the other steps"
    assert resident.post("send", description="túi ni lông").status_code == 303


@pytest.mark.parametrize("step,fields,kept", [("place", {"where": "sau cổng chợ", "area": "W1"}, "sau cổng chợ</textarea>"), ("kind", {"amount": "cart"}, 'value="cart" checked')])
def test_an_expired_draft_keeps_what_a_step_in_between_carried(resident, step, fields, kept):
    resident.up_to_send()
    expire()
    resident.post(step, **fields)
    assert resident.is_error and "20 giờ" in resident.page and kept in resident.page
    resident.post(step, **fields)
    assert resident.answer.status_code == 303, "said once"


def test_photos_that_the_reaper_took_are_said_on_the_receipt_and_the_report_is_safe(resident, settings):
    from pathlib import Path

    resident.up_to_send(photo=True)
    folder = Path(settings.STORAGES["originals"]["OPTIONS"]["location"])
    for path in folder.rglob("*.jpg"):
        path.unlink()
    resident.post("send", description="túi")
    assert "photo=" in resident.answer["Location"]
    assert Report.objects.count() == 1
    assert "Phản ánh đã được lưu, nhưng có ảnh không dùng được." in resident.client.get(resident.answer["Location"]).content.decode()


def test_an_id_that_is_no_uuid_leads_nowhere(resident):
    assert resident.client.post("/bao/drop-table/anh/").status_code == 404


def test_whoever_guesses_the_id_of_an_imported_row_gets_no_secret_address(resident, report):
    from reports.codes import secret_token

    imported = report()
    Report.objects.filter(pk=imported.pk).update(channel="import")
    resident.uuid = imported.uuid
    for answer in (resident.see("send"), resident.post("send", description="túi")):
        assert answer.status_code == 409
        assert secret_token(imported.uuid) not in answer.content.decode()


def test_two_forms_of_one_draft_sent_at_once_both_count(resident):
    from reports import drafts

    key = uuid.uuid4()
    with drafts.writing(key) as (draft, begun):
        drafts.write(draft, {"where": "sau chợ"})
    with drafts.writing(key) as (draft, again):
        drafts.write(draft, {"amount": "bag"})
    assert (begun, again) == (True, False)
    assert drafts.find(key).answers == {"where": "sau chợ", "amount": "bag"}


def test_a_kind_that_is_no_longer_known_is_said_and_everything_else_stays(resident):
    WasteType.objects.create(code="bottles", group="bottles", name="Chai nhựa", name_en="Bottles", resident=True)
    resident.up_to_send(**HERE)
    resident.post("kind", waste_types=["bottles", "gold"], amount="ship")
    resident.post("send", description="túi")
    assert resident.is_error and resident.address("kind") in resident.page
    assert "túi</textarea>" in resident.page
