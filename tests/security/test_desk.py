"""The desk under attack: other wards, other members, readers who would write, and questions whose answer would give something away."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from citylab.models import Team
from reports import casework
from reports.crews import links
from reports.models import Case, CrewLink, ReplyTemplate, Report, SavedView

pytestmark = pytest.mark.django_db


@pytest.fixture
def enter(member):
    """Signs a new member of a role in: `enter("officer", areas=[…])`."""

    def sign_in(role: str, **fields) -> Client:
        client = Client()
        client.force_login(member(role, **fields))
        return client

    return sign_in


# --- other wards --------------------------------------------------------------------------------------
@pytest.mark.parametrize("by", ["case", "case-pair", "by way of a case of the ward"])
def test_an_officer_takes_no_merge_back_that_ended_in_another_ward(by, enter, member, case, report, two_areas):
    own, foreign = case(), case(lon=108.215, area=two_areas[1])
    report(own), report(foreign)
    between = [] if by in ("case", "case-pair") else [case()]
    for merged, into in zip([own, *between], [*between, foreign], strict=True):
        casework.merge(merged, member("dispatcher"), into)
    by = "case" if between else by
    before = (
        list(Report.objects.order_by("pk").values("case", "counts")),
        Case.objects.get(pk=foreign.pk).version,
        foreign.events.count(),
    )
    client = enter("officer", areas=[two_areas[0]])
    arguments = [own.code] if by == "case" else [own.code, foreign.code]
    client.post(reverse(by, args=arguments), {"verb": "unmerge"})
    assert (
        list(Report.objects.order_by("pk").values("case", "counts")),
        Case.objects.get(pk=foreign.pk).version,
        foreign.events.count(),
    ) == before
    assert Case.objects.get(pk=own.pk).status == "merged"


@pytest.mark.parametrize("by", ["case", "queue-act"])
def test_an_officer_undoes_no_merge_into_a_case_that_lies_in_another_ward_meanwhile(
    by, enter, member, case, report, two_areas
):
    own, target = case(), case()
    report(own), report(target)
    client = enter("officer", areas=[two_areas[0]])
    done = client.post(
        reverse("queue-act"), {"verb": "merge", "case": own.code, "into": target.code}, headers={"HX-Request": "true"}
    )
    token = re.search(r'name="token" value="([^"]+)"', done.content.decode())[1]
    casework.move(target, member("dispatcher"), 108.215, 16.055)
    before = Case.objects.get(pk=target.pk).version, target.reports.count()
    assert before[1] == 2
    form = {"verb": "undo", "token": token} if by == "queue-act" else {"verb": "undo"}
    client.post(reverse(by, args=[own.code] if by == "case" else []), form)
    assert (Case.objects.get(pk=target.pk).version, target.reports.count()) == before


def test_an_officer_links_no_case_of_another_ward_however_it_is_called(member, case, two_areas):
    own, foreign = case(), case(lon=108.215, area=two_areas[1])
    with pytest.raises(casework.NotAllowed):
        casework.link(own, member("officer", areas=[two_areas[0]]), foreign)
    assert not foreign.events.exists() and not own.events.exists()


def test_a_case_of_another_ward_is_answered_like_one_that_does_not_exist(enter, case, report, two_areas):
    """Word for word: what differs is only what the request itself said."""
    own, foreign = case(), case(lon=108.215, area=two_areas[1])
    report(own)
    told = report(foreign)
    client = enter("officer", areas=[two_areas[0]])
    asked = [
        lambda code: client.get(reverse("case", args=[code])),
        lambda code: client.post(reverse("case", args=[code]), {"verb": "confirm"}),
        lambda code: client.post(reverse("case-preview", args=[code]), {"preview": "refuse", "reason": "x"}),
        lambda code: client.get(reverse("case-pair", args=[own.code, code])),
        lambda code: client.get(reverse("queue-case", args=[code]), headers={"HX-Request": "true"}),
        lambda code: client.get(reverse("queue"), {"case": code}),
        lambda code: client.get(reverse("queue"), {"q": code}),
        lambda code: client.get(reverse("cases"), {"code": code}),
        lambda code: client.get(reverse("cases"), {"place_of": code, "status": "all"}),
        lambda code: client.post(reverse("case", args=[own.code]), {"verb": "merge", "into": code}),
        lambda code: client.post(reverse("case", args=[own.code]), {"verb": "link", "with": code}),
        lambda code: client.post(reverse("queue-act"), {"verb": "merge", "case": own.code, "into": code}),
        lambda code: client.post(reverse("queue-act"), {"verb": "confirm", "case": code}),
        lambda code: client.post(
            reverse("queue-act"), {"verb": "confirm", "case": code}, headers={"HX-Request": "true"}
        ),
    ]
    for number, ask in enumerate(asked):
        for there in (foreign.code, told.code):
            nowhere = "ZZZZZ" + there[5:]
            assert _said(ask(there), there) == _said(ask(nowhere), nowhere), f"question {number} about {there}"


def _said(answer, code: str) -> tuple[int, str]:
    passing = r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": "[^"]*"|name="as_of" value="[^"]*"|data-[a-z-]+="20[0-9T:.+-]+"|name="form" value="[^"]*"|data-as-of="[^"]*"'
    page = re.sub(passing, "", answer.content.decode())
    return answer.status_code, page.replace(code, "CODE").replace(f"{code[:5]} {code[5:]}", "CODE")


# --- who only reads -----------------------------------------------------------------------------------
@pytest.fixture
def written(case):
    """Every address of the desk that writes, with what would be taken: name → (arguments, form)."""
    team = Team.objects.create(name="Đội 1", ends_at="23:59")
    found, today = case(), timezone.localdate().isoformat()
    more = {"capacity": "5", "starts_at": "06:00", "ends_at": "22:00", "active": "1"}
    return {
        "crew-links": ([], {"team": str(team.pk), "day": today, "verb": "make"}),
        "work-order": ([], {"team": str(team.pk), "day": today}),
        "teams": ([], {"name": "Đội 2", **more}),
        "team": ([team.pk], {"name": "Đội 3", **more}),
        "dispatch": ([], {"to": str(team.pk), "day": today, "case": f"{found.code}:{found.version}"}),
        "entry": ([], {"point": "16.055, 108.205", "description": "rác", "external_ref": "7"}),
        "entry-list": ([], {}),
        "queue-act": ([], {"verb": "confirm", "case": found.code}),
    }


@pytest.mark.parametrize(
    "name", ["crew-links", "work-order", "teams", "team", "dispatch", "entry", "entry-list", "queue-act"]
)
def test_a_manager_reads_the_desk_and_changes_nothing_on_it(name, enter, written, two_areas):
    from django.core.files.uploadedfile import SimpleUploadedFile

    arguments, form = written[name]
    if name == "entry-list":
        form = {
            "list": SimpleUploadedFile("x.csv", b"external_ref,description,lon,lat\n8,bao,108.205,16.055\n", "text/csv")
        }
    answer = enter("manager").post(reverse(name, args=arguments), form)
    assert answer.status_code in (403, 422), answer.status_code
    assert (CrewLink.objects.count(), Report.objects.count(), Team.objects.get().name, Case.objects.get().status) == (
        0,
        0,
        "Đội 1",
        "new",
    )


def test_an_analyst_reads_no_private_note_in_the_queue(enter, member, case):
    found = case()
    casework.note(found, member("dispatcher"), "chị Lan gọi lại 0905 123 456")
    for role, reads in (("dispatcher", True), ("analyst", False)):
        client = enter(role)
        for answer in (
            client.get(reverse("queue"), {"case": found.code}),
            client.get(reverse("queue-case", args=[found.code]), headers={"HX-Request": "true"}),
        ):
            assert answer.status_code == 200 and ("chị Lan" in answer.content.decode()) == reads, role


# --- forms that a browser must be able to send ----------------------------------------------------------
def test_a_page_with_a_form_lets_the_browser_say_where_it_comes_from(enter, case, told):
    """With “no-referrer” a browser sends “Origin: null” with the form, and the check against forged forms refuses it: a link could
    not be taken back."""
    team = Team.objects.create(name="Đội 1", ends_at="23:59")
    found = case()
    told(found)
    client, day = enter("administrator"), timezone.localdate().isoformat()
    pages = [
        client.get(reverse(name))
        for name in (
            "crew-links",
            "dispatch",
            "teams",
            "entry",
            "entry-list",
            "queue",
            "account",
            "members",
            "api-keys",
            "second-step-setup",
        )
    ]
    pages += [
        client.get(reverse("case", args=[found.code])),
        client.post(reverse("crew-links"), {"team": team.pk, "day": day}),
        client.post(reverse("api-keys"), {"name": "x"}),
    ]
    for page in pages:
        text = page.content.decode()
        assert page.status_code == 200 and "csrfmiddlewaretoken" in text
        assert page["Referrer-Policy"] == "same-origin" and 'name="referrer"' not in text, page.request["PATH_INFO"]


def test_a_link_of_a_crew_is_of_these_weeks(enter):
    """Nobody makes a key today that still opens next year, when they have long left."""
    team = Team.objects.create(name="Đội 1", ends_at="23:59")
    client, today = enter("dispatcher"), timezone.localdate()
    for name in ("crew-links", "work-order"):
        for day in ((today + timedelta(days=links.AHEAD_DAYS + 1)).isoformat(), "2099-12-31"):
            assert client.post(reverse(name), {"team": team.pk, "day": day}).status_code == 302
        assert not CrewLink.objects.exists()
    assert (
        client.post(
            reverse("crew-links"), {"team": team.pk, "day": (today + timedelta(days=links.AHEAD_DAYS)).isoformat()}
        ).status_code
        == 200
    )


def test_who_left_has_no_key_for_the_days_to_come_and_the_crew_of_today_goes_on(member):
    from citylab import accounts

    team, today, person = Team.objects.create(name="Đội 1", ends_at="23:59"), timezone.localdate(), member("dispatcher")
    team.refresh_from_db()
    made = [
        links.make_link(team, day, maker)[0]
        for day, maker in (
            (today, person),
            (today + timedelta(days=1), person),
            (today + timedelta(days=1), member("dispatcher")),
        )
    ]
    accounts.leave(person, None, None)
    assert [links.holds(CrewLink.objects.get(pk=link.pk)) for link in made] == [True, False, True]


def test_what_anybody_typed_is_text_on_every_page_of_the_desk(enter, member, case, report, told):
    """Words of residents, of colleagues, of another channel's list, and names of teams and views."""
    bad = "<img src=x onerror=alert(1)>\"'"
    team = Team.objects.create(name=bad[:80], ends_at="23:59")
    found, other = case(team=team, planned_for=timezone.localdate(), status="assigned", waits_for=bad), case()
    written = told(found, description=bad, external_ref=bad.upper()[:40])
    report(other, description=bad)
    written.notes.create(text=bad, at=timezone.now())
    actor = member("dispatcher", first_name=bad[:100])
    casework.note(found, actor, bad)
    casework.hold(other, actor, bad, bad)
    SavedView.objects.create(slug="x", name=bad, query="status=open", owner=actor, shared=True)
    ReplyTemplate.objects.create(verb="refuse", name=bad, text=bad)
    _link, token = links.make_link(team, timezone.localdate(), actor)
    client = enter("administrator")
    addresses = [
        reverse(name)
        for name in (
            "queue",
            "cases",
            "staff-home",
            "dispatch",
            "crew-links",
            "teams",
            "entry-list",
            "members",
            "entry",
        )
    ]
    addresses += [reverse("case", args=[code]) for code in (found.code, other.code)] + [
        reverse("queue-case", args=[found.code]),
        reverse("team", args=[team.pk]),
    ]
    addresses += [
        reverse("case-pair", args=[found.code, other.code]),
        f"{reverse('queue')}?case={found.code}",
        f"{reverse('queue')}?q={bad}",
        reverse("crew", args=[token]),
    ]
    addresses += [
        reverse(f"admin:{table}_changelist")
        for table in ("citylab_member", "citylab_team", "reports_savedview", "reports_replytemplate")
    ]
    shown = 0
    for address in addresses:
        page = client.get(address, headers={"HX-Request": "true"}).content.decode()
        assert "<img src=x" not in page.lower(), address
        shown += "&lt;img src=x" in page.lower()
    assert shown > len(addresses) / 2, "most of these pages do show it"
