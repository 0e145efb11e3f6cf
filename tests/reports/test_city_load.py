"""The pack comes into the database whole, again without effect, and changed only where it changed."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from citylab.cities.pack import city_pack, read_pack
from citylab.models import JobRun
from reports.geography import city_load
from reports.geography.city_stamp import is_loaded
from reports.models import Area, Body, Deadline, Place, Population, ReplyTemplate, Route, WasteType

pytestmark = pytest.mark.django_db
TABLES = (Area, Body, Deadline, Place, Population, ReplyTemplate, Route, WasteType)


def contents() -> dict:
    return {table.__name__: list(table.objects.order_by("pk").values()) for table in TABLES}


@pytest.fixture
def changed(invented, tmp_path):
    """The invented pack with one file changed: `changed("bodies.csv", "old", "new")`."""

    def change(name: str, old: str, new: str):
        folder = tmp_path / "puerto_ceibal"
        if not folder.exists():
            shutil.copytree(invented.folder, folder)
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), "utf-8")
        return read_pack(folder)

    return change


def test_everything_of_the_pack_is_in_the_database(second_city):
    assert WasteType.objects.filter(active=True).count() == len(second_city.waste_types)
    assert Population.objects.get(area_code="PC01", year=2025).people == 4000
    assert Place.objects.filter(listed=True).count() == 2
    # five lines of the pack for all, and one for each of the six units
    assert Route.objects.count() == 5 + 6
    assert Body.objects.get(code="unit-pc04").name_en == "Local board of Ñandú neighbourhood"


def test_loading_again_changes_nothing(second_city):
    before = contents()
    city_load.load_city(second_city)
    assert contents() == before


def test_an_unchanged_pack_costs_two_queries(invented, command):
    command("load_city")
    with CaptureQueriesContext(connection) as queries:
        assert "loaded already" in command("load_city")
    assert len(queries) == 2


def test_a_changed_pack_is_noticed(second_city, changed):
    assert is_loaded(second_city)
    assert not is_loaded(changed("bodies.csv", "Defensa Civil", "Bomberos"))


def test_the_day_on_which_a_unit_begins_is_noticed(second_city):
    yesterday = second_city.calendar.today() - timedelta(days=1)
    JobRun.objects.update(done_at=timezone.now() - timedelta(days=10))
    assert is_loaded(second_city)
    Area.objects.filter(code="PC06", valid_to=None).update(valid_from=yesterday)
    assert not is_loaded(second_city)


def test_going_back_to_an_earlier_pack_is_a_change_too(second_city, changed):
    city_load.load_city(changed("bodies.csv", "Defensa Civil", "Bomberos"))
    assert not is_loaded(second_city)


def test_changed_rows_follow_the_pack(second_city, changed):
    city_load.load_city(changed("bodies.csv", "Defensa Civil", "Bomberos"))
    assert Body.objects.get(code="defensa-civil").name == "Bomberos"


def test_routes_are_those_of_the_pack_and_no_others(second_city, changed):
    kept = Route.objects.get(area_kind="playa").pk
    city_load.load_city(changed("routing.csv", "20,puerto,,,,autoridad-portuaria\n", ""))
    assert not Route.objects.filter(area_kind="puerto").exists()
    assert Route.objects.get(area_kind="playa").pk == kept


def test_a_waste_type_that_left_the_pack_stays_for_old_reports(second_city, changed):
    city_load.load_city(changed("waste_types.csv", "cabo,redes,Cabo,Rope,PL19,G48,,51,,,0,rope,12\n", ""))
    assert WasteType.objects.get(code="cabo").active is False


def test_a_wrong_map_file_of_the_pack_leaves_the_database_as_it_was(second_city, changed):
    before = contents()
    broken = changed("areas.geojson", '"full_name": "Barrio Centro"', '"full_name": ""')
    with pytest.raises(ValueError, match=r"areas.geojson, row \d: it has no name"):
        city_load.load_city(broken)
    assert contents() == before


def test_the_operator_is_told_when_the_listed_holidays_run_out(invented, changed, command, monkeypatch):
    assert "holidays" not in command("load_city", "-v0")
    short = changed("holidays.csv", "2028-", "2020-")
    short = changed("holidays.csv", "2027-", "2021-")
    short = changed("holidays.csv", "2026-", "2022-")
    monkeypatch.setenv("CITYLAB_CITY", str(short.folder))
    assert "public holidays are listed only until 31 December 2022" in command("load_city", "-v0")


def test_the_command_says_which_pack_could_not_be_loaded(invented, changed, command, monkeypatch):
    broken = changed("places.csv", "-57.6040", "west")
    monkeypatch.setenv("CITYLAB_CITY", str(broken.folder))
    with pytest.raises(CommandError, match=r"“puerto_ceibal” could not be loaded: places.csv, line 2"):
        command("load_city")


def test_deadlines_are_those_of_the_pack_and_the_closest_line_wins(second_city, changed, settings):
    from reports.deadlines import deadlines

    settings.CITY = second_city
    monday = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
    days = {key: second_city.calendar.between(monday.date(), (deadlines()(monday, *key) - timedelta(seconds=1)).astimezone(second_city.tz).date())
            for key in (("burning", "truck"), ("dump", "truck"), ("dump", "bag"))}  # fmt: skip
    assert days == {("burning", "truck"): 1, ("dump", "truck"): 6, ("dump", "bag"): second_city.deadline_working_days}
    city_load.load_city(changed("deadlines.csv", "dump,truck,6\n", ""))
    assert list(Deadline.objects.values_list("problem", "amount", "working_days")) == [("burning", "", 1)]


def test_a_pack_without_deadlines_leaves_those_of_the_desk_alone(second_city, changed, tmp_path):
    pack = changed("bodies.csv", "Defensa Civil", "Bomberos")
    (pack.folder / "deadlines.csv").unlink()
    Deadline.objects.update(working_days=9)
    city_load.load_city(read_pack(pack.folder))
    assert set(Deadline.objects.values_list("working_days", flat=True)) == {9}


def test_ready_answers_are_added_once_and_then_belong_to_the_desk():
    city_load.add_replies(city_pack())
    count = ReplyTemplate.objects.count()
    assert count > 5 and ReplyTemplate.objects.filter(verb="refuse", problem="burning").exists()
    ReplyTemplate.objects.update(text="worded anew", active=False)
    city_load.add_replies(city_pack())
    assert ReplyTemplate.objects.count() == ReplyTemplate.objects.filter(text="worded anew", active=False).count() == count


def test_a_pack_may_ship_no_ready_answers(second_city):
    assert not ReplyTemplate.objects.exists()
