"""Junk in the forms and addresses of the desk: refused or cleaned, never a fault of the site, and never kept where others trip over it."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from citylab.models import Team
from reports.models import SavedView

pytestmark = pytest.mark.django_db
ENDS = ["0001-01-01", "9999-12-31", "0001-W01", "9999-W52"]


@pytest.fixture
def desk(member):
    client = Client()
    client.force_login(member("dispatcher"))
    return client


@pytest.mark.parametrize(
    "query",
    [
        *(f"status=open&{name}={end}" for name in ("open_at", "due", "since") for end in ENDS),
        "event=cleaned&in=9999-12-31",
        "area=%00",
        "code=a%00b&q=%00",
        "assignee=%00",
    ],
)
def test_a_view_that_one_member_shares_never_breaks_the_queue_of_the_others(query, desk, member, case):
    """Its number is counted on everybody's page."""
    case()
    analyst = Client()
    analyst.force_login(member("analyst"))
    analyst.post(reverse("saved-views"), {"name": "x", "query": query, "shared": "1"})
    assert SavedView.objects.filter(name="x", shared=True).exists()
    assert desk.get(reverse("queue")).status_code == 200
    assert desk.get(f"{reverse('queue')}?{query.replace('%00', '')}").status_code == 200


@pytest.mark.parametrize("end", ENDS)
def test_a_day_at_the_end_of_the_calendar_is_never_a_fault_of_the_site(end, desk, member, case):
    case()
    for name in ("queue", "cases", "queue", "dispatch", "crew-links", "entry-list"):
        for kind in ("", "csv", "json"):
            given = {field: end for field in ("since", "until", "open_at", "due", "in", "day")} | {
                "event": "cleaned",
                "format": kind,
            }
            assert desk.get(reverse(name), given).status_code in (200, 422), (name, kind)
    team = Team.objects.create(name="Đội 1", ends_at="23:59")
    for name in ("work-order", "crew-links", "dispatch"):
        assert desk.post(reverse(name), {"day": end, "team": team.pk, "to": team.pk}).status_code in (200, 302), name


@pytest.mark.parametrize(
    "end", ["0001-01-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_what_was_seen_at_the_end_of_the_calendar_is_refused_and_nothing_is_lost(end, desk, two_areas):
    page = desk.post(
        reverse("entry"),
        {"uuid": str(uuid.uuid4()), "point": "16.055, 108.205", "description": "bao tải", "observed_at": end},
    )
    assert page.status_code == 422 and "bao tải" in page.content.decode()


@pytest.mark.parametrize(
    "verb",
    [
        "split",
        "change_kind",
        "reroute",
        "release",
        "merge",
        "link",
        "assign",
        "refuse",
        "hold",
        "note",
        "move",
        "set_priority",
    ],
)
def test_nul_in_a_form_is_left_out_and_never_a_fault_of_the_site(verb, desk, case, report):
    """No database takes it, and no keyboard writes it."""
    found, other = case(), case()
    report(found), report(found)
    fields = (
        "report",
        "waste_group",
        "body",
        "into",
        "with",
        "team",
        "member",
        "day",
        "reason",
        "waits_for",
        "text",
        "point",
        "priority",
        "amount",
        "problem",
    )
    answer = desk.post(reverse("case", args=[found.code]), {"verb": verb, **dict.fromkeys(fields, "\0")})
    assert answer.status_code in (302, 422)
    for form in (
        {"verb": verb, "case": "\0"},
        {"verb": verb, "case": found.code, "to": "member:\0", "into": "a\0b"},
        {"verb": "undo", "token": "\0", "case": "\0"},
    ):
        assert desk.post(reverse("queue-act"), form).status_code in (409, 422), form
    other.refresh_from_db()
    assert other.status == "new"


@pytest.mark.parametrize("field", ["ends_on", "done_by"])
def test_a_notice_that_ends_with_the_calendar_is_refused_and_nothing_is_lost(field, desk, two_areas):
    answer = desk.post(reverse("staff-notices"), {"title": "Sau bão", "text": "x", "how": "unit", "unit": "W1", field: "9999-12-31"})
    assert answer.status_code == 422 and "Sau bão" in answer.content.decode()
