"""The questions that the phone asks about places: where, search, nearby."""

import pytest
from django.contrib.gis.geos import Point

from reports.models import Notice, Place

pytestmark = pytest.mark.django_db
HERE = {"lon": "108.2051", "lat": "16.0551"}


def ask(client, name: str, language: str = "vi", **query):
    answer = client.get(f"/api/v1/{name}/", query, headers={"accept-language": language})
    assert answer.headers["Content-Type"].startswith("application/"), answer.content
    return answer


def test_a_point_is_named_with_its_ward_and_its_error(client, two_areas):
    told = ask(client, "where", **HERE, accuracy_m="12").json()
    assert told == {
        "words": "Ward West", "area": {"code": "W1", "name": "Ward West"}, "accepted": True,
        "sentence": "Có thể lệch khoảng 12 m. Đủ chính xác rồi.", "notices": [],
    }  # fmt: skip


def test_the_answer_is_in_the_reader_s_language(client, two_areas):
    assert ask(client, "where", "en", **HERE, accuracy_m="80").json()["sentence"] == "May be off by about 80 m."
    assert ask(client, "where", "vi", **HERE, lang="en", accuracy_m="80").json()["sentence"] == "May be off by about 80 m."


def test_a_point_on_the_map_has_no_error_to_tell(client, two_areas):
    assert ask(client, "where", **HERE).json()["sentence"] == ""


def test_a_position_worse_than_a_kilometre_asks_for_the_ward(client, two_areas):
    told = ask(client, "where", **HERE, accuracy_m="2500").json()
    assert told["accepted"] and told["sentence"] == "Vị trí có thể lệch khoảng 2.500 m. Chọn thêm phường, xã và tả chỗ đó."


@pytest.mark.parametrize("lon,lat", [("0", "0"), ("110.5", "16.05")])
def test_a_point_outside_is_not_taken_and_says_why(client, two_areas, lon, lat):
    told = ask(client, "where", lon=lon, lat=lat).json()
    assert (told["accepted"], told["area"]) == (False, None)
    assert "Chỉ nhận phản ánh trong vòng 5 km" in told["sentence"]


@pytest.mark.parametrize("name", ["where", "nearby"])
@pytest.mark.parametrize("query", [{}, {"lon": "x", "lat": "y"}, {"lon": "181", "lat": "1"}, {"lon": "1e999", "lat": "1"}, {"lon": "NaN", "lat": "NaN"}, {"lon": "1_0", "lat": "1"}])
def test_what_is_no_position_is_a_problem_document(client, name, query):
    answer = ask(client, name, **query)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_a_notice_greets_where_it_is_in_force(client, two_areas, noon):
    from django.utils import timezone

    Notice.objects.create(title="Sau bão", title_en="After the storm", text="Xong trước 25/11.", stretch=two_areas[0].polygon, starts_at=timezone.now())
    told = ask(client, "where", **HERE).json()["notices"]
    assert [notice["title"] for notice in told] == ["Sau bão"]
    assert ask(client, "where", "en", **HERE).json()["notices"][0]["title"] == "After the storm"
    assert ask(client, "where", lon="108.2151", lat="16.0551").json()["notices"] == []


def test_places_are_found_without_accents_and_told_where_they_are(client, two_areas):
    Place.objects.create(kind="market", code="m1", name="Chợ Hàn", search="cho han", location=Point(108.2055, 16.0555, srid=4326), area=two_areas[0])
    assert ask(client, "search", q="cho han").json() == {
        "results": [{"pick": "place:m1", "label": "Chợ Hàn", "detail": "Ward West", "lon": 108.2055, "lat": 16.0555, "guess": False}]
    }


@pytest.mark.parametrize("text", ["", "x", "x" * 5000, "a " * 5000, "%", "'; drop", "🐟", "\ud83d"])
def test_any_search_is_answered(client, two_areas, text):
    assert ask(client, "search", q=text.encode("utf-8", "replace").decode()).status_code == 200


def test_open_cases_close_by_are_told(client, case):
    near = case(lon=108.2052, lat=16.0552)
    told = ask(client, "nearby", **HERE).json()["cases"]
    assert [(one["code"], one["status_words"], one["photo"], one["distance_m"]) for one in told] == [(near.code, "Đã tiếp nhận", None, 20)]


def test_questions_about_places_are_kept_by_no_cache_between(client, two_areas):
    for name in ("where", "nearby"):
        assert ask(client, name, **HERE)["Cache-Control"] == "no-store"
