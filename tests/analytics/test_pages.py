"""The staff's pages on hotspots and weekly reports without a browser."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from analytics.hotspot_view import HeatClass, cell_name, certainty, heat_classes, heat_of
from analytics.models import Hotspot

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(member):
    client = Client()
    client.force_login(member("analyst"), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def run(case, noon):
    from analytics.refresh import refresh

    for week in range(6):
        for place in range(5):
            case(lon=108.2005 + place * 0.0037, lat=16.0505 + (place * 7 + week) % 5 * 0.0019, at=noon - timedelta(weeks=week))
    for number in range(12):
        case(lon=108.2052, lat=16.0552, at=noon - timedelta(days=number % 10))
    return refresh(noon.date())


def rows(answer) -> list[dict]:
    return json.loads(b"".join(answer.streaming_content))


def test_a_count_in_the_list_is_the_number_of_cases_it_leads_to(client, run):
    for row in run.rows.filter(hot=True):
        cell = client.get(f"/dieu-hanh/diem-nong/{run.pk}/{cell_name(row.cell)}/").context["chosen"]
        assert len(rows(client.get(cell["cases_url"] + "&format=json"))) == row.observed


def test_the_list_as_json_has_every_hotspot_whatever_the_page(client, run):
    found = rows(client.get("/dieu-hanh/diem-nong/?format=json&page=7"))
    assert {row["cell"] for row in found} == {cell_name(cell) for cell in run.rows.filter(hot=True).values_list("cell", flat=True)}


@pytest.mark.parametrize("order,key", [("burden", lambda r: r["observed"] - r["expected"]), ("ratio", lambda r: r["ratio"]), ("certainty", lambda r: -r["q"])])
def test_the_order_in_the_address_is_the_order_of_the_rows(client, run, order, key):
    found = rows(client.get(f"/dieu-hanh/diem-nong/?order={order}&format=json"))
    assert [key(row) for row in found] == sorted((key(row) for row in found), reverse=True)


def test_a_week_that_cannot_be_read_is_told_and_the_latest_is_shown(client, run):
    answer = client.get("/dieu-hanh/diem-nong/?week=soon")
    assert "“soon” không phải là tuần như 2026-W47." in answer.content.decode()
    assert answer.context["run"] == run


def test_without_any_analysis_the_page_says_when_there_will_be_one(client, db):
    assert "trong mười phút" in client.get("/dieu-hanh/diem-nong/").content.decode()


def test_a_cell_of_another_scale_is_not_a_page(client, run):
    assert client.get(f"/dieu-hanh/diem-nong/{run.pk}/8741642e0ffffff/").status_code == 404


def test_a_place_where_nobody_reported_is_not_called_clean(client, run):
    import h3.api.basic_int as h3

    far = cell_name(h3.latlng_to_cell(16.2, 108.3, run.resolution))
    page = client.get(f"/dieu-hanh/diem-nong/{run.pk}/{far}/").content.decode()
    assert "Không có nghĩa là chỗ này sạch." in page


def test_few_cases_are_little_data_however_small_their_q():
    assert certainty(Hotspot(observed=4, q=0.00001)) == certainty(Hotspot(observed=4, q=0.04)) == "ít dữ liệu"
    assert [certainty(Hotspot(observed=9, q=q)) for q in (0.001, 0.002)] == ["chắc chắn", "khá chắc chắn"]


def test_every_count_is_in_exactly_the_class_whose_words_say_so(run):
    classes = heat_classes(run)
    assert len(classes) == 5
    for count in range(1, 40):
        inside = [heat.number for heat in classes if heat.first <= count <= (heat.last or count)]
        assert inside == [heat_of(count, classes)]


def test_the_words_of_a_class_are_its_counts():
    assert [HeatClass(1, 1, 2).words, HeatClass(2, 3, 3).words, HeatClass(5, 13, None).words] == ["1–2", "3", "hơn 12"]


@pytest.fixture
def edition(run, noon):
    from analytics.weekly.freeze import freeze

    return freeze(noon.date() - timedelta(weeks=1))


def test_an_edition_names_its_figures_and_hands_out_its_files(client, edition):
    page = client.get("/dieu-hanh/bao-cao/2026-W46/1/")
    assert "Điểm rác mới" in page.content.decode()
    for file in edition.files.all():
        answer = client.get(f"/dieu-hanh/bao-cao/2026-W46/1/{file.filename}")
        assert (len(b"".join(answer.streaming_content)), answer["ETag"]) == (file.size, f'"{file.sha256}"')


def test_every_figure_of_cases_is_the_number_of_rows_it_leads_to(client, edition):
    from analytics.templatetags.weekly_words import rows_address

    compared = 0
    for figure in edition.figures["figures"]:
        if figure["page"] == "cases" and "reports" not in figure["key"] and not figure["key"].endswith("share"):
            address = rows_address(figure)
            assert len(rows(client.get(f"{address}&format=json"))) == figure["value"], (figure["key"], urlsplit(address).query)
            compared += 1
    assert compared >= 10


def test_an_edition_that_does_not_exist_is_not_found(client, db):
    assert client.get("/dieu-hanh/bao-cao/2026-W47/9/").status_code == 404
    assert client.get("/dieu-hanh/bao-cao/soon/1/").status_code == 404


@pytest.fixture
def returning(case):
    """A place that was cleaned and dirty again three times, the last one open."""
    from django.utils import timezone

    now, earlier = timezone.now(), None
    for days, status in ((90, "verified"), (50, "verified"), (10, "new")):
        earlier = case(status=status, at=now - timedelta(days=days), recurs_of=earlier)
    return earlier


def test_a_black_spot_leads_to_all_the_cases_that_make_it_one(client, returning, case):
    case(lon=108.2085)
    (spot,) = rows(client.get("/dieu-hanh/diem-den/?format=json"))
    assert (spot["case"], spot["cases"], spot["keeps_coming_back"]) == (returning.code, 3, True)
    assert len(rows(client.get(f"/dieu-hanh/diem-rac/?status=counted&place_of={returning.code}&format=json"))) == 3


def test_a_place_that_stays_is_a_black_spot_of_its_kind(client, returning, case):
    from django.utils import timezone

    stays = case(lon=108.2085, at=timezone.now() - timedelta(days=45))
    assert [row["case"] for row in rows(client.get("/dieu-hanh/diem-den/?kind=stays&format=json"))] == [stays.code]
    assert "45" in client.get("/dieu-hanh/diem-den/?kind=stays").content.decode()


def test_an_officer_sees_the_black_spots_of_their_areas_only(member, returning, two_areas):
    officer = Client()
    officer.force_login(member("officer", areas=[two_areas[1]]), backend="django.contrib.auth.backends.ModelBackend")
    assert rows(officer.get("/dieu-hanh/diem-den/?format=json")) == []
