"""The queue of the desk without a browser: filters, order, paging, saved views, what a row says, and how many questions it takes."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from citylab.models import Team
from reports.geography.area_index import KEPT_AREAS
from reports.geography.places import KEPT_PLACES
from reports.geography.search_text import search_column
from reports.models import Case, Photo, Place, SavedView
from reports.queue.saved_views import SHIPPED, canonical, ship_views
from tests.reports.photos.clean_photos import clean_photo

pytestmark = pytest.mark.django_db
QUEUE = "/dieu-hanh/hang-doi/"


@pytest.fixture
def desk(member):
    """Signs a member of a role in: `desk("officer", areas=[…])`."""

    def sign_in(role: str = "dispatcher", **fields) -> Client:
        client = Client()
        client.force_login(member(role, **fields), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def codes(client: Client, query: str = "") -> list[str]:
    """The codes of the list as its JSON has them."""
    answer = client.get(f"{QUEUE}?{query}&format=json")
    return [row["code"] for row in json.loads(b"".join(answer.streaming_content))]


# --- filters -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "query,expected",
    [
        ("", {"late", "soon", "held", "again", "given", "urgent", "rough", "plain"}),
        ("overdue=1", {"late"}), ("due_soon=1", {"soon"}), ("held=1", {"held"}), ("reopened=1", {"again"}), ("priority=3", {"urgent"}),
        ("unsure=1", {"held", "rough"}), ("status=cleaned", {"done"}), ("status=on_hold", set()), ("problem=dump", {"plain"}), ("area=E1", {"plain"}),
        ("status=assigned&unassigned=1", set()), ("team=0", set()), ("assignee=nobody", set()),
    ],
)  # fmt: skip
def test_each_filter_of_the_address_shows_exactly_its_cases(query, expected, desk, case, report, two_areas):
    now = timezone.now()
    far = now + timedelta(days=9)
    team = Team.objects.create(name="Đội 1")
    made = {
        "late": case(due_at=now - timedelta(hours=1)), "soon": case(due_at=now + timedelta(hours=5)), "held": case(due_at=far),
        "again": case(status="confirmed", reopened_at=now, due_at=far), "given": case(status="assigned", team=team), "urgent": case(priority=3),
        "rough": case(), "plain": case(area=two_areas[1]), "done": case(status="cleaned"),
    }  # fmt: skip
    report(made["held"], held="place"), report(made["rough"], accuracy_m=500), report(made["plain"], accuracy_m=8)
    Case.objects.filter(pk=made["plain"].pk).update(problem="dump")
    names = {found.code: name for name, found in made.items()}
    assert {names[code] for code in codes(desk(), query)} == expected


def test_a_list_can_be_narrowed_to_a_team_a_person_and_oneself(desk, case, member, two_areas):
    team, lan = Team.objects.create(name="Đội 1"), member("officer", "lan", areas=two_areas)
    with_team, with_lan = case(status="assigned", team=team), case(status="assigned", assigned_to=lan)
    case()
    assert codes(desk(), f"team={team.pk}") == [with_team.code]
    assert codes(desk(), "assignee=lan") == [with_lan.code]
    client = Client()
    client.force_login(lan, backend="django.contrib.auth.backends.ModelBackend")
    assert codes(client, "assignee=me") == [with_lan.code]
    assert len(codes(desk(), "unassigned=1")) == 1


def test_cases_inside_a_beach_are_found_and_an_approximate_beach_holds_nothing(desk, case):
    from django.contrib.gis.geos import MultiPolygon, Polygon

    from reports.geography.area_index import forget_areas
    from reports.models import Area

    inside, _outside = case(lon=108.2015), case(lon=108.2085)
    beach = Area.objects.create(
        layer="overlay", kind="beach", code="B1", name="Bãi Tây", valid_from=timezone.localdate() - timedelta(days=9),
        polygon=MultiPolygon(Polygon.from_bbox((108.201, 16.05, 108.202, 16.06)), srid=4326),
    )  # fmt: skip
    assert codes(desk(), "overlay=beach") == [inside.code]
    beach.approximate = True
    beach.save()
    forget_areas()  # which in a transaction of one test are looked at once
    assert codes(desk(), "overlay=beach") == []


@pytest.mark.parametrize("resolution", range(5, 11))
def test_the_ground_around_a_cell_is_its_cells_and_no_others_in_a_handful_of_ranges(resolution, case):
    import h3.api.basic_int as h3

    from reports.case_list.filter import around_cell

    middle = h3.latlng_to_cell(16.055, 108.205, resolution)
    ring = h3.grid_disk(middle, 1)
    inside = [h3.cell_to_children(cell, 10)[number] for cell in ring for number in (0, -1)]
    outside = [h3.cell_to_children(cell, 10)[number] for cell in set(h3.grid_disk(middle, 2)) - set(ring) for number in (0, -1)]
    found = case()
    for cell in {*inside, *outside}:
        Case.objects.filter(pk=found.pk).update(cell=cell)
        assert Case.objects.filter(around_cell(h3.int_to_str(middle)), pk=found.pk).exists() == (cell in inside)
    _sql, given = Case.objects.filter(around_cell(h3.int_to_str(middle))).query.sql_with_params()
    assert len(given) <= 14


@pytest.mark.parametrize("typed", ["Mân Thái", "man thai", "MAN THAI", "mân th", "tay"])
def test_the_search_finds_a_unit_by_todays_and_by_a_former_name_with_or_without_accents(typed, desk, case, two_areas):
    west = two_areas[0]
    west.name, west.aliases, west.search = "Tây", ["Mân Thái"], search_column(["Tây", "Mân Thái"])
    west.save()
    here, _elsewhere = case(), case(area=two_areas[1], lon=108.215)
    assert codes(desk(), f"q={typed}") == [here.code]


def test_the_search_finds_the_cases_around_a_place_and_those_of_a_code(desk, case, report):
    here, far = case(lon=108.205), case(lon=108.2095)
    Place.objects.create(kind="market", code="m", name="Chợ Hàn", search=search_column(["Chợ Hàn"]), location=here.location)
    sent = report(far, external_ref="1022-778")
    assert codes(desk(), "q=cho han") == [here.code]
    for typed in (far.code, sent.code, "1022-778"):
        assert codes(desk(), f"q={typed}") == [far.code], typed


@pytest.mark.parametrize("query", ["order=nonsense", "team=x", "priority=9", "before=zzz", "before=9_9", "since=x", "q=%25_%27)%3B", "order=priority&before=2_none_99999999999999999999"])
def test_an_address_that_makes_no_sense_is_still_a_page(query, desk, case):
    case()
    assert desk().get(f"{QUEUE}?{query}").status_code == 200


# --- order and paging ------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", ["deadline", "age", "priority", "newest"])
def test_pages_follow_each_other_without_gap_or_repeat_in_every_order(order, desk, case, noon, monkeypatch):
    monkeypatch.setattr("reports.case_list.filter.PAGE", 4)
    for number in range(11):
        due = None if number % 4 == 3 else noon + timedelta(days=number // 3)
        case(at=noon - timedelta(hours=number // 2), due_at=due, priority=number % 3)
    client, seen, before = desk(), [], ""
    while True:
        answer = client.get(QUEUE, {"order": order, "before": before})
        seen += [found.code for found in answer.context["cases"]]
        before = answer.context["before"]
        if not before:
            break
    assert seen == codes(client, f"order={order}") and len(set(seen)) == 11


def test_the_queue_begins_with_the_earliest_deadline_and_ends_with_none(desk, case, noon):
    last, second, first = case(), case(due_at=noon + timedelta(days=2)), case(due_at=noon)
    assert codes(desk()) == [first.code, second.code, last.code]


def test_the_highest_priority_comes_first_and_the_earlier_deadline_within_it(desk, case, noon):
    low, later, sooner = case(priority=0), case(priority=3, due_at=noon + timedelta(days=2)), case(priority=3, due_at=noon)
    assert codes(desk(), "order=priority") == [sooner.code, later.code, low.code]


# --- rows ------------------------------------------------------------------------------------------------
def test_a_row_says_place_kind_and_reporters(desk, case, report):
    here = case(lon=108.205)
    for reporter in (b"a", b"a", b"b", None, None):
        report(here, reporter=reporter)
    row = next(found for found in desk().get(QUEUE).context["cases"] if found == here)
    page = desk().get(QUEUE).content.decode()
    assert row.reporters == 4 and "4 người báo" in page and "Ward West" in page and "Có thể trùng" not in page


def test_a_row_says_how_many_likely_duplicates_it_has_and_leads_to_the_likeliest_beside_it(desk, case):
    here, near, nearer = case(lon=108.205), case(lon=108.20525), case(lon=108.20502)  # some 27 m and 2 m off
    case(lon=108.2056), case(status="cleaned", lon=108.205)  # 64 m, and one that is done
    client = desk()
    rows = {row.code: row for row in client.get(QUEUE).context["cases"]}
    assert {pair.case.code for pair in rows[here.code].likely} == {near.code, nearer.code}
    address = f"/dieu-hanh/diem-rac/{here.code}/hay/{nearer.code}/"
    assert (rows[here.code].likely_words, rows[here.code].compare_url) == ("Có thể trùng 2", address)
    assert f'href="{address}">Có thể trùng 2<' in client.get(QUEUE).content.decode()
    pair = client.get(address)
    assert pair.status_code == 200 and near.code in pair.content.decode(), "the page of the pair leads on to the other one"


def test_an_analyst_reads_of_likely_duplicates_and_is_led_nowhere(desk, case):
    case(lon=108.205), case(lon=108.20502)
    page = desk("analyst").get(QUEUE).content.decode()
    assert "Có thể trùng 1" in page and "hay" not in page


def test_the_detail_names_likely_duplicates_first_with_what_speaks_for_them(desk, case):
    here, near, far = case(lon=108.205), case(lon=108.2064), case(lon=108.20502)
    answer = desk().get(f"{QUEUE}diem-rac/{here.code}/", headers={"HX-Request": "true"})
    assert [other.code for other in answer.context["others"]] == [far.code, near.code]
    assert f"/{here.code}/hay/{far.code}/" in answer.content.decode() and f"hay/{near.code}" not in answer.content.decode()


def test_a_row_shows_how_it_stands_against_its_deadline(desk, case):
    now = timezone.now()
    for due in (now - timedelta(days=2, hours=1), now + timedelta(hours=5, minutes=2), now + timedelta(days=3, minutes=1)):
        case(due_at=due)
    case(status="on_hold", due_at=now - timedelta(days=5))
    page = desk().get(QUEUE).content.decode()
    for words in ("trễ 2 ngày", "còn 5 giờ", "còn 3 ngày", "tạm dừng hạn"):
        assert words in page, words


def test_a_row_says_how_long_its_case_is_open_and_of_today_no_number(desk, case):
    now = timezone.now()
    case(at=now - timedelta(hours=2)), case(at=now - timedelta(days=9, hours=1))
    page = desk().get(QUEUE).content.decode()
    assert "mở từ hôm nay" in page and "9 ngày tuổi" in page and "0 ngày tuổi" not in page


def test_an_analyst_sees_public_photos_only_and_no_actions(desk, case, report):
    sent = report(case())
    fields = {"report": sent, "original_sha256": "0" * 64, "original_size": 1, "original_format": "JPEG", "received_at": sent.received_at, "next_try": sent.received_at}
    photo = Photo.objects.create(state="clean", large_name="l", small_name="s", **fields)
    assert f"/dieu-hanh/anh/{photo.pk}/small/" in desk().get(QUEUE).content.decode()
    analyst = desk("analyst")
    page = analyst.get(QUEUE).content.decode()
    assert f"/{photo.pk}/small/" not in page and 'name="verb"' not in page.replace('name="verb" value="rename"', "")
    detail = analyst.get(f"{QUEUE}diem-rac/{sent.case.code}/", headers={"HX-Request": "true"}).content.decode()
    assert "túi ni lông" not in detail and 'id="act"' not in detail
    assert analyst.post(f"{QUEUE}lam/", {"verb": "confirm", "case": sent.case.code}).status_code == 403


def test_the_detail_is_part_of_the_page_without_javascript_and_alone_with_it(desk, report):
    sent = report(description="hộp xốp dọc kè")
    client, address = desk(), f"{QUEUE}diem-rac/{sent.case.code}/"
    assert "hộp xốp dọc kè" in client.get(QUEUE, {"case": sent.case.code}).content.decode()
    alone = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "hộp xốp dọc kè" in alone and "<html" not in alone
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (303, f"{QUEUE}?case={sent.case.code}")


# --- what it costs ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["dispatcher", "officer"])
@pytest.mark.parametrize("query", ["", "q=cho han", "unsure=1", "overdue=1&order=priority"])
def test_a_page_of_fifty_takes_at_most_twelve_queries(role, query, desk, case, report, two_areas, noon, django_assert_max_num_queries, monkeypatch):
    """In the worst moment, too: when the two tables that a process keeps in memory are asked whether they changed."""
    monkeypatch.setattr("reports.geography.kept_tables.CHECK_EVERY_S", 2.0)
    for number in range(60):
        clean_photo(report(case(lon=108.2 + number * 0.0001, at=noon - timedelta(minutes=number))))
    client = desk(role, areas=two_areas[:1] if role == "officer" else ())
    assert client.get(QUEUE).context["cases"][0].likely  # and what a process keeps is built once
    KEPT_AREAS._checked = KEPT_PLACES._checked = -10.0
    with django_assert_max_num_queries(12):
        assert client.get(f"{QUEUE}?{query}").status_code == 200


def test_more_rows_take_no_more_queries(desk, case):
    client = desk()
    case(), case()  # two, so that photos are compared
    client.get(QUEUE)
    counted = []
    for _ in range(2):
        with CaptureQueriesContext(connection, ) as asked:
            client.get(QUEUE)
        counted.append(len(asked))
        [case(lon=108.2 + number * 0.0001) for number in range(20)]
    assert counted[0] == counted[1]


# --- saved views -----------------------------------------------------------------------------------------
def test_six_views_are_shipped_and_shipping_them_again_changes_nothing():
    before = list(SavedView.objects.order_by("pk").values())
    assert [row["slug"] for row in before] == [slug for slug, *_ in SHIPPED]
    ship_views()
    call_command("migrate", verbosity=0)
    assert list(SavedView.objects.order_by("pk").values()) == before


def test_the_number_on_a_view_is_the_number_of_rows_behind_it(desk, case, report, two_areas):
    now = timezone.now()
    case(), case(due_at=now - timedelta(days=1)), case(status="confirmed", due_at=now + timedelta(hours=2)), case(status="confirmed", reopened_at=now)
    report(case(), held="place"), report(case(), accuracy_m=900), case(status="refused")
    client = desk()
    SavedView.objects.create(slug="refused", name="Từ chối", query="status=refused", shared=True)
    SavedView.objects.create(slug="east", name="Đông", query="area=E1", shared=True)
    for view in client.get(QUEUE).context["views"]:
        assert view.count == len(codes(client, view.query)), view.slug


def test_the_number_on_a_view_counts_only_what_its_reader_may_see(desk, case, two_areas):
    case(), case(area=two_areas[1], lon=108.215)
    officer = desk("officer", areas=[two_areas[1]])
    assert {view.slug: view.count for view in officer.get(QUEUE).context["views"]}["new"] == 1


def test_a_view_is_kept_renamed_and_deleted_by_its_owner_only(desk, member):
    lan, client, other = member("dispatcher", "lan"), Client(), desk()
    client.force_login(lan, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(f"{QUEUE}bo-loc/", {"name": "Của tôi", "query": "before=x&priority=3&case=A"}).status_code == 303
    view = SavedView.objects.get(owner=lan)
    assert (view.name, view.query, view.shared) == ("Của tôi", "priority=3", False)
    assert "Của tôi" in client.get(QUEUE).content.decode() and "Của tôi" not in other.get(QUEUE).content.decode()
    assert other.post(f"{QUEUE}bo-loc/{view.slug}/", {"verb": "delete"}).status_code == 404
    client.post(f"{QUEUE}bo-loc/{view.slug}/", {"verb": "rename", "name": "Khẩn", "shared": "1"})
    assert "Khẩn" in other.get(QUEUE).content.decode()
    assert other.post(f"{QUEUE}bo-loc/{view.slug}/", {"verb": "delete"}).status_code == 404
    client.post(f"{QUEUE}bo-loc/{view.slug}/", {"verb": "delete"})
    assert not SavedView.objects.filter(owner=lan).exists()


def test_a_view_without_a_name_is_not_kept_and_the_list_stays(desk):
    answer = desk().post(f"{QUEUE}bo-loc/", {"name": " ", "query": "priority=3"}, follow=True)
    assert answer.redirect_chain[0][0] == f"{QUEUE}?priority=3" and "cần có tên" in answer.content.decode()
    assert SavedView.objects.count() == len(SHIPPED)


def test_what_is_shipped_belongs_to_nobody_and_cannot_be_deleted(desk):
    assert desk("administrator").post(f"{QUEUE}bo-loc/new/", {"verb": "delete"}).status_code == 404


def test_two_addresses_of_the_same_queue_are_the_same_view():
    assert canonical("order=deadline&status=open&due_soon=1&before=3&q=") == canonical("due_soon=1") == "due_soon=1"


def test_an_officer_finds_no_case_of_another_ward_in_the_queue(desk, case, report, two_areas):
    west, east = two_areas
    foreign = case(area=west, lon=108.2099)
    own = case(area=east, lon=108.2101)  # some twenty metres from it
    sent = report(foreign)
    officer = desk("officer", areas=[east])
    for query in ("", f"q={foreign.code}", f"q={sent.code}", "area=W1", "status=all", f"case={foreign.code}"):
        answer = officer.get(f"{QUEUE}?{query}")
        assert f"row-{foreign.code}" not in answer.content.decode() and "open-case" not in answer.content.decode(), query
        assert foreign.code not in codes(officer, query)
        assert foreign.code not in b"".join(officer.get(f"{QUEUE}?{query}&format=csv").streaming_content).decode()
    assert [(row.code, row.likely) for row in officer.get(QUEUE).context["cases"]] == [(own.code, [])], "nor is it suggested as a duplicate"
    for headers in ({}, {"HX-Request": "true"}):
        assert officer.get(f"{QUEUE}diem-rac/{foreign.code}/", headers=headers).status_code == 404
    assert foreign.code not in officer.get(f"{QUEUE}diem-rac/{own.code}/", headers={"HX-Request": "true"}).content.decode()
    assert Case.objects.filter(events__isnull=False).count() == 0
