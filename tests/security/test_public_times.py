"""The public learns the day of a case; neither the list's order nor its pages tell the hour."""

from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection

from analytics.tile_layers import LAYERS, Tile


def listed(client, address: str = "/api/v1/cases/") -> list[str]:
    return [feature["id"] for feature in client.get(address).json()["features"]]


@pytest.mark.django_db
def test_the_order_of_the_public_list_does_not_tell_the_hour(client, case, noon):
    """A stranger sends cases with times of their own choice and reads between which of them another case stands."""
    first, second = case(at=noon - timedelta(hours=3)), case(at=noon, lon=108.207)
    order = listed(client)
    type(first).objects.filter(pk=first.pk).update(observed_at=noon + timedelta(hours=3))
    assert listed(client) == order, (first.code, second.code)


@pytest.mark.django_db
def test_the_public_list_is_by_day_and_code_over_all_pages(client, case, noon, settings):
    """Five local days of seven cases each, two of them within an hour of midnight; pages of every size end in the midst of a day."""
    hours = (-11.9, -3, -1, 0, 2, 5, 11.9)
    made = [case(at=noon - timedelta(days=day, hours=hour), lon=108.2 + day / 100) for day in range(5) for hour in hours]
    zone = settings.CITY.tz
    expected = [c.code for c in sorted(made, key=lambda c: (-c.observed_at.astimezone(zone).date().toordinal(), c.code))]
    for size in (1, 2, 7, 8, 34, 35, 100):
        seen, address = [], f"/api/v1/cases/?limit={size}"
        while address:
            page = client.get(address).json()
            seen += [feature["id"] for feature in page["features"]]
            parts = urlsplit(page["next"] or "")
            address = f"{parts.path}?{parts.query}" if page["next"] else ""
        assert seen == expected, size


@pytest.mark.django_db
def test_the_order_of_points_in_a_tile_does_not_tell_the_hour(client, case, noon):
    """The bytes of a tile stay the same when a case moves within its day."""
    def drawn() -> list[bytes]:
        with connection.cursor() as cursor:
            tile = Tile(14, 13116, 7451, False, date(2026, 11, 16), date(2026, 11, 18))
            place = {"z": tile.z, "x": tile.x, "y": tile.y}
            found = []
            for sql, given in LAYERS["cases"].queries(tile):
                cursor.execute(sql, {**given, **place})
                found.append(bytes(cursor.fetchone()[0]))
            return found

    first, _second = case(at=noon - timedelta(hours=3)), case(at=noon, lon=108.207)
    before = drawn()
    assert first.code.encode() in before[0]
    type(first).objects.filter(pk=first.pk).update(observed_at=noon + timedelta(hours=3))
    assert drawn() == before
