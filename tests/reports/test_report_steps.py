"""The steps of a report on plain pages: what is asked, where each leads, what is sent in the end."""

import re
import uuid
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from reports.codes import code_of, secret_token
from reports.models import Contact, Draft, Photo, Place, Report, Sign, VoiceNote, WasteType
from tests.reports.plain_resident import HERE, PlainResident, file, jpeg
from tests.reports.recordings import recording

pytestmark = pytest.mark.django_db


@pytest.fixture
def resident(two_areas) -> PlainResident:
    return PlainResident()


@pytest.fixture
def kinds(db):
    WasteType.objects.create(code="bottles", group="bottles", name="Chai nhựa, nắp", name_en="Plastic bottles, caps", resident=True, icon="bottle")
    WasteType.objects.create(code="hazard", group="hazard", name="Vật nguy hiểm", name_en="Dangerous", resident=True, icon="hazard", hazard="any", order=9)


@pytest.fixture
def market(two_areas):
    from django.contrib.gis.geos import Point

    return Place.objects.create(
        kind="market", code="m1", name="Chợ Hàn", name_en="Han market", search="cho han", location=Point(108.2055, 16.0555, srid=4326), area=two_areas[0]
    )


def test_the_first_step_has_an_id_of_its_own_each_time(two_areas):
    first, second = (Client().get("/bao/").content.decode() for _ in range(2))
    ids = [re.search(r'name="id" value="([^"]+)"', page)[1] for page in (first, second)]
    assert ids[0] != ids[1] and uuid.UUID(ids[0])
    assert f'action="/bao/{ids[0]}/anh/"' in first


def test_the_first_page_brings_the_other_steps_along_as_panels(two_areas):
    page = Client().get("/bao/").content.decode()
    assert re.findall(r'data-step="(\w+)"', page) == ["photo", "place", "kind", "nearby", "send", "sent"]
    assert page.index('<template id="panels">') < page.index('data-step="place"')


def test_a_step_s_own_page_has_only_its_own_form(resident):
    resident.post("photo", skip="1")
    resident.see("place")
    assert re.findall(r'data-step="(\w+)"', resident.page) == ["place"]


def test_from_the_photo_to_the_receipt_by_plain_forms_alone(resident, kinds):
    resident.with_photo()
    assert resident.went_to("place")
    resident.post("place", area="W1", where="sau cổng chợ")
    assert resident.went_to("kind")
    resident.post("kind", waste_types=["bottles"], amount="cart", problem="dump")
    assert resident.went_to("send")
    resident.post("send", description="túi ni lông")
    key = resident.uuid
    assert (resident.answer.status_code, resident.answer["Location"]) == (303, f"/p/{code_of(key)}/{secret_token(key)}/")
    report = Report.objects.get()
    assert (report.area.code, report.location, report.amount, report.problem, report.channel) == ("W1", None, "cart", "dump", "web")
    assert report.description == "Nơi: sau cổng chợ\ntúi ni lông"
    assert list(report.waste_types.values_list("code", flat=True)) == ["bottles"]
    assert (report.photos_expected, Photo.objects.get().report) == (1, report)
    assert not Draft.objects.exists()


def test_no_step_sets_a_cookie_and_each_is_kept_by_nobody_else(resident):
    answers = [resident.client.get("/bao/"), resident.with_photo(), resident.see("photo"), resident.see("place"), resident.post("place", area="W1"),
               resident.see("kind"), resident.post("kind"), resident.see("send"), resident.post("send")]  # fmt: skip
    assert [dict(answer.cookies) for answer in answers] == [{}] * 9
    pages = [answer for answer in answers[1:] if answer.status_code == 200]
    assert {(answer["Cache-Control"], answer["Referrer-Policy"]) for answer in pages} == {("no-store", "no-referrer")}


def test_a_search_engine_takes_a_step_for_the_report_page_and_shows_nothing_of_it(resident):
    resident.with_photo()
    forgotten = Draft.objects.get().created_at + timedelta(hours=20)
    for answer in [resident.see("photo"), resident.see("place"), resident.see("kind"), resident.see("send")]:
        assert f'<link rel="canonical" href="{settings.SITE_URL}/bao/">' in answer.content.decode()
        rules = answer["X-Robots-Tag"].split(", ")
        assert {"nosnippet", "noarchive", "noimageindex"} < set(rules)
        until = datetime.fromisoformat(rules[-1].removeprefix("unavailable_after: "))
        assert until == forgotten.replace(microsecond=0)


def test_looking_at_a_step_keeps_nothing(resident):
    resident.client.get("/bao/")
    resident.see("photo")
    assert not Draft.objects.exists()


def test_what_was_filled_in_is_there_when_the_step_is_opened_again(resident, kinds, market):
    resident.up_to_send(area="W1", where="sau cổng chợ")
    resident.post("kind", waste_types=["bottles", "hazard"], amount="truck", problem="uncollected")
    resident.see("place")
    assert 'value="W1" selected' in resident.page and "sau cổng chợ</textarea>" in resident.page
    resident.see("kind")
    for value in ("bottles", "hazard", "truck", "uncollected"):
        assert f'value="{value}" checked' in resident.page, value


def test_a_box_that_was_unticked_later_stays_unticked(resident, kinds):
    resident.up_to_send()
    resident.post("kind", waste_types=["bottles"])
    resident.post("kind")
    resident.post("send", description="túi")
    assert Report.objects.get().waste_types.count() == 0


# --- photos ---------------------------------------------------------------------------------------


def test_both_photo_inputs_feed_the_same_three_photos(resident):
    resident.post("photo", photo_camera=file(jpeg("red"), "a.jpg"), photo_gallery=[file(jpeg("green"), "b.jpg"), file(jpeg("blue"), "c.jpg")])
    resident.see("photo")
    assert all(name in resident.page for name in ("a.jpg", "b.jpg", "c.jpg"))
    assert 'name="photo_gallery"' not in resident.page


def test_the_camera_input_asks_for_the_camera_and_the_other_does_not(two_areas):
    page = Client().get("/bao/").content.decode()
    inputs = re.findall(r"<input type=\"file\"[^>]*>", page.split("<template")[0])
    assert ['capture="environment"' in field for field in inputs] == [True, False]
    assert "Chụp rác, đừng chụp người." in page


def test_a_fourth_photo_is_refused_and_the_three_stay(resident):
    for colour in ("red", "green", "blue"):
        resident.with_photo(jpeg(colour), f"{colour}.jpg")
    resident.with_photo(jpeg("black"), "black.jpg")
    assert resident.is_error
    assert [photo["name"] for photo in Draft.objects.get().photos] == ["red.jpg", "green.jpg", "blue.jpg"]


def test_the_same_photo_chosen_twice_is_one(resident):
    resident.with_photo()
    resident.with_photo()
    assert len(Draft.objects.get().photos) == 1


def test_a_kept_photo_can_be_taken_out_again(resident):
    resident.post("photo", photo_gallery=[file(jpeg("red"), "a.jpg"), file(jpeg("blue"), "b.jpg")])
    first = Draft.objects.get().photos[0]["sha256"]
    resident.post("photo", remove=first)
    assert resident.went_to("photo")
    assert [photo["name"] for photo in Draft.objects.get().photos] == ["b.jpg"]


def test_a_photo_of_one_report_cannot_be_taken_out_of_another(resident, two_areas):
    resident.with_photo()
    sha256 = Draft.objects.get().photos[0]["sha256"]
    PlainResident().post("photo", remove=sha256)
    assert len(Draft.objects.get(uuid=resident.uuid).photos) == 1


def test_going_on_without_a_photo_has_to_be_meant(resident):
    resident.post("photo", next="place")
    assert resident.is_error
    resident.post("photo", skip="1")
    assert resident.went_to("place")


def test_when_the_disk_is_full_the_report_goes_on_without_photos(resident, settings):
    settings.DISK_RESERVE_MB = 10**9
    page = resident.client.get("/bao/").content.decode()
    assert "Hiện không nhận được ảnh" in page and "photo_gallery" not in page
    resident.post("photo", next="place")
    assert resident.went_to("place")


def test_the_photos_and_the_report_are_kept_together_or_not_at_all(resident, monkeypatch):
    resident.up_to_send(photo=True)

    def killed(*_):
        raise RuntimeError("the process died")

    monkeypatch.setattr("reports.pages.report_sending.receive_photo", killed)
    with pytest.raises(RuntimeError):
        resident.post("send")
    assert (Report.objects.count(), len(Draft.objects.get().photos)) == (0, 1)
    monkeypatch.undo()


# --- the place ------------------------------------------------------------------------------------


def test_a_place_is_found_without_accents_and_chosen(resident, market):
    resident.post("photo", skip="1")
    resident.post("place", q="cho han", search="1")
    assert resident.went_to("place")
    resident.see("place")
    assert 'value="place:m1"' in resident.page and "Chợ Hàn" in resident.page
    resident.post("place", q="cho han", pick="place:m1")
    resident.see("place")
    assert re.search(r'id="place-words">Chợ Hàn, Ward West', resident.page)
    resident.post("kind")
    resident.post("send", description="túi")
    report = Report.objects.get()
    assert (report.place.code, report.location_source, round(report.location.x, 4)) == ("m1", "place", 108.2055)


def test_a_ward_is_found_by_its_former_name_and_chosen(resident, two_areas):
    from reports.geography.search_text import search_column

    two_areas[0].aliases = ["Mân Thái"]
    two_areas[0].search = search_column(["Ward West", "Mân Thái"])
    two_areas[0].save()
    resident.post("photo", skip="1")
    resident.post("place", q="man thai", search="1")
    resident.see("place")
    assert "trước là Mân Thái" in resident.page or "Mân Thái" in resident.page
    resident.post("place", q="man thai", pick="area:W1")
    assert resident.went_to("kind")


def test_a_search_without_a_result_says_so_and_keeps_what_was_typed(resident):
    resident.post("photo", skip="1")
    resident.post("place", q="không đâu cả", where="cạnh cây đa", search="1")
    resident.see("place")
    assert "Không tìm thấy." in resident.page
    assert 'value="không đâu cả"' in resident.page and "cạnh cây đa</textarea>" in resident.page


def test_searching_again_forgets_what_was_picked_before(resident, market):
    resident.post("photo", skip="1")
    resident.post("place", q="cho han", pick="place:m1")
    resident.post("place", q="west", pick="place:m1", search="1")
    resident.post("place", q="west")
    assert resident.is_error


def test_without_a_place_the_step_comes_back(resident):
    resident.post("photo", skip="1")
    resident.post("place", where="gần <cầu>")
    assert resident.is_error
    assert resident.summary == ["Tìm tên nơi hoặc chọn phường, xã."]
    assert "gần &lt;cầu&gt;</textarea>" in resident.answer.content.decode()


def test_the_position_of_the_phone_is_kept_with_its_accuracy(resident):
    resident.up_to_send(**HERE)
    resident.post("send", description="túi")
    report = Report.objects.get()
    assert (round(report.location.x, 4), report.accuracy_m, report.location_source) == (108.2051, 12, "gps")


def test_a_position_says_how_far_off_it_may_be(resident):
    resident.post("photo", skip="1")
    resident.post("place", **HERE)
    resident.see("place")
    assert "Có thể lệch khoảng 12 m. Đủ chính xác rồi." in resident.page
    assert "Đúng chỗ này" in resident.page


def test_a_position_that_is_off_by_kilometres_asks_for_the_ward(resident):
    resident.post("photo", skip="1")
    resident.post("place", **{**HERE, "accuracy_m": "3000"})
    assert resident.is_error and "3.000 m" in resident.summary[0]
    resident.post("place", **{**HERE, "accuracy_m": "3000"}, area="E1")
    assert resident.went_to("kind")
    resident.post("send", description="túi")
    report = Report.objects.get()
    assert (report.location, report.cell, report.area.code, report.location_source) == (None, None, "E1", "area")


def test_a_ward_that_was_chosen_corrects_a_position_in_another_one(resident):
    resident.up_to_send(**HERE, area="E1")
    resident.post("send", description="túi")
    assert (Report.objects.get().location, Report.objects.get().area.code) == (None, "E1")


def test_a_ward_that_holds_the_position_leaves_it_as_it_is(resident):
    resident.up_to_send(**HERE, area="W1")
    resident.post("send", description="túi")
    assert Report.objects.get().location is not None


def test_a_sign_fills_in_the_place_and_is_kept_with_the_report(resident, two_areas):
    from django.contrib.gis.geos import Point

    sign = Sign.objects.create(code="7K4Q", kind="beach", name="Bãi tắm, trạm 7", location=Point(108.2051, 16.0551, srid=4326), accuracy_m=15)
    page = resident.client.get("/bao/?sign=7k4q").content.decode()
    assert "Bãi tắm, trạm 7" in page and 'name="sign" value="7K4Q"' in page
    resident.post("photo", sign="7K4Q", skip="1")
    resident.see("place")
    assert 'id="place-words">Bãi tắm, trạm 7<' in resident.page
    fields = {name: re.search(rf'name="{name}" value="([^"]*)"', resident.page)[1] for name in HERE}
    resident.post("place", sign="7K4Q", **fields)
    assert resident.went_to("kind")
    resident.post("send", description="túi")
    report = Report.objects.get()
    assert (report.sign, report.accuracy_m, report.location_source) == (sign, 15, "place")


def test_an_unknown_sign_is_no_obstacle(resident):
    assert resident.client.get("/bao/?sign=ZZZZ").status_code == 200
    assert resident.client.get("/bao/?sign=%F0%9F%90%9F").status_code == 200
    resident.post("photo", sign="ZZZZ", skip="1")
    assert resident.went_to("place")


def test_the_page_of_a_unit_fills_in_the_unit(resident):
    assert 'name="area" value="E1"' in resident.client.get("/bao/?area=E1").content.decode().split("<template")[0]
    assert 'name="area" value' not in resident.client.get("/bao/?area=<b>").content.decode().split("<template")[0]
    resident.post("photo", skip="1", area="E1")
    resident.post("photo", skip="1")
    resident.see("place")
    assert 'value="E1" selected' in resident.page and "Đúng chỗ này" in resident.page


# --- kind, nearby ---------------------------------------------------------------------------------


def test_the_kind_step_stops_for_what_is_dangerous_burning_or_no_waste(resident, kinds):
    resident.post("photo", skip="1")
    resident.see("kind")
    assert "Đừng chạm tay." in resident.page and 'href="tel:114"' in resident.page and "Không phải rác?" in resident.page


def test_after_a_dangerous_or_burning_choice_the_last_step_says_so_too(resident, kinds):
    resident.up_to_send()
    resident.see("send")
    assert "Đừng chạm tay." not in resident.page and "tel:114" not in resident.page
    resident.post("kind", waste_types=["hazard"], problem="burning")
    resident.see("send")
    assert "Đừng chạm tay." in resident.page and 'href="tel:114"' in resident.page


def test_an_open_case_close_by_is_asked_about_and_yes_joins_it(resident, case):
    known = case(lon=108.2052, lat=16.0552)
    resident.post("photo", skip="1")
    resident.post("place", **HERE)
    resident.post("kind")
    assert resident.went_to("nearby")
    resident.see("nearby")
    assert "Có phải chỗ này không?" in resident.page and f'value="{known.code}"' in resident.page
    resident.post("nearby", same_case=known.code)
    assert resident.went_to("send")
    resident.post("send", description="túi")
    report = Report.objects.get()
    assert (report.same_case, report.other_place) == (known, False)


def test_no_says_that_it_is_another_place(resident, case):
    case(lon=108.2052, lat=16.0552)
    resident.up_to_send(**HERE)
    resident.post("nearby", same_case="new")
    resident.post("send", description="túi")
    report = Report.objects.get()
    assert (report.same_case, report.other_place) == (None, True)


def test_when_nothing_is_near_the_question_is_left_out(resident, case):
    case(status="cleaned", lon=108.2052, lat=16.0552)
    resident.up_to_send(**HERE)
    assert resident.went_to("send")
    resident.see("nearby")
    assert resident.went_to("send")


def test_a_case_that_was_answered_for_another_place_is_forgotten_with_it(resident, case):
    known = case(lon=108.2052, lat=16.0552)
    resident.up_to_send(**HERE)
    resident.post("nearby", same_case=known.code)
    resident.post("place", area="E1")
    resident.post("kind")
    resident.post("send", description="túi")
    assert Report.objects.get().same_case is None


# --- sending --------------------------------------------------------------------------------------


def test_the_last_step_shows_everything_with_a_way_to_change_it(resident, kinds):
    resident.with_photo()
    resident.post("place", area="W1", where="sau cổng chợ")
    resident.post("kind", waste_types=["bottles"], amount="bag")
    resident.see("send")
    for words in ("1 ảnh", "Ward West", "sau cổng chợ", "Chai nhựa, nắp", "một túi"):
        assert words in resident.page, words
    for step in ("photo", "place", "kind"):
        assert f'href="{resident.address(step)}"' in resident.page, step


def test_a_photo_says_enough_without_a_note(resident):
    resident.up_to_send(photo=True)
    assert resident.post("send").status_code == 303


def test_without_photo_note_and_recording_nothing_is_said(resident):
    resident.up_to_send(area="W1", where="sau cổng chợ")
    resident.post("send")
    assert resident.is_error
    assert resident.summary == ["Thêm ảnh, lời nói hoặc vài chữ về chỗ rác."]


def test_a_recording_instead_of_typing_arrives_with_the_report(resident):
    resident.up_to_send()
    resident.post("send", voice=file(recording("ogg"), "loi.ogg", "audio/ogg"))
    assert resident.answer.status_code == 303
    assert VoiceNote.objects.get().report == Report.objects.get()
    assert Report.objects.get().voice_expected


def test_a_recording_stays_when_the_form_comes_back_and_can_be_taken_out(resident):
    resident.up_to_send()
    resident.post("send", voice=file(recording("ogg"), "loi.ogg", "audio/ogg"), email="a@b.vn")
    assert resident.is_error and "loi.ogg" in resident.page
    resident.post("send", remove="voice", email="a@b.vn")
    assert resident.went_to("send")
    assert Draft.objects.get().voice == {}


def test_contact_details_are_kept_with_each_purpose_that_was_ticked_and_its_words(resident):
    from reports import contacts

    resident.up_to_send()
    resident.post("send", description="túi", email="lan@example.com", consent_questions="1")
    kept = Contact.objects.get()
    assert kept.purposes == ["questions"]
    assert contacts.unseal(kept).email == "lan@example.com"
    assert "hỏi tôi chỗ rác ở đâu" in kept.consent_text and "Báo cho tôi" not in kept.consent_text


def test_no_box_is_ticked_to_begin_with(resident):
    resident.up_to_send()
    resident.see("send")
    assert re.findall(r'name="consent_\w+" value="1"( checked)?', resident.page) == ["", ""]


def test_details_without_a_purpose_and_a_purpose_without_details_come_back(resident):
    resident.up_to_send()
    resident.post("send", description="túi", phone="0905 123 456")
    assert resident.is_error and 'value="0905 123 456"' in resident.page
    resident.post("send", description="túi", consent_progress="1")
    assert resident.is_error and 'name="consent_progress" value="1" checked' in resident.page
    assert not Report.objects.exists()


def test_contact_details_of_a_form_that_came_back_lie_nowhere_in_the_clear(resident):
    resident.up_to_send()
    resident.post("send", description="túi", phone="0905 123 456", email="lan@example.com")
    row = str(Draft.objects.get().answers)
    assert "0905" not in row and "lan@" not in row
    resident.see("send")
    assert "0905 123 456" in resident.page


def test_a_form_sent_twice_is_one_report_with_one_receipt(resident):
    resident.up_to_send(photo=True)
    first = resident.post("send", description="túi")["Location"]
    second = resident.post("send", description="túi")
    assert (second.status_code, second["Location"], Report.objects.count(), Photo.objects.count()) == (303, first, 1, 1)


def test_back_after_sending_shows_the_receipt_on_every_step(resident):
    resident.up_to_send()
    receipt = resident.post("send", description="túi")["Location"]
    for step in ("photo", "place", "kind", "nearby", "send"):
        assert resident.see(step)["Location"] == f"/p/{code_of(resident.uuid)}/", "a link that somebody passed on opens nothing private"
        assert resident.post(step)["Location"] == receipt, "pressed twice in the same moment"


def test_the_private_receipt_is_not_for_those_who_come_later(resident):
    resident.up_to_send()
    resident.post("send", description="túi")
    earlier = timezone.now() - timedelta(minutes=3)
    Report.objects.update(received_at=earlier, observed_at=earlier)
    assert resident.post("send")["Location"] == f"/p/{code_of(resident.uuid)}/"


def test_nobody_begins_a_report_under_an_id_that_somebody_else_made_up(resident):
    assert resident.see("photo")["Location"] == "/bao/"
    resident.up_to_send()
    answer = resident.client.post(f"/bao/{resident.uuid}/gui/", {"description": "túi"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer["Location"] == "/bao/" and not Report.objects.exists()


def test_what_was_typed_after_sending_is_shown_and_not_added(resident):
    resident.up_to_send()
    resident.post("send", description="túi")
    resident.post("send", description="và chai lọ")
    assert resident.answer.status_code == 409
    assert "và chai lọ" in resident.page and f"/p/{code_of(resident.uuid)}/" in resident.page
    assert Report.objects.get().description == "túi"


def test_the_steps_are_there_in_english(resident):
    page = resident.client.get("/en/report/").content.decode()
    assert '<html lang="en">' in page and "Photograph the waste, not people." in page
    assert f"/en/report/{re.search(r'name=.id. value=.([0-9a-f-]+)', page)[1]}/photo/" in page
    key = uuid.uuid4()
    resident.client.post(f"/en/report/{key}/photo/", {"skip": "1"})
    answer = resident.client.post(f"/en/report/{key}/place/", {})
    assert "<title>Error:" in answer.content.decode()


def test_a_report_begun_in_one_language_goes_on_in_the_other(resident):
    resident.up_to_send()
    resident.client.post(f"/en/report/{resident.uuid}/send/", {"description": "bags"})
    report = Report.objects.get()
    assert (report.language, report.area.code) == ("en", "W1")
