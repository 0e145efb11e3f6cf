"""Every list of the staff's site is also CSV and JSON, at the same address, for the same people."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.urls import reverse

from citylab.permissions import ACCESS, Audience
from reports.models import Case, Photo
from tests.reports.desk_pages import desk  # noqa: F401  # a fixture
from tests.reports.photos.clean_photos import clean_photo

pytestmark = pytest.mark.django_db

LISTS = (
    "staff-home", "queue", "cases", "entry-list", "staff-photos", "data-requests", "staff-signs", "staff-notices", "dead-letters", "teams", "dispatch", "crew-links",
    "blackspots", "weekly", "members", "api-keys",
)  # fmt: skip


def body(answer) -> str:
    return b"".join(answer.streaming_content).decode()


def role_for(name: str) -> str:
    return "administrator" if ACCESS[name] == Audience.ADMINISTRATORS else "dispatcher"


@pytest.mark.parametrize("name", LISTS)
def test_every_list_offers_itself_as_csv_and_json_at_its_own_address(name, desk):  # noqa: F811
    client, address = desk(role_for(name)), reverse(name)
    page = client.get(address).content.decode()
    assert "format=csv" in page and "format=json" in page
    table, objects = client.get(address, {"format": "csv"}), client.get(address, {"format": "json"})
    assert table["Content-Type"].startswith("text/csv") and objects["Content-Type"] == "application/json"
    text = body(table)
    assert text.startswith("\ufeff") and "attachment" in table["Content-Disposition"]
    (head, *_rows), rows = list(csv.reader(io.StringIO(text[1:]))), json.loads(body(objects))
    assert all(list(row) == head for row in rows)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("format_", ["csv", "json"])
def test_a_list_as_data_is_for_nobody_who_may_not_open_its_page(name, format_, desk, client):  # noqa: F811
    assert client.get(reverse(name), {"format": format_}).status_code == 302, "to the sign-in"
    for role in ("officer", "analyst", "manager"):
        signed_in = desk(role)
        assert signed_in.get(reverse(name), {"format": format_}).status_code == signed_in.get(reverse(name)).status_code, role


def test_photos_to_be_looked_at_are_listed_with_their_case_and_only_those_of_ones_own_wards(desk, case, report, two_areas):  # noqa: F811
    own, foreign = clean_photo(report(case())), clean_photo(report(case(area=two_areas[1], lon=108.215)))
    (row,) = json.loads(body(desk("officer", areas=[two_areas[0]]).get(reverse("staff-photos"), {"format": "json"})))
    assert (row["id"], row["report"], row["case"], row["area"], row["state"]) == (own.pk, own.report.code, own.report.case.code, "W1", "clean")
    assert len(json.loads(body(desk().get(reverse("staff-photos"), {"format": "json"})))) == 2 and foreign.pk != own.pk


def test_failed_work_is_listed_with_what_it_belongs_to(desk, report, noon):  # noqa: F811
    photo = clean_photo(report())
    Photo.objects.filter(pk=photo.pk).update(failed_at=noon, last_error="=cmd()", attempts=10)
    (row,) = json.loads(body(desk().get(reverse("dead-letters"), {"format": "json"})))
    assert (row["what"], row["id"], row["report"], row["case"], row["attempts"]) == ("photo", photo.pk, photo.report.code, None, 10)
    assert ",'=cmd()" in body(desk().get(reverse("dead-letters"), {"format": "csv"})), "no text starts a formula"


def test_no_word_in_a_list_starts_a_formula(desk, case, report):  # noqa: F811
    report(case(), external_ref="=HYPERLINK(1)")
    assert "'=HYPERLINK(1)" in body(desk().get(reverse("entry-list"), {"format": "csv"})) and Case.objects.exists()
