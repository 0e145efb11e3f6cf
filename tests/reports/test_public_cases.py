"""What of the cases is public, and that every figure is the length of its list."""

import itertools
from datetime import date, timedelta

import h3.api.basic_int as h3
import pytest
from django.http import QueryDict

from reports.models import Case, CaseEvent, WasteType
from reports.public_cases import few, in_order, key_of, public_cases, told
from reports.public_list import points
from reports.public_list.filter import PAGE, PublicFilter
from reports.public_list.period import FIGURES, Weeks, behind
from reports.public_list.words import near_day, state_of

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 16)


@pytest.fixture
def coarse():
    """Moves the public point of a case to the centre of its cell of resolution 11, as grouping does."""

    def move(case: Case) -> Case:
        lat, lon = h3.cell_to_latlng(h3.latlng_to_cell(case.location.y, case.location.x, 11))
        case.public_location.x, case.public_location.y = lon, lat
        case.save()
        return case

    return move


@pytest.fixture
def happened():
    """Writes a line of a case's history: `happened(case, "cleaned", at, "new", "cleaned")`."""

    def write(case: Case, kind: str, at, before: str, after: str, **details) -> None:
        CaseEvent.objects.create(case=case, kind=kind, at=at, from_status=before, to_status=after, details=details)

    return write


def asked(**query: str) -> PublicFilter:
    wanted = QueryDict(mutable=True)
    wanted.update(query)
    return PublicFilter.read(wanted)


def codes_of(cases) -> set[str]:
    return {case.code for case in cases}


@pytest.mark.parametrize("status", ["refused", "withdrawn"])
def test_refused_and_withdrawn_cases_are_not_public(case, status):
    shown, _hidden = case(), case(status=status)
    assert codes_of(public_cases()) == {shown.code}


def test_merged_cases_are_not_public(case):
    stays = case()
    case(status="merged", merged_into=stays)
    assert codes_of(public_cases()) == {stays.code}


def test_a_case_that_only_held_reports_tell_of_waits_for_a_person(case, report):
    flooded, told_of, of_the_city = case(counts=False), case(), case(counts=False)
    report(flooded, held="place", counts=False)
    report(told_of, held="device", counts=False)
    report(told_of)
    assert codes_of(public_cases()) == {told_of.code, of_the_city.code}


def test_fewer_than_five_reports_are_not_told_exactly():
    assert [few(count) for count in (None, 0, 1, 4, 5, 17)] == ["<5", "<5", "<5", "<5", 5, 17]


@pytest.mark.parametrize("moment", ["observed_at", "cleaned_at"])
def test_pages_of_every_size_are_by_day_and_code(case, noon, settings, moment):
    hours = (-11.9, -3, 0, 2, 11.9)
    made = [case(status="cleaned", at=noon - timedelta(days=day, hours=hour), lon=108.2 + day / 100) for day in range(4) for hour in hours]
    day = settings.CITY.calendar.local_day
    expected = [c.code for c in sorted(made, key=lambda c: (-day(getattr(c, moment)).toordinal(), c.code))]
    for size in (1, 2, 7, 20):
        seen: list[str] = []
        for _page in itertools.count():
            found = in_order(public_cases(), size, key_of(seen[-1], moment) if seen else None, moment)
            if not found:
                break
            seen += [each.code for each in found]
        assert seen == expected, size


def test_the_exact_point_is_not_read_for_lists(case):
    case()
    assert told(public_cases()).get().get_deferred_fields() == {"location"}


# --- figures ---------------------------------------------------------------------------------------


def test_a_week_counts_what_was_first_seen_in_it_by_the_citys_clocks(case, noon):
    """The week begins at midnight in the city, seven hours before it does in Greenwich."""
    weeks = Weeks(MONDAY)
    inside = [case(at=weeks.start), case(at=weeks.end - timedelta(seconds=1)), case(at=noon)]
    case(at=weeks.start - timedelta(seconds=1)), case(at=weeks.end), case(at=noon, counts=False)
    assert codes_of(behind("opened", public_cases(), weeks)) == codes_of(inside)


def test_cleaned_and_nothing_found_are_apart(case, noon, happened):
    cleaned, empty, old = case(status="cleaned"), case(status="cleaned"), case(status="cleaned")
    happened(cleaned, "cleaned", noon, "confirmed", "cleaned")
    happened(empty, "cleaned", noon, "confirmed", "cleaned", nothing_found=True)
    happened(old, "cleaned", noon - timedelta(weeks=2), "confirmed", "cleaned", nothing_found=False)
    assert codes_of(behind("cleaned", public_cases(), Weeks(MONDAY))) == {cleaned.code}
    assert codes_of(behind("nothing_found", public_cases(), Weeks(MONDAY))) == {empty.code}
    assert codes_of(behind("cleaned", public_cases(), Weeks(MONDAY, 3))) == {cleaned.code, old.code}


def test_open_at_the_end_is_read_backwards(case, noon, happened):
    weeks, after = Weeks(MONDAY), Weeks(MONDAY).end + timedelta(hours=5)
    still, later, before = case(), case(status="cleaned", cleaned_at=after, closed_at=after), case(status="cleaned")
    happened(later, "cleaned", after, "confirmed", "cleaned")
    happened(before, "cleaned", noon + timedelta(days=1), "confirmed", "cleaned")
    reopened = case(status="confirmed", at=noon - timedelta(weeks=3), cleaned_at=noon - timedelta(weeks=2))
    happened(reopened, "cleaned", noon - timedelta(weeks=2), "confirmed", "cleaned")
    happened(reopened, "reopened", after, "cleaned", "confirmed")
    case(at=after)
    assert codes_of(behind("open", public_cases(), weeks)) == {still.code, later.code}


def test_late_at_the_end_are_open_ones_whose_deadline_had_passed(case, noon):
    late, _in_time, _none = case(due_at=noon), case(due_at=Weeks(MONDAY).end + timedelta(days=1)), case()
    assert codes_of(behind("overdue", public_cases(), Weeks(MONDAY))) == {late.code}


def test_in_time_is_clean_before_the_deadline(case, noon, happened):
    due = noon + timedelta(days=2)
    in_time, too_late, still = (case(status=s, due_at=due) for s in ("cleaned", "cleaned", "confirmed"))
    happened(in_time, "cleaned", due - timedelta(hours=1), "confirmed", "cleaned")
    happened(too_late, "cleaned", due + timedelta(hours=1), "confirmed", "cleaned")
    case(status="cleaned", due_at=due + timedelta(weeks=1))
    assert codes_of(behind("due", public_cases(), Weeks(MONDAY))) == {in_time.code, too_late.code, still.code}
    assert codes_of(behind("on_time", public_cases(), Weeks(MONDAY))) == {in_time.code}


@pytest.mark.parametrize("figure", FIGURES)
def test_the_list_of_a_figure_is_as_long_as_the_figure(figure, case, noon, happened):
    for status in ("new", "confirmed", "cleaned", "verified", "refused"):
        made = case(status=status, due_at=noon + timedelta(days=2))
        if status in ("cleaned", "verified"):
            happened(made, "cleaned", noon + timedelta(hours=2), "confirmed", "cleaned", nothing_found=status == "verified")
    listed = asked(figure=figure, week="2026-W47")
    assert listed.faults == []
    assert listed.count() == len(listed.page()[0]) == behind(figure, public_cases(), Weeks(MONDAY)).count()


# --- the filter --------------------------------------------------------------------------------------


def test_a_list_is_narrowed_by_state_waste_unit_and_time(case, noon, two_areas, settings):
    WasteType.objects.create(code="nets", group="nets", name="Lưới", name_en="Nets", resident=True)
    now = settings.CITY.calendar.first_moment(settings.CITY.calendar.today())
    here = case(at=now, waste_group="nets")
    others = [case(at=now), case(at=now, waste_group="nets", area=two_areas[1]), case(at=now - timedelta(days=40), waste_group="nets")]
    case(at=now - timedelta(days=1), status="cleaned", waste_group="nets")
    assert codes_of(asked(waste="nets", unit="W1", days="30").rows()) == {here.code}
    assert codes_of(asked().rows()) == codes_of([here, *others])
    assert asked(state="all").count() == 5
    assert asked(state="cleaned", unit="W1").count() == 1


def test_a_place_is_found_without_diacritics(case, two_areas):
    from django.contrib.gis.geos import Point

    from reports.geography.search_text import search_column
    from reports.models import Place

    Place.objects.create(kind="market", code="m1", name="Chợ Hàn", search=search_column(["Chợ Hàn"]), location=Point(108.2021, 16.0551, srid=4326))
    near, _far = case(lon=108.2022, lat=16.0552), case(lon=108.209, lat=16.059)
    found = asked(q="cho han")
    assert codes_of(found.rows()) == {near.code}
    assert "Chợ Hàn" in found.sentences[0]


def test_a_unit_is_found_by_its_former_name(case, two_areas):
    from reports.geography.search_text import search_column

    two_areas[0].aliases, two_areas[0].search = ["Hòa Hiệp Bắc"], search_column(["West", "Hòa Hiệp Bắc"])
    two_areas[0].save()
    here, _there = case(), case(lon=108.215, area=two_areas[1])
    assert codes_of(asked(q="HOA hiep bac").rows()) == {here.code}


def test_the_code_of_a_case_leads_to_it_alone(case):
    made, _other = case(), case()
    made.code = "7K4QX29MWB"
    made.save()
    assert codes_of(asked(q="dn 7k4qx-29mwb").rows()) == {made.code}


def test_an_unknown_place_is_said_and_lists_nothing(case):
    case()
    found = asked(q="nơi không có")
    assert found.count() == 0
    assert "nơi không có" in found.faults[0]


def test_a_part_of_the_map_narrows_by_the_coarse_point(case, coarse):
    made = coarse(case(lon=108.20512, lat=16.05534))
    public = made.public_location
    exact = (108.2051, 16.0553, 108.2052, 16.0554)
    assert not (exact[0] < public.x < exact[2] and exact[1] < public.y < exact[3]), "the points of this test must differ"
    assert asked(box=",".join(map(str, exact))).count() == 0
    assert asked(box=f"{public.x - 0.0001},{public.y - 0.0001},{public.x + 0.0001},{public.y + 0.0001}").count() == 1


@pytest.mark.parametrize(
    "query",
    [{"box": "1,2,3"}, {"box": "nan,1,2,3"}, {"box": "108.3,16,108.1,17"}, {"unit": "none"}, {"after": "????"}, {"after": "0000000000"},
     {"figure": "opened", "week": "2026-W54"}, {"figure": "opened", "week": "x"}, {"figure": "profit", "week": "2026-W46"},
     {"figure": "due", "week": "2026-W46", "weeks": "99"}],
)  # fmt: skip
def test_what_cannot_be_read_is_said_and_left_out(case, query):
    case()
    found = asked(**query)
    assert len(found.faults) == 1
    assert found.count() == 1


@pytest.mark.parametrize("query", [{"state": "merged"}, {"waste": "'; drop"}, {"days": "3"}, {"days": "٣٠"}, {"days": "9" * 400}])
def test_values_that_no_form_sends_change_nothing(case, query):
    case()
    assert asked(**query).count() == 1


def test_pages_of_the_list_do_not_overlap(case, noon):
    made = [case(at=noon - timedelta(days=number)) for number in range(PAGE + 3)]
    first, after = asked().page()
    second, end = asked(after=after).page()
    assert (len(first), len(second), end) == (PAGE, 3, "")
    assert codes_of(first) | codes_of(second) == codes_of(made)


# --- words and points --------------------------------------------------------------------------------


def test_answered_is_not_cleaned(case, noon):
    """Only a clean-up reads as one; the deadline is its last day."""
    due = noon.replace(hour=17) + timedelta(days=2)  # midnight in the city, when the 20th is over
    assert state_of(case(due_at=due), noon).words == "Đã tiếp nhận, hạn 20/11"
    assert state_of(case(status="confirmed", due_at=due), noon).words == "Đang xử lý, hạn 20/11"
    assert state_of(case(status="confirmed", due_at=due), due + timedelta(hours=1)) == state_of(case(due_at=due), due + timedelta(hours=1))
    assert state_of(case(due_at=due), due + timedelta(hours=1)).tone == "bad"
    cleaned = state_of(case(status="cleaned"), noon + timedelta(days=4))
    assert (cleaned.words, cleaned.tone) == ("Đã dọn xong (có ảnh), 19/11", "good")


def test_days_are_said_as_people_say_them(noon):
    said = [near_day(noon - timedelta(days=days), noon) for days in (0, 1, 2, 400)]
    assert said == ["hôm nay", "hôm qua", "16/11", "14/10/2025"]


def test_a_view_of_many_is_circles_whose_small_counts_are_not_told(case, monkeypatch):
    monkeypatch.setattr(points, "MOST_SINGLE", 5)
    for number in range(6):
        case(lon=108.2011 + number / 1e5)
    for number in range(2):
        case(status="cleaned", lon=108.2091 + number / 1e5)
    view = points.geojson(public_cases(), (108.2, 16.05, 108.21, 16.06))
    assert [feature["properties"] for feature in view["features"]] == [{"count": 6, "open": True}, {"count": "<5", "open": False}]


def test_a_view_of_few_is_single_sites_at_their_coarse_points(case, coarse):
    made = coarse(case())
    (feature,) = points.geojson(public_cases(), (108.2, 16.05, 108.21, 16.06))["features"]
    assert feature["geometry"]["coordinates"] == [round(made.public_location.x, 6), round(made.public_location.y, 6)]
    assert feature["properties"]["code"] == made.code
