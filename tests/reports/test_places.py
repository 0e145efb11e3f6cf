"""Places in words and in search, with real names, slips and former names."""

import csv
from datetime import date

import pytest
from django.contrib.gis.geos import Point
from django.core.management import CommandError
from django.utils import translation

from citylab.cities.pack import city_pack
from reports.geography.city_load import load_city
from reports.geography.place_names import inside_sentence
from reports.geography.places import place_in_words, places_in_words, search_places
from reports.geography.search_text import plain, search_column
from reports.models import Area, Place
from tests.conftest import shared

MARKET = (-57.6040, -34.9480)


@pytest.fixture
def english():
    with translation.override("en"):
        yield


class TestTextForSearching:
    @pytest.mark.parametrize(
        ("written", "words"),
        [
            ("Chợ Hàn", "cho han"),
            ("ĐƯỜNG  Đống-Đa", "duong dong da"),
            ("Hoà Khánh", "hoa khanh"),
            ("Hòa Khánh", "hoa khanh"),
            ("Ho\u0300a", "hoa"),
            ("Ñandú", "nandu"),
            ("Straße Łódź Ærø", "strasse lodz aero"),
            ("K123/4B", "k123 4b"),
            ("  ", ""),
        ],
    )
    def test_text_is_compared_without_case_accents_and_punctuation(self, written, words):
        assert plain(written) == words

    def test_our_way_of_dropping_accents_agrees_with_the_one_of_real_street_names(self):
        with shared("text/danang_street_names.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 818
        assert [row for row in rows if plain(row["name"]) != plain(row["plain"])] == []

    def test_names_stand_once_and_one_a_line(self):
        assert search_column(["Phường Hoà An", "Hoà An", "", "Hòa An"]) == "phuong hoa an\nhoa an"


class TestNamesInsideASentence:
    WORDS = city_pack("danang").generic_words

    @pytest.mark.parametrize(
        ("name", "inside"),
        [
            ("Chợ Hàn", "chợ Hàn"),
            ("Bãi Biển Mỹ Khê", "bãi biển Mỹ Khê"),
            ("Phường Hải Châu", "phường Hải Châu"),
            ("Chợ", "Chợ"),
            ("Hồng Chi", "Hồng Chi"),
            ("Vincom Plaza", "Vincom Plaza"),
        ],
    )
    def test_only_generic_words_lose_their_capital(self, name, inside):
        assert inside_sentence(name, self.WORDS) == inside


@pytest.mark.usefixtures("second_city", "english")
class TestWords:
    def test_a_point_beside_a_landmark_is_near_it(self):
        assert place_in_words(Point(-57.6035, -34.9478)) == "Near mercado del Ceibo, Centro neighbourhood"

    def test_in_the_citys_language_the_area_has_its_own_name(self):
        with translation.override("es"):
            assert place_in_words(MARKET).endswith("barrio Centro")

    def test_a_landmark_reaches_as_far_as_its_kind(self):
        market_400_m = place_in_words((-57.6040 + 0.0043, -34.9480))
        school_400_m = place_in_words((-57.6200 + 0.0043, -34.9440))
        assert "mercado" in market_400_m and "escuela" not in school_400_m

    def test_of_two_landmarks_the_better_known_one_is_named(self):
        Place.objects.create(kind="kiosco", code="k1", name="Kiosco Pepe", location=Point(-57.6030, -34.9480, srid=4326))
        assert "mercado" in place_in_words((-57.6034, -34.9480))
        assert "Kiosco" in place_in_words((-57.6030, -34.9480))

    def test_a_point_without_landmarks_is_named_by_its_unit(self):
        assert place_in_words((-57.577, -34.937)) == "Las Acequias neighbourhood"

    def test_a_point_off_the_shore_is_just_outside(self):
        assert place_in_words((-57.575, -34.9735)) == "Just outside del Faro neighbourhood"

    def test_far_away_the_coordinates_are_told(self):
        assert place_in_words((-75.16, 39.95)) == "39.95000; -75.16000"

    def test_a_guessed_border_is_not_told_as_a_fact(self):
        Area.objects.filter(code="PC06").update(approximate=True)
        assert place_in_words((-57.577, -34.937)) == "Around Las Acequias neighbourhood"

    def test_many_points_get_the_same_words_as_each_alone(self):
        points = [(-57.6035, -34.9478), (-57.577, -34.937), (-75.16, 39.95)]
        assert places_in_words(*zip(*points, strict=True)) == [place_in_words(point) for point in points]


@pytest.mark.usefixtures("second_city", "english")
class TestSearch:
    def labels(self, text: str) -> list[str]:
        return [found.label for found in search_places(text)]

    def test_accents_and_capitals_do_not_matter(self):
        assert self.labels("ñandu")[0] == self.labels("NANDÚ")[0] == "Ñandú neighbourhood"

    def test_the_beginning_of_a_word_is_enough(self):
        assert "Escuela del Río" in self.labels("esc")

    def test_words_may_come_in_any_order(self):
        assert self.labels("ceibo mercado")[0] == "Mercado del Ceibo"

    def test_a_slip_is_forgiven_when_nothing_fits(self):
        assert "Plaza de las Gaviotas" in self.labels("gabiotas")

    def test_a_name_that_is_only_similar_is_said_to_be_a_guess(self):
        assert [found.guess for found in search_places("gabiotas")] == [True] * len(search_places("gabiotas"))
        assert not any(found.guess for found in search_places("gaviotas"))

    def test_a_guess_has_a_word_like_each_that_was_typed(self):
        assert "Plaza de las Gaviotas" in self.labels("plasa gabiotas")
        assert self.labels("gabiotas xylophone") == []

    def test_a_guess_by_a_former_name_says_which(self):
        [found] = search_places("muele viexo")
        assert (found.label, found.detail, found.guess) == ("Centro neighbourhood", "formerly Barrio Muelle Viejo", True)

    def test_a_former_name_leads_to_the_unit_of_today_and_says_so(self):
        [found] = search_places("muelle viejo")
        assert (found.label, found.detail) == ("Centro neighbourhood", "formerly Barrio Muelle Viejo")

    def test_a_unit_that_has_ended_is_not_offered(self):
        Area.objects.filter(code="PC04").update(valid_to=date(2020, 1, 1))
        assert "Ñandú neighbourhood" not in self.labels("nandu")

    def test_the_whole_name_comes_before_names_that_contain_it(self):
        Place.objects.create(kind="kiosco", code="k1", name="Kiosco del Centro", search="kiosco del centro", location=Point(*MARKET, srid=4326))
        assert self.labels("centro") == ["Centro neighbourhood", "Kiosco del Centro"]

    def test_an_answer_has_a_point_and_the_unit_it_is_in(self):
        found = search_places("plaza")[0]
        assert (found.lon, found.lat, found.detail, found.is_area) == (-57.59, -34.945, "Centro neighbourhood", False)

    @pytest.mark.parametrize("text", ["", " ", "a", "(", "%", "\\", "'; DROP TABLE reports_place; --", ".*", "x" * 500])
    def test_odd_input_is_answered_without_an_error(self, text):
        assert isinstance(search_places(text), list)

    def test_no_more_than_the_limit_come_back(self):
        assert len(search_places("barrio", limit=3)) == 3


@pytest.mark.django_db
class TestRealCity:
    """Names and places that nobody on this project wrote."""

    @pytest.fixture
    def loaded(self, monkeypatch, command):
        monkeypatch.delenv("CITYLAB_CITY", raising=False)
        load_city(city_pack("danang"))
        command("load_areas", shared("areas/danang_2025.geojson"))
        self.said = command("load_places", shared("text/danang_places_osm.geojson"))

    def test_real_places_are_loaded_once(self, loaded, command):
        assert self.said.startswith("4636 added, 0 changed, 0 unchanged, 2503 passed over (no name or no landmark), 0 outside")
        again = command("load_places", shared("text/danang_places_osm.geojson"))
        assert again.startswith("0 added, 0 changed, 4636 unchanged")
        assert Place.objects.filter(listed=True).count() == Place.objects.filter(kind="market").count() == 16

    def test_real_words_name_market_and_ward(self, loaded):
        market = Place.objects.get(name="Chợ Phước Mỹ")
        with translation.override("vi"):
            assert "phường" in place_in_words(market.location) and "chợ Phước Mỹ" in place_in_words(market.location)

    def test_people_find_wards_by_the_names_they_grew_up_with(self, loaded):
        grew_up_with = {
            "tho quang": "Phường Sơn Trà",
            "Phường Mân Thái": "Phường Sơn Trà",
            "mỹ an": "Phường Ngũ Hành Sơn",
            "hòa khánh": "Phường Hoà Khánh",
            "hoà khánh": "Phường Hoà Khánh",
            "dien nam bac": "Phường Điện Bàn Đông",
            "hội an, minh an": "Phường Hội An",
        }
        with translation.override("vi"):
            found = {typed: [found.label for found in search_places(typed) if found.is_area] for typed in grew_up_with}
        assert {typed for typed, today in grew_up_with.items() if today not in found[typed]} == set()


@pytest.mark.usefixtures("second_city")
class TestLoading:
    def test_a_csv_with_lon_and_lat_is_enough(self, tmp_path, command):
        path = tmp_path / "places.csv"
        path.write_text("name,kind,lon,lat\nFeria del Sur,feria,-57.6,-34.96\n", "utf-8")
        assert command("load_places", path).startswith("1 added")
        place = Place.objects.get(name="Feria del Sur")
        assert (place.code, place.area.name, place.listed) == ("feria-feria-del-sur", "Ceibo Bajo", False)

    def test_wrong_lines_are_named_with_their_number_and_the_good_ones_are_taken(self, tmp_path, command):
        path = tmp_path / "places.csv"
        path.write_text("code,name,lon,lat\na,Bien,-57.6,-34.95\nb,,-57.6,-34.95\nc,Sin punto,x,y\na,Otra vez,-57.6,-34.95\n", "utf-8")
        said = command("load_places", path)
        assert "line 3: it has no name" in said and "line 4: it has no geometry" in said
        assert "line 5: the code a is also in line 2" in said and "1 added" in said

    def test_places_outside_the_city_are_left_out_and_counted(self, tmp_path, command):
        path = tmp_path / "places.csv"
        path.write_text("name,lon,lat\nLejos,-58.5,-34.6\n", "utf-8")
        assert "0 added" in (said := command("load_places", path)) and "1 outside the city" in said

    def test_a_csv_without_coordinates_is_refused(self, tmp_path, command):
        path = tmp_path / "streets.csv"
        path.write_text("name,plain\nCalle,calle\n", "utf-8")
        with pytest.raises(CommandError, match="no columns lon and lat"):
            command("load_places", path)

    def test_strict_takes_all_or_nothing(self, tmp_path, command):
        path = tmp_path / "places.csv"
        path.write_text("name,lon,lat\nBien,-57.6,-34.95\n,-57.6,-34.95\n", "utf-8")
        with pytest.raises(CommandError, match="Nothing was loaded"):
            command("load_places", path, "--strict")
        assert not Place.objects.filter(name="Bien").exists()

    def test_a_dry_run_keeps_nothing(self, tmp_path, command):
        path = tmp_path / "places.csv"
        path.write_text("name,lon,lat\nBien,-57.6,-34.95\n", "utf-8")
        assert "Nothing was kept" in command("load_places", path, "--dry-run")
        assert not Place.objects.filter(name="Bien").exists()
