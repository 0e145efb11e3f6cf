"""`analyse` on files of every kind, good and bad, without a database."""

import csv
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from analytics.analyse_file import FileAnalysis, analyse_file, summary
from analytics.neighbours import as_cells
from analytics.report_points import FileProblem, read_points

CITY_ZONE = "Asia/Ho_Chi_Minh"
COLUMNS = {"lon": "lon", "lat": "lat", "time": "seen", "timezone": CITY_ZONE}
FIRST_DAY = date(2024, 1, 1)
SHARED_DATA = Path(os.environ.get("CITYLAB_SHARED_DATA", "../shared/data"))


@pytest.fixture(scope="module")
def reports() -> pd.DataFrame:
    """A year of reports: a thin scatter of piles over the town, and one block where they gather at the end."""
    rng = np.random.default_rng(1)
    scatter = rng.uniform((108.19, 16.04), (108.23, 16.08), (1500, 2))
    gathered = rng.uniform((108.2190, 16.0590), (108.2215, 16.0615), (60, 2))
    # To the second: spreadsheets and map files keep milliseconds at best, and the first report makes the case.
    days = np.concatenate([rng.uniform(0, 364, 1500), rng.uniform(344, 364, 60)])
    place = np.concatenate([scatter, gathered])
    seen = [datetime(2024, 1, 1) + timedelta(seconds=round(day * 86_400)) for day in days]
    return pd.DataFrame({"lon": place[:, 0], "lat": place[:, 1], "seen": seen, "note": "túi ni lông,\nbên đường"})


def analysed(path: Path, out: Path, **options: object) -> FileAnalysis:
    return analyse_file(path, out, **{**COLUMNS, "until": "2024-W52", **options})  # type: ignore[arg-type]


def same_tables(one: FileAnalysis, other: FileAnalysis) -> bool:
    columns = ("cell", "count", "observed", "expected", "ratio", "p", "q", "gi_star", "hot")
    return all(np.array_equal(getattr(one.result, name), getattr(other.result, name)) for name in columns)


@pytest.fixture(scope="module")
def from_csv(reports: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> FileAnalysis:
    folder = tmp_path_factory.mktemp("csv")
    reports.to_csv(folder / "reports.csv", index=False)
    return analysed(folder / "reports.csv", folder / "hotspots.gpkg")


def test_the_block_where_waste_gathers_is_found(from_csv: FileAnalysis) -> None:
    result = from_csv.result
    block = h3.latlng_to_cell(16.06025, 108.22025, result.resolution)
    assert result.hot[np.searchsorted(result.cell, np.uint64(h3.str_to_int(block)))]
    assert 0 < result.hot.sum() < 30
    assert from_csv.problems == []
    assert from_csv.n_reports == 1560
    assert from_csv.n_cases < 1560


@pytest.mark.parametrize("kind", ["xlsx", "parquet", "geojson", "gpkg", "tsv"])
def test_every_kind_of_file_gives_the_same_table(
    kind: str, reports: pd.DataFrame, from_csv: FileAnalysis, tmp_path: Path
) -> None:
    path = tmp_path / f"reports.{kind}"
    options: dict[str, object] = {}
    if kind == "xlsx":
        reports.to_excel(path, index=False)
    elif kind == "parquet":
        reports.to_parquet(path)
    elif kind == "tsv":
        reports.to_csv(path, index=False, sep="\t", encoding="utf-8-sig")
    else:
        points = geopandas.points_from_xy(reports["lon"], reports["lat"], crs=4326)
        rows = geopandas.GeoDataFrame({"seen": reports["seen"].map(datetime.isoformat)}, geometry=points)
        # 15 decimals, as a text format keeps only 7 of its own accord
        rows.to_file(path, **({"COORDINATE_PRECISION": 15} if kind == "geojson" else {}))
        options = {"lon": None, "lat": None}
    other = analysed(path, tmp_path / "out.csv", **options)
    assert same_tables(from_csv, other)


def test_a_map_file_in_metres_is_brought_to_longitude_and_latitude(tmp_path: Path) -> None:
    places = [shapely.Point(108.2, 16.05), None, shapely.box(108.3, 16.1, 108.301, 16.101)]
    rows = geopandas.GeoDataFrame({"seen": ["2024-12-20T08:00"] * 3}, geometry=places, crs=4326)
    rows.to_crs(5899).to_file(tmp_path / "metres.gpkg")
    points = read_points(tmp_path / "metres.gpkg", lon=None, lat=None, time="seen", timezone_name=CITY_ZONE)
    np.testing.assert_allclose(points.lon, [108.2, 108.3005], atol=1e-7)
    np.testing.assert_allclose(points.lat, [16.05, 16.1005], atol=1e-7)
    assert points.problems == [(2, "the place is missing")]


def test_the_order_of_the_lines_does_not_matter(reports: pd.DataFrame, from_csv: FileAnalysis, tmp_path: Path) -> None:
    reports.sample(frac=1, random_state=2).to_csv(tmp_path / "shuffled.csv", index=False)
    assert same_tables(from_csv, analysed(tmp_path / "shuffled.csv", tmp_path / "out.csv"))


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "csv"])
def test_what_is_written_is_what_was_found_to_the_last_digit(kind: str, reports: pd.DataFrame, tmp_path: Path) -> None:
    reports.to_csv(tmp_path / "reports.csv", index=False)
    out = tmp_path / "new folder" / f"hotspots.{kind}"
    result = analysed(tmp_path / "reports.csv", out).result
    back = pd.read_csv(out, float_precision="round_trip") if kind == "csv" else geopandas.read_file(out)
    columns = ["cell", "week", "observed", "expected", "ratio", "p", "q", "gi_star", "hot"]
    assert [name for name in back.columns if name != "geometry"] == columns
    assert as_cells([h3.str_to_int(cell) for cell in back["cell"]]).tolist() == result.cell.tolist()
    assert set(back["week"]) == {"2024-W52"}
    for name in columns[2:]:
        assert np.array_equal(back[name].to_numpy(), getattr(result, name)), name
    if kind != "csv":
        assert back.crs == 4326
        centre = back.geometry.iloc[7].centroid
        assert h3.latlng_to_cell(centre.y, centre.x, result.resolution) == back["cell"].iloc[7]
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_bad_lines_are_named_by_number_and_the_good_ones_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    good = ["108.2,16.05,2024-12-20 08:00,ok", "108.21,16.06,20/12/2024 08:00,day first"]
    bad = [
        ",16.05,2024-12-20,no longitude",
        "east,16.05,2024-12-20,words",
        "108.2,160.5,2024-12-20,beyond the pole",
        "nan,16.05,2024-12-20,nan",
        "108.2,16.05,,no time",
        "108.2,16.05,yesterday,words",
        "108.2,16.05,32/12/2024,no such day",
        "108.2,16.05,2999-01-01,future",
        "108.2,16.05,1969-01-01,unset clock",
        "108.2,16.05",
    ]
    broken_note = '108.2,16.05,2024-12-21 08:00,"a note\nof two lines"'
    path.write_text("\n".join(["lon,lat,seen,note", good[0], broken_note, *bad, "", good[1]]))
    outcome = analysed(path, tmp_path / "out.csv")
    assert [problem.line for problem in outcome.problems] == list(range(5, 15))
    reasons = [problem.reason for problem in outcome.problems]
    assert reasons[0] == "the place is missing"
    assert "“east, 16.05” is not a longitude" in reasons[1]
    assert all("is not a place on Earth" in reason for reason in reasons[2:4])
    assert reasons[4] == reasons[9] == "the time is missing"
    assert all("is not a date and time such as" in reason for reason in reasons[5:7])
    assert (reasons[7], reasons[8]) == ("the time lies in the future", "the time lies before 1970")
    assert (outcome.n_reports, outcome.n_cases) == (3, 2)
    text = summary(outcome)
    assert "10 lines were left out:" in text
    assert "line 5: the place is missing" in text


def test_many_bad_lines_are_all_named_but_not_all_explained(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_text("lon,lat,seen\n108.2,16.05,2024-12-20\n" + "108.2,16.05,\n" * 30)
    text = summary(analysed(path, tmp_path / "out.csv"))
    assert "30 lines were left out:" in text
    assert text.count("the time is missing") == 20
    assert "and lines 23, 24, 25, 26, 27, 28, 29, 30, 31, 32" in text


def test_days_since_a_date_are_days_on_the_local_clock(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_text("lon,lat,T\n-71.5,-33.0,250.5\n-71.5,-33.0,0\n-71.5,-33.0,soon\n")
    zone = "America/Santiago"  # clocks go forward on 8 September 2024, day 251 of the year
    points = read_points(path, lon="lon", lat="lat", time="T", timezone_name=zone, days_since=FIRST_DAY)
    local = [pd.Timestamp(moment, tz="UTC").tz_convert(zone) for moment in points.observed_at]
    assert [moment.isoformat() for moment in local] == ["2024-09-07T12:00:00-04:00", "2024-01-01T00:00:00-03:00"]
    assert points.problems == [(4, "“soon” is not a number of days")]


def test_times_that_carry_their_own_zone_keep_it(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_text("lon,lat,seen\n1,1,2024-12-20T08:00Z\n1,1,2024-12-20T08:00+07:00\n1,1,2024/12/20 08:00\n")
    points = read_points(path, lon="lon", lat="lat", time="seen", timezone_name=CITY_ZONE)
    assert [str(moment)[11:16] for moment in points.observed_at] == ["08:00", "01:00", "01:00"]


def test_a_phone_clock_a_little_ahead_is_taken_for_now(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_text("lon,lat,seen\n1,1,2024-12-20T20:00Z\n1,1,2024-12-22T08:00Z\n")
    now = datetime(2024, 12, 20, 8, tzinfo=UTC)
    points = read_points(path, lon="lon", lat="lat", time="seen", timezone_name=CITY_ZONE, now=now)
    assert points.observed_at.tolist() == [now.replace(tzinfo=None)]
    assert [problem.line for problem in points.problems] == [3]


@pytest.mark.parametrize(
    ("last_report", "week"),
    [
        ("2024-12-29T23:00", date(2024, 12, 23)),  # a Sunday evening: the week is over
        ("2024-12-28T23:00", date(2024, 12, 16)),  # a Saturday: it is not
        ("2024-12-05T10:00", date(2024, 12, 2)),  # the only week there is
    ],
)
def test_without_a_week_the_last_whole_one_is_analysed(last_report: str, week: date, tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_text(f"lon,lat,seen\n108.2,16.05,2024-12-03T10:00\n108.3,16.05,{last_report}\n")
    assert analysed(path, tmp_path / "out.csv", until=None).result.until == week


def test_weeks_are_those_of_the_named_time_zone(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    moment = datetime(2024, 12, 23, 1, tzinfo=ZoneInfo(CITY_ZONE))  # still Sunday in London
    path.write_text(f"lon,lat,seen\n108.2,16.05,{moment.isoformat()}\n")
    assert analysed(path, tmp_path / "out.csv").result.n_cases_window == 1
    assert analysed(path, tmp_path / "o.csv", timezone="Europe/London", until="2024-W51").result.n_cases_window == 1


def test_a_drawn_domain_is_the_one_that_is_tested(reports: pd.DataFrame, tmp_path: Path) -> None:
    reports.to_csv(tmp_path / "reports.csv", index=False)
    drawn = shapely.box(108.20, 16.05, 108.22, 16.07)
    geopandas.GeoSeries([drawn], crs=4326).to_file(tmp_path / "town.geojson")
    outcome = analysed(
        tmp_path / "reports.csv", tmp_path / "out.csv", domain=str(tmp_path / "town.geojson"), resolution=10
    )
    assert outcome.result.domain == "file"
    assert outcome.result.n_cases_outside > 500
    assert "lie outside the domain and were not tested" in summary(outcome)
    centres = shapely.points([h3.cell_to_latlng(h3.int_to_str(int(cell)))[::-1] for cell in outcome.result.cell])
    assert (shapely.distance(centres, drawn) < 0.001).all()


def test_cases_after_the_last_week_are_left_out_and_said_so(reports: pd.DataFrame, tmp_path: Path) -> None:
    reports.to_csv(tmp_path / "reports.csv", index=False)
    outcome = analysed(tmp_path / "reports.csv", tmp_path / "out.csv", until="2024-06-30")
    assert outcome.result.n_cases + outcome.n_cases_later == outcome.n_cases
    assert f"{outcome.n_cases_later} cases came after 2024-W26" in summary(outcome)


def test_the_summary_says_what_was_found_in_plain_words(from_csv: FileAnalysis, tmp_path: Path) -> None:
    text = summary(from_csv)
    assert "1,560 reports are" in text
    assert "hot hexagons, where there is more than chance explains" in text
    assert "times as many" in text
    path = tmp_path / "two.csv"
    path.write_text("lon,lat,seen\n108.2,16.05,2024-12-24\n108.21,16.06,2024-12-25\n")
    assert "no hotspot" in summary(analysed(path, tmp_path / "out.csv"))
    assert "does not mean it is clean" in summary(analysed(path, tmp_path / "out.csv"))


def test_files_that_cannot_be_analysed_are_refused_with_a_sentence(tmp_path: Path) -> None:
    path, out = tmp_path / "reports.csv", tmp_path / "out.csv"
    with pytest.raises(FileProblem, match=r"There is no file .*nowhere.csv"):
        analysed(tmp_path / "nowhere.csv", out)
    path.write_text("x,y,seen\n1,1,2024-12-20\n")
    with pytest.raises(FileProblem, match=r"has no column “lon”. Its columns are: “x”, “y”, “seen”"):
        analysed(path, out)
    with pytest.raises(FileProblem, match="Name the columns"):
        analysed(path, out, lon=None)
    with pytest.raises(ValueError, match=r"out.docx must end in .gpkg, .geojson or .csv"):
        analysed(path, tmp_path / "out.docx")
    with pytest.raises(ValueError, match="is not a week"):
        analysed(path, out, until="soon")
    with pytest.raises(FileProblem, match=r"There is no file .* to take the domain from"):
        analysed(path, out, domain="town.gpkg")
    path.write_text("lon,lat,seen\n1,1,never\n")
    with pytest.raises(FileProblem, match=r"(?s)No line of reports.csv can be used.*line 2"):
        analysed(path, out)
    path.write_text("lon,lat,seen\n1,1,2020-12-20\n")
    with pytest.raises(FileProblem, match="no case in the two years that end with 2024-W52"):
        analysed(path, out)
    path.write_bytes("lon,lat,seen,note\n1,1,2024-12-20,túi\n".encode("cp1258", "replace"))
    with pytest.raises(FileProblem, match="is not UTF-8"):
        analysed(path, out)
    for name in ("broken.xlsx", "broken.parquet", "broken.gpkg", "broken.doc"):
        (tmp_path / name).write_text("not what it says")
        with pytest.raises(FileProblem, match=r"broken\..* (cannot be read|is none of)"):
            analysed(tmp_path / name, out)
    assert not out.exists()


def test_real_reports_of_dumping_are_analysed_and_hotspots_are_found(tmp_path: Path) -> None:
    path = SHARED_DATA / "reports" / "philadelphia_dumping_2024.csv"
    if not path.exists():
        pytest.skip(f"needs the real data file {path.name}: set CITYLAB_SHARED_DATA to the folder that holds it")
    outcome = analyse_file(
        path,
        tmp_path / "out.csv",
        lon="X",
        lat="Y",
        time="T",
        timezone=CITY_ZONE,
        days_since=FIRST_DAY,
        until="2024-W52",
    )
    with path.open() as file:
        assert outcome.n_reports == sum(1 for _ in csv.reader(file)) - 1 == 22_156
    assert outcome.problems == []
    assert outcome.result.hot.sum() > 50
    assert outcome.result.ratio[outcome.result.hot].min() > 2
