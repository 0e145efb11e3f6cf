"""Notices: who may put them up, whom they greet, and which reports join their case."""

import json
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.db import connection
from django.utils import timezone, translation

from analytics.cube import compare_with_recount
from reports import casework, notices
from reports.casework import NotAllowed, Visit
from reports.geography import stretch as ground
from reports.grouping.steps import group_pending, process
from reports.intake import Submission, submit_report
from reports.models import Case, CaseEvent, Notice, Report
from reports.notices import NoticeRefused, Words, end_notice, notices_at, notices_in, notices_in_force, open_notice

pytestmark = pytest.mark.django_db

INSIDE = (108.2035, 16.0535)
ALSO_INSIDE = (108.2065, 16.0565)  # some 450 m farther on
OUTSIDE = (108.2195, 16.0595)
WORDS = Words("Sau bão: đang dọn", "After the storm: being cleaned", "Xin đừng chất thêm rác.")


def box(west: float = 108.202, south: float = 16.052, east: float = 108.208, north: float = 16.058) -> MultiPolygon:
    return MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=4326)


@pytest.fixture
def notice(two_areas, member):
    """A notice in the western unit, with its case."""
    return open_notice(member("dispatcher"), box(), WORDS, now=timezone.now() - timedelta(hours=1))


def sent(at: tuple[float, float] = INSIDE, **given) -> Report:
    return submit_report(Submission(uuid=uuid4(), channel="web", location=at, description="rác", **given)).report


def counters() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(cases), 0), coalesce(sum(reports), 0) FROM analytics_cell_week")
        return cursor.fetchone()


# --- opening one -----------------------------------------------------------------------------------
def test_a_notice_opens_a_case_inside_its_stretch_that_counts_for_nothing(notice, two_areas):
    case = notice.case
    assert (case.status, case.counts, case.area) == ("confirmed", False, two_areas[0])
    assert notice.stretch.contains(case.location)
    event = case.events.get()
    assert (event.kind, event.actor, event.from_status, event.to_status) == ("notice", notice.created_by, "", "confirmed")
    assert event.details == {"notice": notice.pk, "what": "opened"}
    assert counters() == (0, 0)
    assert compare_with_recount() == []


def test_the_promised_day_is_the_deadline_of_its_case(two_areas, settings):
    day = settings.CITY.calendar.today() + timedelta(days=4)
    case = open_notice(None, box(), Words("Đang dọn", done_by=day)).case
    assert case.due_at == settings.CITY.calendar.first_moment(day + timedelta(days=1))


def test_a_notice_may_do_without_a_case(two_areas):
    notice = open_notice(None, box(), WORDS, joins=False)
    assert notice.case is None and not Case.objects.exists()
    assert notices_at(*INSIDE) == [notice]


@pytest.mark.parametrize(
    ("words", "stretch", "wrong"),
    [
        (Words("  "), box(), {"title": "missing"}),
        (Words("x" * 121), box(), {"title": "too_long"}),
        (Words("Đang dọn", done_by=date(2020, 1, 1)), box(), {"done_by": "before_it_starts"}),
        (Words("Đang dọn", ends_on=date(2020, 1, 1)), box(), {"ends_on": "before_it_starts"}),
        (Words("Đang dọn"), box(110, 17, 110.01, 17.01), {"stretch": "outside"}),
        (Words("Đang dọn"), box(108.18, 16.03, 108.24, 16.08), {"stretch": "too_large"}),
    ],
)
def test_a_notice_that_cannot_be_is_refused_with_its_reason_and_leaves_nothing(two_areas, words, stretch, wrong):
    with pytest.raises(NoticeRefused) as refusal:
        open_notice(None, stretch, words)
    assert refusal.value.codes == wrong
    assert not Notice.objects.exists() and not Case.objects.exists()


def test_dispatchers_and_administrators_may_everywhere_officers_where_they_are_and_managers_nowhere(two_areas, member):
    west, east = two_areas
    for role in ("dispatcher", "administrator"):
        assert open_notice(member(role), box(), WORDS)
    assert open_notice(member("officer", areas=[west]), box(), WORDS)
    for person in (member("officer", areas=[east]), member("officer"), member("manager"), member("analyst"), member("officer", areas=[west], is_active=False)):
        with pytest.raises(NotAllowed):
            open_notice(person, box(), WORDS)


def test_an_officer_may_not_reach_over_into_the_next_ward(two_areas, member):
    officer = member("officer", areas=[two_areas[0]])
    assert notices.may(officer, box(east=108.2105))  # a little over a hand-drawn border
    assert not notices.may(officer, box(east=108.2155))


def test_editing_and_ending_leave_lines_in_the_history(notice, member):
    mai = member("dispatcher")
    notices.edit_notice(notice, mai, Words("Đang dọn tiếp"))
    end_notice(notice, mai)
    end_notice(notice, mai)
    lines = CaseEvent.objects.filter(kind="notice").order_by("id").values_list("details__what", "actor")
    assert list(lines) == [("opened", notice.created_by_id), ("edited", mai.pk), ("ended", mai.pk)]
    with pytest.raises(NotAllowed):
        end_notice(notice, member("analyst"))


# --- whom it greets --------------------------------------------------------------------------------
def test_people_inside_are_greeted_and_others_are_not(notice, two_areas):
    assert notices_at(*INSIDE) == [notice]
    assert notices_at(*OUTSIDE) == []
    assert notices_in(two_areas[0]) == [notice]
    assert notices_in(two_areas[1]) == []


def test_it_greets_from_its_first_day_to_its_last(two_areas, settings):
    calendar = settings.CITY.calendar
    today = calendar.today()
    notice = open_notice(None, box(), Words("Đang dọn", ends_on=today + timedelta(days=5)), starts_on=today + timedelta(days=2))
    shown = [bool(notices_at(*INSIDE, calendar.first_moment(today + timedelta(days=days)) + timedelta(hours=12))) for days in range(8)]
    assert shown == [False, False, True, True, True, True, False, False]
    assert notice.starts_at == calendar.first_moment(today + timedelta(days=2))


def test_an_ended_notice_greets_nobody(notice):
    end_notice(notice, None)
    assert notices_at(*INSIDE) == []


def test_when_its_case_is_cleaned_it_greets_nobody(notice, after_photo):
    casework.clean(notice.case, None, Visit(distance_m=8, photos=(after_photo(notice.case),)))
    assert not notices_in_force().exists()


def test_its_words_come_in_the_language_of_the_page_or_else_in_the_citys_own(notice):
    with translation.override("en"):
        assert notices.in_words(notice) == {"title": "After the storm: being cleaned", "text": "Xin đừng chất thêm rác."}
    with translation.override("vi"):
        assert notices.in_words(notice)["title"] == "Sau bão: đang dọn"
        notice.done_by = date(2026, 11, 25)
        assert notices.in_words(notice)["text"] == "Xin đừng chất thêm rác. Dự kiến dọn xong trước 25/11/2026."


def test_the_phone_is_told_the_notices_of_its_place(client, notice):
    answer = client.get("/api/v1/where/?lon=108.2035&lat=16.0535&lang=en").json()
    assert [found["title"] for found in answer["notices"]] == ["After the storm: being cleaned"]
    assert client.get("/api/v1/where/?lon=108.2195&lat=16.0595").json()["notices"] == []


def test_the_first_page_shows_the_notices_and_no_case_that_only_held_reports_tell_of(client, notice, settings):
    settings.FLOOD_DEVICE_HOUR = 0
    sent(OUTSIDE, device="one phone")
    group_pending()
    page = client.get("/").content.decode()
    assert "Sau bão: đang dọn" in page
    assert Case.objects.exclude(pk=notice.case_id).get().code not in page


# --- what joins ------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["single", "bulk"])
def test_reports_inside_join_its_case_however_they_are_grouped(notice, path):
    inside, far, outside = sent(), sent(ALSO_INSIDE), sent(OUTSIDE)
    if path == "bulk":
        group_pending()
    else:
        for report in (outside, far, inside):
            process([report.pk])
    assert cases_of(inside, far, outside)[:2] == [notice.case_id] * 2
    assert cases_of(outside)[0] != notice.case_id
    notice.case.refresh_from_db()
    assert notice.case.counts  # somebody tells of it now
    assert counters() == (2, 3)
    assert compare_with_recount() == []


@pytest.mark.parametrize("path", ["single", "bulk"])
def test_another_place_is_another_place_and_a_named_case_is_that_case(notice, case, path):
    named = case(lon=ALSO_INSIDE[0], lat=ALSO_INSIDE[1])
    elsewhere, there = sent(same_case="new"), sent(ALSO_INSIDE, same_case=named.code)
    if path == "bulk":
        group_pending()
    else:
        process([elsewhere.pk, there.pk])
    assert cases_of(there) == [named.pk]
    assert cases_of(elsewhere)[0] not in (notice.case_id, named.pk)


def test_what_was_seen_before_the_notice_or_after_its_end_does_not_join(notice):
    now = timezone.now()
    before = sent(observed_at=notice.starts_at - timedelta(minutes=1))
    during = sent(ALSO_INSIDE, observed_at=now - timedelta(minutes=5))
    end_notice(notice, None, now=now - timedelta(minutes=2))
    after = sent(observed_at=now - timedelta(minutes=1))
    group_pending()
    assert [case == notice.case_id for case in cases_of(before, during, after)] == [False, True, False]


def test_what_comes_after_the_cleaning_opens_a_case_of_its_own(notice, after_photo):
    seen_before = sent(observed_at=timezone.now() - timedelta(minutes=5))
    casework.clean(notice.case, None, Visit(distance_m=8, photos=(after_photo(notice.case),)))
    seen_after = sent(ALSO_INSIDE, observed_at=timezone.now())
    group_pending()
    assert [case == notice.case_id for case in cases_of(seen_before, seen_after)] == [True, False]
    assert Case.objects.get(pk=notice.case_id).status == "cleaned"


def test_after_merging_reports_join_the_case_it_became_part_of(notice, case):
    other = case(lon=INSIDE[0], lat=INSIDE[1])
    casework.merge(notice.case, None, other)
    report = sent(ALSO_INSIDE)
    group_pending()
    assert cases_of(report) == [other.pk]


def test_a_notice_without_a_case_lets_reports_go_their_way(two_areas):
    open_notice(None, box(), WORDS, joins=False)
    sent(), sent(ALSO_INSIDE)
    group_pending()
    assert Case.objects.count() == 2


def test_of_two_notices_the_later_one_wins(notice):
    later = open_notice(None, box(108.205, 16.055, 108.2079, 16.0579), Words("Chỗ này"), now=timezone.now() - timedelta(minutes=10))
    reports = sent(), sent(ALSO_INSIDE)
    group_pending()
    assert cases_of(*reports) == [notice.case_id, later.case_id]


def test_held_reports_join_but_do_not_make_its_case_count(notice, settings):
    settings.FLOOD_DEVICE_HOUR = 0
    report = sent(device="one phone")
    group_pending()
    notice.case.refresh_from_db()
    assert cases_of(report) == [notice.case_id]
    assert not notice.case.counts
    assert counters() == (0, 0)


def cases_of(*reports: Report) -> list[int | None]:
    return [Report.objects.get(pk=report.pk).case_id for report in reports]


# --- the ground ------------------------------------------------------------------------------------
LINE = {"type": "LineString", "coordinates": [[108.202, 16.055], [108.208, 16.055]]}


def test_a_line_becomes_as_wide_as_said():
    found = ground.drawn(json.dumps(LINE), 50)
    assert found.geom_type == "MultiPolygon" and found.valid
    assert ground.square_km(found) == pytest.approx((642 * 50 + 3.14 * 25**2) / 1e6, rel=0.02)
    assert found.contains(Point(108.205, 16.0552, srid=4326)) and not found.contains(Point(108.205, 16.0553, srid=4326))


def test_a_circle_has_the_radius_that_was_said():
    assert ground.square_km(ground.around(108.205, 16.055, 500)) == pytest.approx(0.785, rel=0.03)


@pytest.mark.parametrize(
    "wrapped",
    [
        {"type": "Feature", "properties": {}, "geometry": LINE},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": None, "geometry": LINE}]},
        {"type": "GeometryCollection", "geometries": [LINE, {"type": "Point", "coordinates": [108.2, 16.05]}]},
        {"type": "Polygon", "coordinates": [[[108.2, 16.05], [108.21, 16.06], [108.21, 16.05], [108.2, 16.06], [108.2, 16.05]]]},  # a bow tie
        {"type": "Polygon", "coordinates": [[[108.2, 16.05, 3], [108.21, 16.05, 3], [108.21, 16.06, 3], [108.2, 16.05, 3]]]},
    ],
)
def test_every_shape_of_geojson_is_taken(wrapped):
    assert ground.drawn(json.dumps(wrapped), 30).valid


@pytest.mark.parametrize(
    ("text", "width", "code"),
    [
        ("", 30, "unreadable"), ("[]", 30, "unreadable"), ("{", 30, "unreadable"), ('{"type":"Circle"}', 30, "unreadable"),
        ('{"type":"Point","coordinates":["a","b"]}', 30, "unreadable"), ('{"type":"Point","coordinates":[16.05,108.2]}', 30, "unreadable"),
        ('{"type":"FeatureCollection","features":[]}', 30, "empty"), ('{"type":"LineString","coordinates":[]}', 30, "empty"),
        ('{"type":"Point","coordinates":[NaN,16]}', 30, "unreadable"), (json.dumps(LINE), float("nan"), "width"), (json.dumps(LINE), 0, "width"),
        (json.dumps({"type": "LineString", "coordinates": [[108 + n / 1e5, 16] for n in range(3000)]}), 30, "too_many_points"),
        ("[" * 100_000, 30, "unreadable"),
    ],
)  # fmt: skip
def test_what_is_no_ground_is_refused_with_a_word(text, width, code):
    with pytest.raises(ground.NoStretch) as refusal:
        ground.drawn(text, width)
    assert refusal.value.code == code
