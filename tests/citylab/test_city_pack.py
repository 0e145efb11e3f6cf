"""A city is data: the packs are complete, a wrong one is refused with file, line and field, and no city is in the code."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from citylab.cities.pack import CITIES, CityPack, PackError, city_pack, read_pack
from tests.conftest import shared

ROOT = Path(__file__).parents[2]
INVENTED = ROOT / "tests" / "cities" / "puerto_ceibal"
SHIPPED = sorted(path.parent for path in CITIES.glob("*/city.toml"))
EVERY_PACK = pytest.mark.parametrize("folder", [*SHIPPED, INVENTED], ids=lambda folder: folder.name)


@pytest.fixture
def broken(tmp_path):
    """A copy of the invented pack with one file changed: `broken("city.toml", "old", "new")` → the complaints."""

    def change(name: str, old: str, new: str) -> list[str]:
        folder = tmp_path / "copy"
        shutil.copytree(INVENTED, folder)
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), "utf-8")
        with pytest.raises(PackError) as refused:
            read_pack(folder)
        return refused.value.complaints

    return change


@EVERY_PACK
def test_a_pack_is_complete(folder):
    pack = read_pack(folder)
    assert pack.hotline.tel.startswith("tel:")
    assert pack.language in pack.languages and "en" in pack.languages
    assert {route.body for route in pack.routes} - {"@unit"} <= {body.code for body in pack.bodies}
    assert (folder / "README.md").is_file()


@EVERY_PACK
def test_residents_see_groups_and_nothing_else(folder):
    assert all(row.resident == row.is_group for row in read_pack(folder).waste_types)


@EVERY_PACK
def test_a_code_of_another_list_stands_for_one_waste_type_only(folder):
    for column in ("unep", "g", "ospar", "taco"):
        used = [code for row in read_pack(folder).waste_types for code in getattr(row, column).split()]
        assert len(used) == len(set(used)), column


def test_the_default_city_names_every_plastic_code_of_the_beach_lists():
    rows = city_pack().waste_types
    unep = {code for row in rows for code in row.unep.split()}
    assert unep == {f"PL{n:02}" for n in range(1, 25)} | {f"FP{n:02}" for n in range(1, 6)}
    g = {code for row in rows for code in row.g.split()}
    assert g == {f"G{n}" for n in [*range(1, 103), 123, 124, 125]}


def test_fishing_gear_and_foam_are_first_class_in_the_default_city():
    groups = [row.code for row in city_pack().waste_types if row.is_group]
    assert {"nets", "rope", "floats", "foam"} <= set(groups) and 10 <= len(groups) <= 14


def test_dangerous_things_are_flagged():
    flagged = {row.code: row.hazard for row in city_pack().waste_types if row.hazard}
    assert flagged["needles"] == "needles" and "chemicals" in flagged.values() and flagged["hazard"] == "any"


def test_holidays_are_listed_for_three_years_with_the_lunar_new_year():
    holidays = city_pack().holidays
    assert {2026, 2027, 2028} <= {row.date.year for row in holidays}
    for year in (2026, 2027, 2028):
        assert sum(row.date.year == year and "Tết Nguyên đán" in row.name for row in holidays) >= 5


def test_every_unit_of_the_default_city_has_a_population_and_the_sum_is_the_sources():
    from reports.geography.vietnamese_units import units_of_province

    pack = city_pack()
    units = units_of_province(pack.areas.province, {kind.prefix: kind.code for kind in pack.area_kinds})
    assert {row.area_code for row in pack.populations} == {unit.code for unit in units}
    assert sum(row.people for row in pack.populations) == 3_121_752


def test_populations_agree_with_the_public_table():
    import csv

    with shared("areas/danang_2025_population_mergers.csv").open() as file:
        figures = sorted(int(float(row["population"])) for row in csv.DictReader(file))
    assert figures == sorted(row.people for row in city_pack().populations)


def test_a_pack_is_found_by_name_by_path_and_by_the_environment(monkeypatch):
    assert city_pack(SHIPPED[0].name).id == SHIPPED[0].name
    assert city_pack(str(INVENTED)).time_zone == "America/Montevideo"
    monkeypatch.setenv("CITYLAB_CITY", str(INVENTED))
    assert city_pack().id == "puerto_ceibal"


def test_a_pack_is_read_once_a_process():
    assert city_pack(str(INVENTED)) is city_pack(str(INVENTED))


def test_an_unknown_city_is_refused_with_the_names_of_the_known():
    with pytest.raises(PackError, match=f"neither a folder nor one of the cities {SHIPPED[0].name}"):
        city_pack("atlantis")


def test_a_pack_needs_neither_django_nor_a_package():
    code = (
        "import sys, types; sys.modules['celery'] = None; sys.modules['django'] = None;"
        "package = types.ModuleType('citylab'); package.__path__ = ['citylab']; sys.modules['citylab'] = package;"
        "from citylab.cities.pack import city_pack; print(city_pack().time_zone)"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "/" in done.stdout


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "words"),
    [
        ("city.toml", 'time_zone = "America/Montevideo"', 'time_zone = "America/Ceibal"', 10, "[city] time_zone"),
        ("city.toml", "zoom = 13", 'zoom = "13"', 15, "[map] zoom"),
        ("city.toml", "centre = [-57.60, -34.95]", "centre = [-34.95, -57.60]", 16, "order is west"),
        ("city.toml", 'source = "file"', 'source = "osm"', 20, "[areas] source"),
        ("city.toml", 'file = "areas.geojson"', 'file = "area.geojson"', 21, "no file “area.geojson”"),
        ("city.toml", 'number = "1950 2222"\n', "", 55, "[hotline] number"),
        ("city.toml", 'fire = "911"', "fire = 911", 62, "[emergency] fire"),
        ("city.toml", "deadline_working_days = 5", "deadline_working_days = 0", 52, "from 1 to 365"),
        ("waste_types.csv", "cabo,redes", "cabo,red", 4, "group: “red” is not the code"),
        ("waste_types.csv", "bolsas,bolsas", "redes,bolsas", 5, "already in line 2"),
        ("waste_types.csv", "PL19", "P19", 4, "unep"),
        ("waste_types.csv", "unknown,unknown", "otros,otros", None, "“unknown” is missing"),
        ("waste_types.csv", ",hazard,", ",danger,", 1, "hazard: this column is missing"),
        ("routing.csv", "10,playa,,,,playas", "10,playa,,,,playa", 2, "body: “playa”"),
        ("routing.csv", "10,playa", "510,playa", None, "must come before @unit"),
        ("routing.csv", "10,playa", "10,laguna", None, "“laguna” is not a table"),
        ("routing.csv", "burning", "fire", 4, "problem: “fire”"),
        ("routing.csv", "900,,,,,ambiente\n", "", None, "no line fits every place"),
        ("holidays.csv", "2026-12-25", "25.12.2026", 7, "date: “25.12.2026”"),
        ("populations.csv", "4000", "4,000", 2, "more or fewer fields"),
        ("bodies.csv", "ambiente@puertoceibal.example", "ambiente", 2, "email"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_file_line_and_field(broken, name, old, new, line, words):
    complaints = broken(name, old, new)
    where = f"copy/{name}" + (f", line {line}," if line else ",")
    assert any(complaint.startswith(where) and words in complaint for complaint in complaints), complaints


def test_all_complaints_are_told_at_once(tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(INVENTED, folder)
    (folder / "bodies.csv").unlink()
    (folder / "city.toml").write_text("[city]\n", "utf-8")
    with pytest.raises(PackError) as refused:
        read_pack(folder)
    assert len(refused.value.complaints) > 15
    assert any("bodies.csv" in complaint for complaint in refused.value.complaints)


def test_a_file_that_is_no_toml_is_refused_with_its_line(broken):
    assert "line 5" in broken("city.toml", 'name_en = "Puerto Ceibal"', "name_en = Puerto Ceibal")[0]


def test_the_fingerprint_changes_with_any_file(tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(INVENTED, folder)
    before: CityPack = read_pack(folder)
    (folder / "places.csv").write_text((folder / "places.csv").read_text() + "x1,Otra,,plaza,-57.6,-34.95\n")
    assert read_pack(folder).fingerprint != before.fingerprint


def code_files() -> list[Path]:
    """Every file of code; city packs and translations are data."""
    folders = ("citylab", "reports", "analytics")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    data = [*SHIPPED, CITIES / "default.txt", ROOT / "citylab" / "locale", ROOT / "citylab" / "static" / "build"]
    return [
        path
        for path in found
        if path.suffix in {".py", ".html", ".js", ".mjs", ".ts", ".css", ".sql", ".txt", ".json", ".toml", ".svg"}
        and not any(path == own or own in path.parents for own in data)
    ]


def test_no_real_city_is_named_in_the_code():
    names = re.compile(r"nẵng|\bda ?nang|quảng nam|hoàng sa|hải châu|sơn trà|hội an|0236|góp ?ý", re.IGNORECASE)
    guilty = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in code_files()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if names.search(line)
    ]
    assert guilty == []


@EVERY_PACK
def test_no_coordinate_of_a_city_is_in_the_code(folder):
    west, south, east, north = read_pack(folder).bounds
    guilty = []
    for path in code_files():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            # Two numbers with decimals side by side that lie inside the city, either way round.
            for first, second in re.findall(r"(-?\d+\.\d+)\s*[,;]\s*(-?\d+\.\d+)", line):
                for lon, lat in ((float(first), float(second)), (float(second), float(first))):
                    if west <= lon <= east and south <= lat <= north:
                        guilty.append(f"{path.relative_to(ROOT)}:{number}")
    assert sorted(set(guilty)) == []


def test_a_wrong_deadline_is_told_with_its_line(broken):
    assert broken("deadlines.csv", "dump,truck,6", "dump,lorry,0") == [
        "copy/deadlines.csv, line 3, amount: “lorry” is not one of bag, cart, truck, unknown.",
        "copy/deadlines.csv, line 3, working_days: “0” is not a whole number from 1 to 365.",
    ]


def test_ready_answers_are_checked(tmp_path):
    from citylab.cities.complaints import Complaints
    from citylab.cities.replies import read_replies

    path, complaints = tmp_path / "replies.toml", Complaints()
    path.write_text('[[reply]]\nverb = "close"\nname = "x"\ntext = ""\ncolour = "red"\n', "utf-8")
    read_replies(path, complaints)
    assert [sentence.split(", ", 1)[1] for sentence in complaints.sentences] == [
        "line 1, verb: “close” is not one of refuse, hold, reopen, reroute.",
        "line 1, text: must have from 1 to 1000 letters.",
        "line 1, colour: is not known.",
    ]
