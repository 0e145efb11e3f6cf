"""The desk on cases without a browser: who sees what, what the verbs do, what a list's address says."""

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from reports.crews.quantities import kilograms, whole_number
from reports.models import Case, Photo, Report

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(member):
    """Signs a member of a role in: `desk("officer", areas=[…])`."""

    def sign_in(role: str = "dispatcher", **fields) -> Client:
        client = Client()
        client.force_login(member(role, **fields), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def picture():
    body = io.BytesIO()
    Image.new("RGB", (32, 24), "green").save(body, "JPEG")
    return lambda name="after.jpg": SimpleUploadedFile(name, body.getvalue(), "image/jpeg")


def rows(answer) -> list[dict]:
    return json.loads(b"".join(answer.streaming_content))


def test_nobody_sees_the_desk_without_signing_in(client, db):
    answer = client.get("/dieu-hanh/diem-rac/")
    assert (answer.status_code, answer["Location"]) == (302, "/dieu-hanh/dang-nhap/?next=/dieu-hanh/diem-rac/")


def test_an_officer_lists_only_the_cases_of_their_areas(desk, case, two_areas):
    case(), case(area=two_areas[1], lon=108.215)
    officer = desk("officer", areas=[two_areas[1]])
    assert [row["area"] for row in rows(officer.get("/dieu-hanh/diem-rac/?format=json"))] == ["E1"]


def test_an_officer_cannot_open_a_case_elsewhere_by_its_address(desk, case, two_areas):
    officer = desk("officer", areas=[two_areas[1]])
    assert officer.get(f"/dieu-hanh/diem-rac/{case().code}/").status_code == 404


@pytest.mark.parametrize("query,expected", [("open", 2), ("all", 3), ("refused", 1), ("counted", 2)])
def test_the_state_in_the_address_chooses_the_cases(desk, case, query, expected):
    case(), case(status="confirmed", lon=108.206), case(status="refused", lon=108.207)
    assert len(rows(desk().get(f"/dieu-hanh/diem-rac/?status={query}&format=json"))) == expected


def test_a_list_can_be_narrowed_to_weeks_and_to_a_cell_with_its_neighbours(desk, case, noon):
    import h3

    here = case()
    case(lon=108.2085), case(at=noon - timedelta(weeks=3))
    address = f"/dieu-hanh/diem-rac/?near={h3.latlng_to_cell(16.055, 108.205, 10)}&since=2026-W47&until=2026-W47&format=json"
    assert [row["code"] for row in rows(desk().get(address))] == [here.code]


def test_a_filter_that_cannot_be_read_is_told_and_left_out(desk, case):
    case()
    page = desk().get("/dieu-hanh/diem-rac/?since=nonsense&near=zzz").content.decode()
    assert "“nonsense” không phải là tuần như 2026-W47." in page
    assert "“zzz” không phải là mã ô." in page


def test_a_case_is_found_by_the_code_of_a_report(desk, report):
    sent = report()
    found = rows(desk().get(f"/dieu-hanh/diem-rac/?status=all&code=DN {sent.code}&format=json"))
    assert [row["code"] for row in found] == [sent.case.code]


def test_pages_of_a_list_follow_each_other_without_gap_or_repeat(desk, case, noon):
    for number in range(60):
        case(lon=108.2 + number * 0.0001, at=noon - timedelta(minutes=number // 2))
    client = desk()
    first = client.get("/dieu-hanh/diem-rac/")
    second = client.get("/dieu-hanh/diem-rac/", {"before": first.context["before"]})
    codes = [found.code for answer in (first, second) for found in answer.context["cases"]]
    assert (len(codes), len(set(codes)), second.context["before"]) == (60, 60, "")


def test_a_list_as_csv_opens_in_a_spreadsheet_and_starts_no_formula(desk, case, two_areas):
    two_areas[0].code = "=1+1"
    two_areas[0].save()
    case()
    body = b"".join(desk().get("/dieu-hanh/diem-rac/?format=csv").streaming_content).decode()
    assert body.startswith("\ufeff")
    assert next(csv.DictReader(io.StringIO(body[1:])))["area"] == "'=1+1"


def test_a_case_shows_what_was_reported_and_its_history(desk, report):
    sent = report(description="hộp xốp dọc kè")
    page = desk().get(f"/dieu-hanh/diem-rac/{sent.case.code}/").content.decode()
    assert "hộp xốp dọc kè" in page


def test_what_a_resident_wrote_is_never_markup(desk, report):
    sent = report(description="<script>alert(1)</script>")
    page = desk().get(f"/dieu-hanh/diem-rac/{sent.case.code}/").content.decode()
    assert "<script>alert" not in page


def test_confirming_moves_the_case_and_comes_back_to_it(desk, case):
    found = case()
    answer = desk().post(f"/dieu-hanh/diem-rac/{found.code}/", {"verb": "confirm"})
    found.refresh_from_db()
    assert (answer.status_code, found.status) == (302, "confirmed")


def test_refusing_without_a_reason_is_told_and_changes_nothing(desk, case):
    found = case()
    answer = desk().post(f"/dieu-hanh/diem-rac/{found.code}/", {"verb": "refuse", "reason": "  "})
    found.refresh_from_db()
    assert (answer.status_code, found.status) == (422, "new")
    assert "Cần ghi lý do" in answer.content.decode()


def test_cleaning_takes_an_after_photo(desk, case):
    found = case()
    answer = desk().post(f"/dieu-hanh/diem-rac/{found.code}/", {"verb": "clean", "grade": "A"})
    assert answer.status_code == 422
    assert "Cần ảnh chụp sau khi dọn" in answer.content.decode()


def test_a_clean_up_keeps_its_photo_its_grade_and_its_weight(desk, case, picture):
    found = case()
    sent = {"verb": "clean", "photos": [picture()], "grade": "B", "bags": "3", "kg": "12,5", "exception": "later"}
    assert desk().post(f"/dieu-hanh/diem-rac/{found.code}/", sent).status_code == 302
    visit = found.cleanups.get()
    assert (visit.grade, visit.bags, float(visit.kg), visit.photos.get().kind) == ("B", 3, 12.5, "after")


@pytest.mark.parametrize("typed,kept", [("9" * 5000, 100_000), ("0" * 5000 + "3", 3), ("0", 0), ("three", None), ("1.200", 1200)])
def test_no_number_of_bags_is_too_long_to_be_read(typed, kept):
    assert whole_number(typed) == kept


@pytest.mark.parametrize("typed,kept", [("12,5", "12.5"), ("12.5", "12.5"), ("1.200", "1200"), ("1.200,5", "1200.5"), ("1 200", "1200"), ("0.125", "0.1"), ("-3", None), ("NaN", None)])
def test_kilograms_are_read_as_vietnamese_writes_them(typed, kept):
    assert kilograms(typed) == (kept and Decimal(kept))


def test_a_clean_up_with_a_broken_photo_changes_nothing(desk, case):
    found = case()
    broken = SimpleUploadedFile("after.jpg", b"nothing", "image/jpeg")
    answer = desk().post(f"/dieu-hanh/diem-rac/{found.code}/", {"verb": "clean", "photos": [broken], "note": "đã dọn"})
    found.refresh_from_db()
    assert (answer.status_code, found.status, Photo.objects.count()) == (422, "new", 0)
    assert "đã dọn</textarea>" in answer.content.decode()


def test_a_case_that_somebody_else_changed_says_so(desk, case):
    found = case(status="verified")
    answer = desk().post(f"/dieu-hanh/diem-rac/{found.code}/", {"verb": "confirm"})
    assert "Có người vừa cập nhật" in answer.content.decode()


def test_merging_asks_for_another_open_case(desk, case):
    found, into = case(), case(lon=108.206)
    client = desk()
    assert client.post(f"/dieu-hanh/diem-rac/{found.code}/", {"verb": "merge", "into": found.code}).status_code == 422
    assert client.post(f"/dieu-hanh/diem-rac/{found.code}/", {"verb": "merge", "into": into.code.lower()}).status_code == 302
    assert Case.objects.get(pk=found.pk).merged_into == into


def test_an_analyst_sees_a_case_but_no_verb(desk, case):
    found = case()
    client = desk("analyst")
    assert 'value="confirm"' not in client.get(f"/dieu-hanh/diem-rac/{found.code}/").content.decode()
    client.post(f"/dieu-hanh/diem-rac/{found.code}/", {"verb": "confirm"})
    assert Case.objects.get().status == "new"


def test_a_private_photo_opens_for_those_who_may_see_its_case_and_leaves_a_line(desk, case, after_photo, two_areas, caplog):
    from reports.photos import store

    _digest, name = store.put(store.RENDITIONS, b"jpeg", ".jpg")
    photo = after_photo(case())
    Photo.objects.update(small_name=name)
    with caplog.at_level("INFO"):
        answer = desk("officer", areas=[two_areas[0]]).get(f"/dieu-hanh/anh/{photo.pk}/small/")
    assert (b"".join(answer.streaming_content), answer["Cache-Control"]) == (b"jpeg", "private, max-age=3600")
    assert any(f"photo {photo.pk} (small) opened by" in line for line in caplog.messages)
    assert desk("officer", areas=[two_areas[1]]).get(f"/dieu-hanh/anh/{photo.pk}/small/").status_code == 404


def test_a_photo_that_was_not_checked_yet_opens_for_nobody(desk, case, after_photo):
    photo = after_photo(case(), state="quarantined")
    assert desk("administrator").get(f"/dieu-hanh/anh/{photo.pk}/large/").status_code == 404


def test_failed_work_is_shown_and_tried_again_by_an_administrator_only(desk, report, noon):
    sent = report(processed_at=None, failed_at=noon, last_error="ValueError: no cell")
    assert "ValueError: no cell" in desk("officer").get("/dieu-hanh/that-bai/").content.decode()
    address = f"/dieu-hanh/that-bai/report/{sent.pk}/thu-lai/"
    assert desk("officer").post(address).status_code == 403
    assert desk("administrator").post(address).status_code == 302
    assert Report.objects.get(pk=sent.pk).failed_at is None


def test_every_staff_page_is_there_in_english(desk, case):
    client = desk("administrator")
    for address in ("/en/staff/", "/en/staff/cases/", "/en/staff/hotspots/", "/en/staff/weekly/", "/en/staff/failed/", "/en/staff/members/"):
        assert '<html lang="en">' in client.get(address).content.decode(), address
