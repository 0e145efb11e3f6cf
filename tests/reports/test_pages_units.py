"""Units for residents: found by any name, with figures that lead to their rows, and none where the border is a guess."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.gis.geos import MultiPolygon
from django.utils import timezone

from reports.geography.search_text import search_column
from reports.models import Area, Body, Case, CaseEvent, Notice, Route
from reports.public_list.unit_figures import ENOUGH, figures_of, last_weeks
from reports.public_list.units import with_slugs

pytestmark = pytest.mark.django_db


@pytest.fixture
def named(two_areas):
    """The two units with names as the city has them."""
    west, east = two_areas
    for unit, name, aliases in ((west, "Hải Vân", ["Xã Hòa Bắc, Huyện Hòa Vang"]), (east, "Sơn Trà", ["Phường Mân Thái, Quận Sơn Trà"])):
        unit.name, unit.full_name, unit.name_en, unit.aliases = name, f"Phường {name}", "", aliases
        unit.search = search_column([unit.full_name, name, *aliases])
        unit.save()
    return west, east


@pytest.fixture
def worked(case):
    """Twelve cases that were due last week, ten of them cleaned in time."""

    def make(**fields) -> list[Case]:
        weeks = last_weeks(timezone.now(), 1)
        made = []
        for number in range(12):
            seen, due = weeks.start + timedelta(hours=number), weeks.start + timedelta(days=3)
            cleaned = due + timedelta(hours=-5 if number < 10 else 5)
            one = case(status="cleaned", at=seen, due_at=due, cleaned_at=cleaned, closed_at=cleaned, **fields)
            CaseEvent.objects.create(case=one, kind="cleaned", at=cleaned, from_status="confirmed", to_status="cleaned")
            made.append(one)
        return made

    return make


def test_the_list_has_every_unit_in_the_order_of_the_alphabet(client, named):
    page = client.get("/phuong/").content.decode()
    assert re.findall(r'href="/phuong/([a-z-]+)/"', page) == ["hai-van", "son-tra"]


@pytest.mark.parametrize("typed,slug", [("son tra", "son-tra"), ("SƠN TRÀ", "son-tra"), ("man thai", "son-tra"), ("hoa bac", "hai-van")])
def test_a_name_of_today_or_before_leads_to_the_unit(client, named, typed, slug):
    assert client.get("/phuong/", {"q": typed})["Location"] == f"/phuong/{slug}/"


def test_a_name_that_nothing_has_is_said(client, named):
    assert "Không có phường, xã nào mang tên này." in client.get("/phuong/", {"q": "paris"}).content.decode()


def test_units_that_share_a_name_have_their_code_in_the_address(named):
    west, east = named
    east.name = "Hải Văn"  # the same without its marks
    assert set(with_slugs([west, east])) == {"hai-van-w1", "hai-van-e1"}


def test_code_and_capitals_lead_to_the_address_in_words(client, named):
    assert client.get("/phuong/W1/")["Location"] == "/phuong/hai-van/"
    assert client.get("/phuong/Hai-Van/")["Location"] == "/phuong/hai-van/"
    assert client.get("/phuong/khong-co/").status_code == 404


def test_a_unit_that_is_no_longer_in_force_has_no_page(client, named):
    Area.objects.filter(code="W1").update(valid_to=timezone.localdate())
    assert client.get("/phuong/hai-van/").status_code == 404


def test_each_number_of_a_unit_leads_to_a_list_of_that_length(client, named, worked, case):
    worked()
    case()
    page = client.get("/phuong/hai-van/").content.decode()
    told = re.findall(r'<a href="(/ban-do/\?[^"]+)"><b>(\d+)</b>', page) + re.findall(r'class="in-text" href="([^"]+)">(\d+) điểm', page)
    assert len(told) == 5
    for address, number in told:
        rows = json.loads(b"".join(client.get(address.replace("&amp;", "&") + "&format=json").streaming_content))
        assert len(rows) == int(number), address
    assert "<b>83 %</b>" in page


def test_a_share_of_few_cases_is_not_told_in_per_cent(client, named, worked):
    made = worked()
    Case.objects.filter(pk__in=[each.pk for each in made[: 13 - ENOUGH]]).update(status="refused")
    page = client.get("/phuong/hai-van/").content.decode()
    assert "Quá ít để tính phần trăm." in page and " %</b>" not in page


def test_only_the_units_own_cases_are_counted(named, worked):
    worked(area=named[1])
    assert figures_of(Case.objects.filter(area=named[0]), timezone.now()).due == 0


def test_a_border_that_is_a_guess_gets_no_figure_anywhere(client, named, worked):
    worked()
    Area.objects.update(approximate=True)
    page = client.get("/phuong/hai-van/").content.decode()
    assert "Đơn vị này chưa có số liệu" in page and "Đã dọn quanh đây" in page
    assert 'class="figures"' not in page
    rows = json.loads(b"".join(client.get("/phuong/?format=json").streaming_content))
    assert {(row["open"], row["cleaned_last_13_weeks"]) for row in rows} == {(None, None)}


def test_units_as_data_count_what_their_pages_count(client, named, worked, case):
    worked()
    case()
    rows = {row["code"]: row for row in json.loads(b"".join(client.get("/phuong/?format=json").streaming_content))}
    assert (rows["W1"]["open"], rows["W1"]["cleaned_last_13_weeks"]) == (1, 12)
    assert (rows["E1"]["open"], rows["E1"]["cleaned_last_13_weeks"]) == (0, 0)


def test_the_page_names_who_is_responsible_and_how_to_call_them(client, named):
    body = Body.objects.create(code="b", name="UBND phường Hải Vân", name_en="", phone="0236 3 123 456")
    Route.objects.create(priority=1, area_code="W1", body=body)
    page = client.get("/phuong/hai-van/").content.decode()
    assert "UBND phường Hải Vân" in page and 'href="tel:02363123456"' in page
    assert 'href="tel:02361022"' in client.get("/phuong/son-tra/").content.decode()


def test_a_notice_is_shown_in_the_units_it_touches(client, named):
    Notice.objects.create(title="Sau bão: đang dọn", stretch=MultiPolygon(named[0].polygon[0].buffer(-0.002), srid=4326), starts_at=timezone.now() - timedelta(hours=1))
    assert "Sau bão" in client.get("/phuong/hai-van/").content.decode()
    assert "Sau bão" not in client.get("/phuong/son-tra/").content.decode()


def test_the_button_carries_the_unit_into_the_report(client, named):
    assert 'href="/bao/?area=W1"' in client.get("/phuong/hai-van/").content.decode()
    page = client.get("/bao/?area=W1").content.decode()
    assert re.search(r'<option value="W1" selected', page)
    assert '<input type="hidden" name="area" value="W1">' in page
