"""The staff's pages of notices, without a map and with what the map leaves in the form."""

import json
from datetime import timedelta

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone

from reports.geography.places import KEPT_PLACES
from reports.models import Case, Notice, Place
from reports.notices import Words, end_notice, open_notice
from tests.reports.test_notices import box

pytestmark = pytest.mark.django_db
LIST = "/en/staff/notices/"
LINE = json.dumps({"type": "LineString", "coordinates": [[108.202, 16.055], [108.206, 16.055]]})


@pytest.fixture(autouse=True)
def dispatcher(client, member, two_areas):
    person = member("dispatcher")
    client.force_login(person)
    return person


def sent(client, **typed):
    return client.post(LIST, {"title": "Sau bão: đang dọn", "how": "draw", "geojson": LINE, "width_m": "60", "joins": "1", **typed})


def test_a_drawn_line_becomes_a_notice_with_its_case(client, dispatcher, settings):
    day = settings.CITY.calendar.today() + timedelta(days=3)
    answer = sent(client, title_en="After the storm", text="Xin đừng chất thêm.", done_by=day.isoformat(), ends_on=day.isoformat(), problem="uncollected")
    notice = Notice.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/en/staff/notices/{notice.pk}/")
    assert (notice.title, notice.title_en, notice.done_by, notice.created_by) == ("Sau bão: đang dọn", "After the storm", day, dispatcher)
    assert notice.ends_at == settings.CITY.calendar.first_moment(day + timedelta(days=1))
    assert (notice.case.problem, notice.case.counts) == ("uncollected", False)
    page = client.get(answer.url).content.decode()
    assert "After the storm" in page and notice.case.code in page and "shown now" in page


def test_without_a_map_a_place_by_name_or_coordinates_or_a_whole_unit_will_do(client, two_areas):
    Place.objects.create(code="p1", name="Chợ Cồn", search="cho con", kind="market", location=Point(108.204, 16.056, srid=4326))
    KEPT_PLACES.forget()
    assert sent(client, how="near", near="cho con", radius_m="100").status_code == 302
    assert sent(client, how="near", near="16.055, 108.205", radius_m="250").status_code == 302
    assert sent(client, how="unit", unit="W1").status_code == 302
    first, second, third = Notice.objects.order_by("id")
    assert first.stretch.contains(Point(108.204, 16.056, srid=4326))
    assert second.stretch.contains(Point(108.205, 16.055, srid=4326))
    assert third.stretch.equals(two_areas[0].polygon)


def test_of_several_places_with_a_name_one_is_chosen(client):
    for number, lon in enumerate((108.203, 108.207)):
        Place.objects.create(code=f"p{number}", name=f"Chợ Mới {number}", search=f"cho moi {number}", kind="market", location=Point(lon, 16.056, srid=4326))
    KEPT_PLACES.forget()
    answer = sent(client, how="near", near="chợ mới", radius_m="100")
    page = answer.content.decode()
    assert answer.status_code == 422 and "Choose one below" in page and page.count('name="pick"') == 2
    assert sent(client, how="near", near="chợ mới", radius_m="100", pick="108.207000,16.056000").status_code == 302
    assert Notice.objects.get().stretch.contains(Point(108.207, 16.056, srid=4326))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"title": " "}, "Write a title"), ({"title": "", "geojson": ""}, "Write a title"), ({"geojson": ""}, "Nothing is drawn yet"),
        ({"geojson": "{"}, "not GeoJSON"), ({"width_m": "wide"}, "5 to 1000"), ({"how": "near", "near": "qqqq"}, "No place has this name"),
        ({"how": "near", "near": "16.055 108.205", "radius_m": "1"}, "10 to 5000"), ({"how": "unit"}, "Choose an area"),
        ({"done_by": "soon"}, "not a day"), ({"ends_on": "2020-01-01"}, "before the notice begins"),
        ({"how": "near", "near": "10.0, 106.0", "radius_m": "100"}, "outside the city"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_and_what_was_typed_stays(client, typed, said):
    answer = sent(client, **{"text": "Xin <b>đừng</b> chất thêm", **typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "<title>Error:" in page
    assert "Xin &lt;b&gt;đừng&lt;/b&gt; chất thêm" in page
    assert not Notice.objects.exists() and not Case.objects.exists()


def test_words_are_changed_and_the_notice_is_taken_down(client):
    sent(client)
    notice = Notice.objects.get()
    address = f"{LIST}{notice.pk}/"
    assert client.post(address, {"verb": "edit", "title": "Sắp xong"}).status_code == 302
    assert client.post(address, {"verb": "edit", "title": ""}).status_code == 422
    assert client.post(address, {"verb": "end"}).status_code == 302
    notice.refresh_from_db()
    assert notice.title == "Sắp xong" and notice.ended_at
    assert "Sắp xong" not in client.get(LIST).content.decode()
    assert "taken down" in client.get(f"{LIST}?state=all").content.decode()


def test_an_officer_sees_all_but_acts_only_at_home(client, member, two_areas):
    sent(client)
    client.force_login(member("officer", areas=[two_areas[1]]))
    notice = Notice.objects.get()
    page = client.get(f"{LIST}{notice.pk}/").content.decode()
    assert "Sau bão" in page and 'value="end"' not in page
    assert client.post(f"{LIST}{notice.pk}/", {"verb": "end"}).status_code == 422
    answer = sent(client)
    assert answer.status_code == 422 and "within its own areas" in answer.content.decode()
    assert Notice.objects.get().ended_at is None


def test_an_analyst_reads_only(client, member):
    client.force_login(member("analyst"))
    assert 'id="new"' not in client.get(LIST).content.decode()
    assert sent(client).status_code == 422
    assert not Notice.objects.exists()


def test_the_list_is_also_csv_and_json(client):
    sent(client)
    end_notice(open_notice(None, box(), Words("Đã qua"), now=timezone.now() - timedelta(days=1)), None)
    assert "Sau bão: đang dọn" in client.get(f"{LIST}?format=csv").getvalue().decode()
    rows = json.loads(client.get(f"{LIST}?format=json&state=all").getvalue())
    assert "Đã qua" in json.dumps(rows, ensure_ascii=False)


def test_a_notice_nobody_knows_is_not_found(client):
    assert client.get(f"{LIST}4711/").status_code == 404
