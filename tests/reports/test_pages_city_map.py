"""The public list and map of waste sites: one form, one address, the same rows as page, CSV, JSON and points."""

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from django.test import Client

from reports.models import Case, WasteType
from reports.public_list.filter import PAGE
from reports.public_list.rows import COLUMNS

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Client:
    return Client(enforce_csrf_checks=True)


def page_of(client, **query) -> str:
    return client.get("/ban-do/", query).content.decode()


def codes_in(page: str) -> list[str]:
    return re.findall(r'class="to" href="/diem-rac/([0-9A-Z]+)/"', page)


def csv_rows(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_the_list_stands_before_the_map(visitor, case):
    case()
    page = page_of(visitor)
    assert page.index('class="sites"') < page.index('id="map"')


def test_rows_lead_to_the_page_of_the_waste_site(visitor, case):
    made = case()
    assert codes_in(page_of(visitor)) == [made.code]


def test_page_csv_and_json_list_the_same_cases(visitor, case, noon):
    for number in range(PAGE + 2):
        case(at=noon - timedelta(days=number), status="cleaned" if number % 2 else "new")
    for state, count in (("open", 7), ("cleaned", 7), ("all", 14)):
        rows = csv_rows(visitor.get("/ban-do/", {"state": state, "format": "csv"}))
        objects = json.loads(b"".join(visitor.get("/ban-do/", {"state": state, "format": "json"}).streaming_content))
        assert [row["code"] for row in rows] == [row["code"] for row in objects]
        assert len(rows) == count
        first = codes_in(page_of(visitor, state=state))
        assert set(first) <= {row["code"] for row in rows} and len(first) == min(count, PAGE)


def test_files_have_the_columns_that_are_documented(visitor, case):
    case()
    assert tuple(csv_rows(visitor.get("/ban-do/", {"format": "csv"}))[0]) == COLUMNS


def test_the_next_page_keeps_the_filters(visitor, case, noon):
    for number in range(PAGE + 1):
        case(at=noon - timedelta(days=number), waste_group="nets")
    WasteType.objects.create(code="nets", group="nets", name="Lưới", name_en="Nets", resident=True)
    page = page_of(visitor, waste="nets", state="all")
    following = re.search(r'href="(\?[^"]*after=[^"]*)" rel="next"', page)[1].replace("&amp;", "&")
    assert "waste=nets" in following and "state=all" in following
    assert len(codes_in(visitor.get(f"/ban-do/{following}").content.decode())) == 1


def test_the_form_keeps_what_was_chosen(visitor, case, two_areas):
    WasteType.objects.create(code="nets", group="nets", name="Lưới", name_en="Nets", resident=True)
    page = page_of(visitor, waste="nets", unit="E1", days="30", q="<chợ>", state="cleaned")
    assert re.search(r'value="nets" selected', page) and re.search(r'value="E1" selected', page) and re.search(r'value="30" selected', page)
    assert 'value="&lt;chợ&gt;"' in page and '<input type="hidden" name="state" value="cleaned">' in page


def test_a_figure_in_the_address_is_said_in_words_and_kept_by_the_form(visitor, case):
    case()
    page = page_of(visitor, figure="opened", week="2026-W47")
    assert "Điểm rác mới: Tuần 47 (16–22/11/2026)." in page
    assert 'name="figure" value="opened"' in page and 'name="week" value="2026-W47"' in page


def test_an_address_that_cannot_be_read_says_so_and_shows_the_list(visitor, case):
    made = case()
    page = page_of(visitor, box="all", unit="nowhere")
    assert "<title>Lỗi:" in page and page.count('role="alert"') == 2
    assert codes_in(page) == [made.code]


def test_without_a_case_the_page_does_not_call_the_city_clean(visitor, two_areas):
    page = page_of(visitor)
    assert "Chưa ai báo, chưa chắc đã sạch." in page
    assert "<svg class=\"overview\"" not in page


def test_the_overview_is_drawn_without_a_script(visitor, case):
    for _number in range(6):
        case()
    page = page_of(visitor)
    assert re.search(r'<circle class="open" [^>]*/>', page) and re.search(r'<text class="count"[^>]*>6</text>', page)
    assert "style=" not in page and not re.search(r"<script(?![^>]* src=)", page)


def test_counts_below_five_are_no_number_in_the_overview(visitor, case):
    for _number in range(4):
        case()
    assert 'class="count"' not in page_of(visitor)


def test_reports_below_five_are_said_as_such(visitor, case, report):
    few, many = case(), case(lon=108.207)
    report(few)
    for _number in range(5):
        report(many)
    page = page_of(visitor)
    assert page.count("dưới 5 phản ánh") == 1 and page.count("5 phản ánh") == 2


def test_a_view_of_the_map_is_geojson_of_the_same_filter(visitor, case):
    made, _clean = case(), case(status="cleaned")
    view = visitor.get("/ban-do/", {"format": "geojson", "box": "108.2,16.05,108.21,16.06"})
    assert view["Content-Type"] == "application/geo+json"
    assert [feature["properties"]["code"] for feature in view.json()["features"]] == [made.code]


def test_approximate_borders_are_said_beside_a_list_by_unit(visitor, case, two_areas):
    case()
    assert "gần đúng" not in page_of(visitor, unit="W1")
    two_areas[0].approximate = True
    two_areas[0].save()
    assert "Ranh giới đơn vị này mới biết gần đúng" in page_of(visitor, unit="W1")


def test_the_published_photo_stands_in_the_list_and_a_flagged_one_does_not(visitor, case, report, settings):
    from django.utils import timezone

    from reports.models import Photo

    now = timezone.now()
    photo = Photo.objects.create(
        report=report(case()), kind="report", state="published", original_sha256="a" * 64, original_size=1, original_format="JPEG", large_name="l",
        small_name="s", public_large_name="pl", public_small_name="ps", published_at=now, received_at=now, next_try=now, processed_at=now,
    )  # fmt: skip
    assert f'src="/photos/{photo.pk}/small.jpg"' in page_of(visitor)
    Photo.objects.update(flagged_at=now)
    assert "/photos/" not in page_of(visitor)


def test_the_page_may_be_kept_for_a_minute_by_anybody_and_sets_no_cookie(visitor, case):
    answer = visitor.get("/ban-do/")
    assert answer["Cache-Control"] == "public, max-age=60" or set(answer["Cache-Control"].split(", ")) == {"public", "max-age=60"}
    assert not answer.cookies


def test_the_page_asks_the_database_few_times_however_many_rows_it_has(visitor, case, report, django_assert_max_num_queries):
    for number in range(PAGE):
        report(case(lon=108.2001 + number / 1000))
    page_of(visitor)
    with django_assert_max_num_queries(32):
        page_of(visitor)


def test_the_page_is_there_in_english(visitor, case):
    case()
    page = visitor.get("/en/map/").content.decode()
    assert "Waste sites in the city" in page and "fewer than 5 reports" in page


@pytest.mark.parametrize("query", [{"after": "\x00"}, {"q": "💩" * 300}, {"q": "‮đảo"}, {"q": "%' OR 1=1"}, {"unit": "'"}, {"box": "1e999,0,0,0"}, {"format": "xml"}])
def test_hostile_addresses_are_answered(visitor, case, query):
    case()
    assert visitor.get("/ban-do/", query).status_code in (200, 400)
    assert Case.objects.count() == 1
