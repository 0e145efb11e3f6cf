"""The page of today: each number opens exactly the rows that it counts, the oldest has an age, an officer sees their areas."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from reports.case_list.filter import CaseFilter
from reports.crews.second_look import is_in_sample
from reports.models import Case, Cleanup

pytestmark = pytest.mark.django_db

NUMBERS = ("overdue", "due_soon", "new", "reopened", "on_hold", "to_verify")


@pytest.fixture
def city(case, two_areas):
    """Cases of every sort in both areas: so many of each that no two numbers are alike. Returns the moment of now."""
    west, east = two_areas
    now = timezone.now()
    hour, later = timedelta(hours=1), now + timedelta(days=9)
    sorts = {
        "overdue": {"status": "confirmed", "due_at": now - 5 * hour},
        "due_soon": {"status": "confirmed", "due_at": now + 5 * hour},
        "new": {"status": "new", "due_at": later},
        "reopened": {"status": "confirmed", "due_at": later, "reopened_at": now - 50 * hour},
        "on_hold": {"status": "on_hold", "due_at": now - 5 * hour, "waits_since": now - 80 * hour},
        "to_verify": {"status": "cleaned", "due_at": now - 5 * hour, "cleaned_at": now - 3 * hour},
    }
    for more, (name, fields) in enumerate(sorts.items(), 1):
        made = [case(at=now - timedelta(days=3, minutes=number), area=west, **fields) for number in range(more)]
        made.append(case(at=now - timedelta(days=3), area=east, lon=108.215, **fields))
        if name == "to_verify":  # a second person looks at what counts by way of exception, and at a sample
            Cleanup.objects.bulk_create(Cleanup(case=one, at=now, outcome="cleaned", exception="chụp từ xa") for one in made)
    unchosen = next(code for code in map("{:010d}".format, range(100)) if not is_in_sample(code))
    Case.objects.filter(pk=case(at=now - timedelta(days=3), area=west, **sorts["to_verify"]).pk).update(code=unchosen)  # is in no number
    case(at=now - timedelta(days=40), status="verified", due_at=now - 900 * hour)  # is in no number
    case(at=now - timedelta(days=3), status="refused", due_at=now - 5 * hour)
    return now


def numbers(client) -> dict[str, dict]:
    answer = client.get(reverse("staff-home"), {"format": "json"})
    return {row["what"]: row for row in json.loads(b"".join(answer.streaming_content))}


@pytest.mark.parametrize("name", NUMBERS)
def test_each_number_opens_exactly_the_rows_that_it_counts(name, city, client, member):
    person = member("dispatcher")
    client.force_login(person)
    number = numbers(client)[name]
    assert number["count"] == NUMBERS.index(name) + 2
    path, query = urlsplit(number["address"]).path, urlsplit(number["address"]).query
    assert path == reverse("cases")
    page = client.get(number["address"])
    assert len(page.context["cases"]) == page.context["count"] == number["count"]
    rows = json.loads(b"".join(client.get(f"{number['address']}&format=json").streaming_content))
    assert {row["code"] for row in rows} == {case.code for case in page.context["cases"]} == set(CaseFilter.read(QueryDict(query)).rows(person).values_list("code", flat=True))


def test_the_numbers_mean_what_they_say(city, client, member):
    client.force_login(member("dispatcher"))
    now = timezone.now()

    def shown(name):
        return client.get(numbers(client)[name]["address"]).context["cases"]

    assert all(case.due_at < now and case.status not in ("on_hold", "cleaned") for case in shown("overdue"))
    assert all(now <= case.due_at < now + timedelta(hours=24) for case in shown("due_soon"))
    assert {case.status for case in shown("new")} == {"new"}
    assert all(case.reopened_at and case.is_open for case in shown("reopened"))
    assert {case.status for case in shown("on_hold")} == {"on_hold"}
    assert {case.status for case in shown("to_verify")} == {"cleaned"}


def test_each_number_says_how_long_the_oldest_waits(city, client, member):
    client.force_login(member("dispatcher"))
    page = client.get(reverse("staff-home"))
    ages = {number.name: number.age for number in page.context["numbers"]}
    assert ages == {
        "overdue": "lâu nhất 5 giờ", "due_soon": "lâu nhất 3 ngày", "new": "lâu nhất 3 ngày", "reopened": "lâu nhất 2 ngày",
        "on_hold": "lâu nhất 3 ngày", "to_verify": "lâu nhất 3 giờ",
    }  # fmt: skip
    assert "lâu nhất 5 giờ" in page.content.decode()


@pytest.mark.parametrize("name", NUMBERS)
def test_an_officer_sees_the_numbers_of_their_areas(name, city, client, member, two_areas):
    client.force_login(member("officer", areas=[two_areas[1]]))
    number = numbers(client)[name]
    assert number["count"] == 1 == client.get(number["address"]).context["count"]


def test_an_officer_without_an_area_sees_nothing_and_is_told_so(city, client, member):
    client.force_login(member("officer"))
    assert {row["count"] for row in numbers(client).values()} == {0}
    page = client.get(reverse("staff-home"))
    assert "chưa có địa bàn" in page.content.decode() and not page.context["first"]
    listed = client.get(reverse("cases"), {"status": "all"})
    assert listed.context["count"] == 0 and listed.context["areas"] == []


def test_the_numbers_beside_lead_to_their_rows_as_well(city, client, member, report, case):
    client.force_login(member("dispatcher"))
    report(case(), held="device")
    found = numbers(client)
    for name in ("open", "held"):
        assert client.get(found[name]["address"]).context["count"] == found[name]["count"] > 0


def test_the_page_of_today_is_a_table_for_spreadsheets_too(city, client, member):
    client.force_login(member("dispatcher"))
    text = b"".join(client.get(reverse("staff-home"), {"format": "csv"}).streaming_content).decode()
    assert "overdue,2," in text and "what,count,oldest,address" in text


def test_the_page_of_today_asks_the_database_little(city, client, member, django_assert_max_num_queries):
    client.force_login(member("dispatcher"))
    client.get(reverse("staff-home"))
    with django_assert_max_num_queries(24):
        client.get(reverse("staff-home"))
