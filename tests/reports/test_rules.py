"""What is taken and what is refused, on columns: no database, no clock of its own."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
import numpy as np
import pytest
import shapely
from h3ronpy.vector import coordinates_to_cells
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.geography.area_index import AreaIndex, AreaRow
from reports.rules import COUNTING, MAX_TEXT, Columns, KnownPlace, counting, decide, local_mondays

NOW = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)
CITY = SimpleNamespace(tz=ZoneInfo("Asia/Ho_Chi_Minh"))
WASTE = {"nets": "nets", "net_large": "nets", "foam": "foam", "unknown": "unknown"}
PLACES = {"market": KnownPlace(7, 108.205, 16.055)}


def area(id_: int, code: str, west: float, approximate: bool = False, unit: bool = True) -> AreaRow:
    return AreaRow(id_, code, "ward", code, code, code, unit, approximate, shapely.box(west, 16.05, west + 0.01, 16.06))


AREAS = AreaIndex([area(1, "W1", 108.20), area(2, "E1", 108.21, approximate=True), area(9, "BEACH", 108.20, unit=False)], "EPSG:5899", 5000)
NO_AREAS = AreaIndex([], "EPSG:5899", 5000)


def judge(n: int = 1, areas: AreaIndex = AREAS, channel: str = "api", anywhere: bool = False, **given):
    row = {"lon": np.full(n, 108.205), "lat": np.full(n, 16.055), "description": ["túi ni lông"] * n}
    row["observed_at"] = np.full(n, np.datetime64("2026-11-18T04:00", "us"))
    columns = Columns.of(n, **{**row, **{name: value if n > 1 else _one(value) for name, value in given.items()}})
    return decide(columns, city=CITY, areas=areas, waste_types=WASTE, now=NOW, channel=channel, places=PLACES, anywhere=anywhere)


def _one(value):
    return np.array([value]) if isinstance(value, int | float | np.datetime64) else [value]


def why(verdicts) -> list[str]:
    return [refusal.code for refusal in verdicts.refusals(0)]


def test_an_ordinary_report_is_taken_with_its_cell_week_and_area():
    verdicts = judge()
    assert verdicts.accepted.all() and why(verdicts) == []
    assert verdicts.cell[0] == h3.latlng_to_cell(16.055, 108.205, 10)
    assert verdicts.week[0].item() == date(2026, 11, 16)
    assert verdicts.area_id[0] == 1
    assert (verdicts.problem, verdicts.amount, verdicts.source) == (["litter"], ["unknown"], ["map"])


def test_a_report_without_a_place_is_refused():
    assert why(judge(lon=np.nan, lat=np.nan)) == ["place_missing"]


@pytest.mark.parametrize("lon, lat", [(np.nan, 16.0), (np.inf, 16.0), (108.2, -np.inf), (180.1, 0.0), (108.2, 90.01), (1e300, 1e300)])
def test_a_point_that_is_not_on_earth_is_refused(lon, lat):
    assert why(judge(lon=lon, lat=lat, has_point=True)) == ["place_unreadable"]


def test_a_point_just_off_a_polygon_belongs_to_the_nearest_area():
    verdicts = judge(lon=108.1999, lat=16.055)
    assert verdicts.accepted[0] and verdicts.area_id[0] == 1
    assert verdicts.cell[0] == h3.latlng_to_cell(16.055, 108.1999, 10)


def test_a_point_within_five_kilometres_is_taken_and_beyond_refused_with_the_distance():
    metre = 1 / 107_000  # of longitude, at this latitude
    assert judge(lon=108.20 - 4900 * metre).accepted[0]
    verdicts = judge(lon=108.20 - 5200 * metre)
    (refusal,) = verdicts.refusals(0)
    assert refusal.code == "outside"
    assert 5000 < refusal.facts["distance_m"] < 5500


def test_anywhere_takes_places_far_away_without_giving_them_an_area():
    verdicts = judge(lon=-75.16, lat=39.95, anywhere=True)
    assert verdicts.accepted[0] and verdicts.area_id[0] == 0 and verdicts.cell[0] > 0


def test_without_any_area_loaded_every_place_is_taken():
    verdicts = judge(areas=NO_AREAS, lon=2.35, lat=48.85)
    assert verdicts.accepted[0] and verdicts.area_id[0] == 0


def test_a_report_that_knows_only_its_area_never_enters_a_cell():
    verdicts = judge(lon=np.nan, lat=np.nan, area="W1")
    assert verdicts.accepted[0] and verdicts.area_id[0] == 1 and verdicts.cell[0] == 0
    assert verdicts.source == ["area"]


def test_a_point_that_stands_for_an_area_gives_the_area_and_no_cell():
    verdicts = judge(source="area")
    assert verdicts.accepted[0] and verdicts.area_id[0] == 1 and verdicts.cell[0] == 0 and np.isnan(verdicts.lon[0])
    assert why(judge(source="area", areas=NO_AREAS)) == ["area_missing"]


def test_an_unknown_area_or_place_is_refused_by_name():
    assert why(judge(area="nowhere")) == ["area_unknown"]
    assert why(judge(lon=np.nan, lat=np.nan, place="nowhere")) == ["place_unknown"]


def test_a_named_place_gives_its_point_unless_the_report_has_one():
    verdicts = judge(lon=np.nan, lat=np.nan, place="market")
    assert verdicts.accepted[0] and verdicts.place_id[0] == 7 and verdicts.lon[0] == 108.205 and verdicts.source == ["place"]
    verdicts = judge(lon=108.215, lat=16.051, place="market", accuracy_m=8.0)
    assert verdicts.place_id[0] == 7 and verdicts.lon[0] == 108.215 and verdicts.source == ["gps"]


@pytest.mark.parametrize("metres", [-1.0, np.inf, np.nan])
def test_an_accuracy_that_is_no_length_is_refused(metres):
    assert why(judge(accuracy_m=metres, has_accuracy=True)) == ["accuracy_unreadable"]


def test_a_clock_ahead_by_up_to_a_day_is_set_to_the_receipt_and_flagged():
    for ahead in (timedelta(microseconds=1), timedelta(hours=24)):
        verdicts = judge(observed_at=np.datetime64((NOW + ahead).replace(tzinfo=None), "us"))
        assert verdicts.accepted[0] and verdicts.clamped[0]
        assert verdicts.observed_at[0].item() == NOW.replace(tzinfo=None)
    assert not judge().clamped[0]


def test_a_time_more_than_a_day_ahead_is_refused():
    ahead = (NOW + timedelta(hours=24, microseconds=1)).replace(tzinfo=None)
    assert why(judge(observed_at=np.datetime64(ahead, "us"))) == ["time_ahead"]
    assert why(judge(observed_at=np.datetime64("9999-12-31", "us"))) == ["time_ahead"]


def test_a_missing_time_and_one_before_clocks_are_refused():
    assert why(judge(observed_at=np.datetime64("NaT", "us"))) == ["time_missing"]
    assert why(judge(observed_at=np.datetime64("0001-01-01", "us"))) == ["time_too_old"]


@pytest.mark.parametrize(
    "given, code",
    [
        ({"problem": "noise"}, "problem_unknown"),
        ({"amount": "ship"}, "amount_unknown"),
        ({"source": "guess"}, "source_unknown"),
        ({"waste_types": ("nets", "gold")}, "waste_unknown"),
        ({"photos_expected": 4}, "photos_out_of_range"),
        ({"photos_expected": -1}, "photos_out_of_range"),
        ({"description": "ữ" * (MAX_TEXT + 1)}, "text_too_long"),
        ({"channel": "pigeon"}, "channel_unknown"),
    ],
)
def test_what_is_not_on_the_list_is_refused(given, code):
    assert why(judge(**given)) == [code]


def test_text_of_exactly_four_thousand_characters_is_taken_however_it_is_composed():
    assert judge(description="u\u031b\u0303" * MAX_TEXT).description == ["ữ" * MAX_TEXT]
    assert judge(description="u\u031b\u0303" * MAX_TEXT).accepted[0]


def test_text_loses_what_no_database_or_spreadsheet_takes():
    assert judge(description=" a\x00b\r\nc\ud800\u202f ").description == ["ab\nc"]


def test_a_report_needs_words_or_a_photo_except_from_an_import():
    assert why(judge(description=" \n ")) == ["nothing_said"]
    assert judge(description="", photos_expected=1).accepted[0]
    assert judge(description="", channel="import").accepted[0]


def test_waste_types_are_kept_once_in_order_and_the_first_known_group_is_the_report_s():
    verdicts = judge(waste_types=("unknown", "net_large", "foam", "net_large"))
    assert verdicts.waste_types == [("unknown", "net_large", "foam")]
    assert verdicts.waste_group == ["nets"]
    assert judge(waste_types=("unknown",)).waste_group == [""]


def test_every_reason_is_told_at_once():
    verdicts = judge(lon=np.nan, lat=np.nan, problem="noise", description="")
    assert why(verdicts) == ["place_missing", "problem_unknown", "nothing_said"]


# --- how far off a device may be ----------------------------------------------------------------
def coarse(accuracy: float, source: str = "gps", area: str = "", channel: str = "api", lon: float = 108.205):
    return judge(1, lon=lon, lat=16.055, accuracy_m=float(accuracy), source=source, area=area, channel=channel)


def test_a_device_s_position_worse_than_a_kilometre_only_stands_for_its_area():
    verdicts = coarse(1000.5)
    assert (bool(verdicts.accepted[0]), int(verdicts.cell[0]), verdicts.source[0]) == (True, 0, "area")
    assert verdicts.area_id[0] and np.isnan(verdicts.accuracy_m[0])
    assert coarse(1000.0).cell[0] != 0


def test_a_place_that_a_person_pointed_at_is_never_too_coarse():
    assert coarse(3000, source="map").cell[0] != 0
    assert coarse(3000, source="", channel="import").cell[0] != 0
    assert coarse(3000, source="").cell[0] == 0  # an accuracy without a source is a device's


def test_the_area_that_was_named_wins_over_a_coarse_position():
    east = coarse(10, lon=108.215).area_id[0]
    named = coarse(3000, area="E1")
    assert (named.area_id[0], bool(named.accepted[0]), named.source[0]) == (east, True, "area")
    assert bool(coarse(3000, area="E1", lon=0.0).accepted[0])


# --- many rows are many single rows -----------------------------------------------------------
ROWS = st.fixed_dictionaries(
    {
        "lon": st.sampled_from([np.nan, 108.205, 108.2099999, 108.2100001, 108.15, 108.19, 181.0, np.inf]) | st.floats(108.1, 108.3),
        "lat": st.sampled_from([np.nan, 16.055, 16.0, -91.0]) | st.floats(15.9, 16.2),
        "has_point": st.booleans(),
        "accuracy_m": st.sampled_from([np.nan, -1.0, 0.0, 12.0, 1000.0, 1000.5]),
        "has_accuracy": st.booleans(),
        "observed_at": st.datetimes(datetime(1969, 12, 1), datetime(2026, 11, 21)).map(lambda at: np.datetime64(at, "us"))
        | st.just(np.datetime64("NaT", "us")),
        "photos_expected": st.integers(-1, 4),
        "voice_expected": st.booleans(),
        "source": st.sampled_from(["", "gps", "area", "guess", "import"]),
        "area": st.sampled_from(["", "W1", "E1", "BEACH", "nowhere"]),
        "place": st.sampled_from(["", "", "market", "nowhere"]),
        "problem": st.sampled_from(["", "dump", "noise"]),
        "amount": st.sampled_from(["", "bag", "ship"]),
        "waste_types": st.lists(st.sampled_from(["nets", "foam", "unknown", "gold"]), max_size=3).map(tuple),
        "description": st.sampled_from(["", "túi", "u\u031b\u0303", "x" * 4001, "\x00"]),
    }
)
NUMERIC = ("lon", "lat", "has_point", "accuracy_m", "has_accuracy", "observed_at", "photos_expected", "voice_expected")


def together(rows: list[dict]) -> Columns:
    return Columns(**{name: np.array([row[name] for row in rows]) if name in NUMERIC else [row[name] for row in rows] for name in rows[0]})


def outcome(verdicts, row: int) -> list:
    kept = ("accepted", "lon", "lat", "accuracy_m", "cell", "week", "observed_at", "clamped", "area_id", "place_id", "photos_expected")
    listed = ("source", "problem", "amount", "waste_types", "waste_group", "description")
    return [repr(getattr(verdicts, name)[row]) for name in (*kept, *listed)] + [repr(verdicts.refusals(row))]


@settings(deadline=None, max_examples=150)
@given(st.lists(ROWS, min_size=1, max_size=12), st.sampled_from(["api", "import"]), st.booleans(), st.sampled_from([AREAS, NO_AREAS]))
def test_a_row_is_judged_alone_as_it_is_among_others(rows, channel, anywhere, areas):
    def ask(some: list[dict]):
        return decide(together(some), city=CITY, areas=areas, waste_types=WASTE, now=NOW, channel=channel, places=PLACES, anywhere=anywhere)

    all_at_once = ask(rows)
    assert [outcome(all_at_once, at) for at in range(len(rows))] == [outcome(ask([row]), 0) for row in rows]


@settings(deadline=None, max_examples=200)
@given(st.lists(ROWS, min_size=1, max_size=6), st.sampled_from(["api", "import"]), st.booleans())
def test_what_is_accepted_fits_the_table(rows, channel, anywhere):
    verdicts = decide(together(rows), city=CITY, areas=AREAS, waste_types=WASTE, now=NOW, channel=channel, places=PLACES, anywhere=anywhere)
    for at in np.flatnonzero(verdicts.accepted):
        assert (verdicts.cell[at] == 0) == bool(np.isnan(verdicts.lon[at]))
        assert verdicts.cell[at] or verdicts.area_id[at]
        assert verdicts.observed_at[at] <= np.datetime64(NOW.replace(tzinfo=None))
        assert verdicts.week[at].item().isoweekday() == 1
        assert not verdicts.accuracy_m[at] < 0


# --- oracles ----------------------------------------------------------------------------------
@pytest.mark.parametrize("zone", ["Asia/Ho_Chi_Minh", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"])
@settings(deadline=None, max_examples=60)
@given(moments=st.lists(st.datetimes(datetime(1975, 1, 1), datetime(2037, 1, 1)), min_size=1, max_size=30))
def test_weeks_begin_on_the_monday_of_the_city_s_clock(zone, moments):
    def monday(moment: datetime) -> date:
        local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
        return local - timedelta(days=local.weekday())

    found = local_mondays(np.array(moments, "datetime64[us]"), ZoneInfo(zone))
    assert found.tolist() == [monday(moment) for moment in moments]


def test_the_cells_are_those_of_the_array_library():
    random = np.random.default_rng(2)
    lon, lat = random.uniform(107, 109, 20_000), random.uniform(14.6, 16.4, 20_000)
    verdicts = judge(20_000, areas=NO_AREAS, lon=lon, lat=lat)
    assert verdicts.cell.tolist() == coordinates_to_cells(lat, lon, 10).to_pylist()


def test_three_reports_of_a_reporter_count_in_a_cell_and_week_and_strangers_always():
    assert counting(["a", None, "a", "b", "a", "a", None, "b"]).tolist() == [True, True, True, True, True, False, True, True]
    assert counting(["a", "a"], {"a": COUNTING - 1}).tolist() == [True, False]
