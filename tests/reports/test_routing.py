"""Who is responsible: overlays before units, units before the city, guesses never."""

import pytest
from django.contrib.gis.geos import Point

from reports.geography.routing import body_for, routing_for
from reports.models import Area, Route

IN_CENTRE = (-57.600, -34.942)
ON_THE_BEACH = (-57.605, -34.9685)
IN_THE_PORT_ONLY = (-57.586, -34.966)
BEACH_AND_PORT = (-57.590, -34.970)
FAR_AWAY = (-75.16, 39.95)

pytestmark = pytest.mark.usefixtures("second_city")


def body(**asked) -> str:
    return body_for(**asked).code


def test_a_case_in_a_unit_goes_to_the_units_own_body():
    assert body(point=IN_CENTRE) == "unit-pc05"
    assert body_for(point=Point(*IN_CENTRE)).name == "Junta Vecinal del barrio Centro"


def test_an_overlay_wins_over_the_unit_it_lies_in():
    assert body(point=ON_THE_BEACH) == "playas"
    assert body(point=IN_THE_PORT_ONLY) == "autoridad-portuaria"


def test_of_two_overlays_the_lower_priority_number_wins():
    assert body(point=BEACH_AND_PORT) == "playas"
    Route.objects.filter(area_kind="puerto").update(priority=5)
    assert body(point=BEACH_AND_PORT) == "autoridad-portuaria"


def test_a_kind_of_problem_or_waste_can_have_its_own_body():
    assert body(point=IN_CENTRE, problem="burning") == "defensa-civil"
    assert body(point=IN_CENTRE, waste_group="peligroso") == "ambiente"
    assert body(point=IN_CENTRE, problem="litter", waste_group="bolsas") == "unit-pc05"


def test_an_overlay_wins_over_a_rule_for_a_problem_of_higher_number():
    assert body(point=ON_THE_BEACH, problem="burning") == "playas"


def test_a_case_off_the_shore_goes_to_the_nearest_unit():
    assert body(point=(-57.575, -34.9735)) == "unit-pc03"


def test_a_case_far_away_goes_to_the_citys_default():
    assert body(point=FAR_AWAY) == "ambiente"


def test_a_guessed_polygon_never_routes_a_case():
    Area.objects.filter(code__in=["PC05", "playa-mansa"]).update(approximate=True)
    assert body(point=IN_CENTRE) == "ambiente"
    assert body(point=ON_THE_BEACH) == "unit-pc02"


def test_a_unit_that_a_person_named_routes_even_when_its_polygon_is_a_guess():
    Area.objects.filter(code="PC05").update(approximate=True)
    assert body(area=Area.objects.get(code="PC05")) == "unit-pc05"


def test_a_point_is_believed_before_a_named_unit():
    assert body(point=IN_CENTRE, area=Area.objects.get(code="PC01")) == "unit-pc05"


def test_a_rule_may_name_single_units():
    ambiente = Route.objects.get(area_kind="", area_code="", problem="", waste_group="").body
    Route.objects.filter(area_code="PC05").update(body=ambiente)
    assert body(point=IN_CENTRE) == "ambiente"
    assert body(point=(-57.62, -34.94)) == "unit-pc04"


def test_without_a_table_nobody_is_responsible():
    Route.objects.all().delete()
    assert body_for(point=IN_CENTRE) is None


def test_the_winning_line_and_the_area_behind_it_can_be_told():
    beach = routing_for(point=ON_THE_BEACH)
    assert (beach.route.area_kind, beach.area.kind, beach.area.unit) == ("playa", "playa", False)
    centre = routing_for(point=IN_CENTRE)
    assert (centre.route.area_code, centre.area.code) == ("PC05", "PC05")


def test_a_line_for_the_whole_city_has_no_area_behind_it():
    assert routing_for(point=IN_CENTRE, problem="burning").area is None
    assert routing_for(point=FAR_AWAY).area is None
