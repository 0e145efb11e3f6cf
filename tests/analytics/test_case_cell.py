"""The page of a case tells the state of its cell in the newest analysis, which only the analytics side knows."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from analytics.hotspot_view import cell_name
from reports.models import Case

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(member):
    client = Client()
    client.force_login(member("dispatcher"), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def run(case, noon):
    from analytics.refresh import refresh

    for week in range(6):
        for place in range(5):
            case(lon=108.2005 + place * 0.0037, lat=16.0505 + (place * 7 + week) % 5 * 0.0019, at=noon - timedelta(weeks=week))
    for number in range(12):
        case(lon=108.2052, lat=16.0552, at=noon - timedelta(days=number % 10))
    return refresh(noon.date())


def test_a_case_in_a_hot_cell_leads_to_its_hotspot(desk, case, run):
    import h3.api.basic_int as h3

    found = case(lon=108.2052, lat=16.0552)
    cell = cell_name(h3.cell_to_parent(found.cell, run.resolution))
    page = desk.get(reverse("case", args=[found.code])).content.decode()
    assert run.rows.get(cell=int(cell, 16)).hot
    assert f'href="{reverse("hotspot", args=[run.pk, cell])}">điểm nóng</a>' in page


def test_a_cell_that_was_not_tested_says_so(desk, case, run):
    page = desk.get(reverse("case", args=[case(lon=108.5, lat=15.9).code])).content.decode()
    assert "chưa xét trong Tuần 47" in page


def test_a_case_without_a_point_has_no_cell(desk, case, two_areas):
    found = case()
    Case.objects.filter(pk=found.pk).update(location=None, public_location=None, cell=None)
    page = desk.get(reverse("case", args=[found.code])).content.decode()
    assert "Ô này" not in page
