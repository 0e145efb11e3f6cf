"""Staff pages: kept by no cache, broken by no junk, and an officer's end at the edge of their areas."""

import pytest
from django.urls import reverse

from citylab.accounts import invite
from citylab.exports import as_csv

PAGES = ("staff-home", "cases", "hotspots", "blackspots", "weekly", "dead-letters", "members", "statusz")


def text_of(answer) -> str:
    return b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_no_cache_keeps_a_staff_page(name, client, member):
    client.force_login(member("administrator"))
    kept = client.get(reverse(name))["Cache-Control"]
    assert "private" in kept and "no-store" in kept


@pytest.mark.django_db
def test_a_public_page_is_not_drawn_for_one_person(client, report, member):
    person = member("officer", "somebody-special")
    client.force_login(person)
    answer = client.get(reverse("receipt", args=[report().code]))
    assert "public" in answer["Cache-Control"] and "Cookie" not in answer.get("Vary", "")
    assert person.username not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("junk", ["%00", "a%00b"])
def test_nul_in_an_address_is_a_bad_request(junk, client, member):
    client.force_login(member("administrator"))
    for address in (f"{reverse('cases')}?area={junk}", f"{reverse('cases')}?code={junk}", f"{reverse('cases')}?{junk}=1", f"{reverse('cases')}{junk}/"):
        assert client.get(address).status_code == 400, address


@pytest.mark.django_db
@pytest.mark.parametrize("junk", ["-1", "f" * 40, "9" * 23, "0", "zz"])
def test_what_is_no_cell_is_never_a_fault_of_the_site(junk, client, member):
    client.force_login(member("analyst"))
    assert client.get(reverse("hotspots"), {"cell": junk}).status_code == 200
    assert client.get(reverse("hotspot", args=[1, junk])).status_code == 404
    assert client.get(reverse("cases"), {"near": junk}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("week", ["0001-01-01", "0001-W01", "9999-12-31", "9999-W52"])
def test_a_week_at_the_end_of_the_calendar_is_never_a_fault_of_the_site(week, client, member):
    assert client.get("/tiles/cases/12/3280/1866.mvt", {"week": week}).status_code == 400
    client.force_login(member("analyst"))
    assert client.get(reverse("hotspots"), {"week": week}).status_code == 200
    assert client.get(reverse("staff-tile", kwargs={"layer": "cases", "z": 12, "x": 3280, "y": 1866}), {"week": week}).status_code == 400


@pytest.mark.django_db
def test_what_staff_type_is_cleaned_like_everything_else(client, member, case):
    client.force_login(member("dispatcher"))
    found = case()
    address = reverse("case", args=[found.code])
    assert client.post(address, {"verb": "refuse", "reason": "\0 \0"}).status_code == 422, "nothing but NUL is no reason"
    assert client.post(address, {"verb": "refuse", "reason": "kho\0ng pha\u0309i ra\u0301c"}).status_code == 302
    assert found.events.get(kind="refused").reason == "khong phải rác"


@pytest.mark.django_db
def test_a_list_of_members_with_nul_is_taken_without_it(two_areas):
    outcome = invite(["username,name,role,areas", "lan,L\0an,officer,W1"])
    assert list(outcome.links) == ["lan"] and not outcome.errors


@pytest.mark.django_db
def test_an_officer_meets_cases_of_their_areas_only(client, member, case, report, two_areas, after_photo):
    """By code, in the lists and files, as a photo, with every verb, and as the target of a merge."""
    west, east = two_areas
    own, foreign = case(area=east, lon=108.215), case(area=west, lon=108.201)
    told, photo = report(foreign), after_photo(foreign)
    client.force_login(member("officer", areas=[east]))
    assert client.get(reverse("case", args=[foreign.code])).status_code == 404
    for verb in ("confirm", "refuse", "clean", "verify", "reopen", "merge"):
        assert client.post(reverse("case", args=[foreign.code]), {"verb": verb, "reason": "x", "into": own.code}).status_code == 404
    assert client.post(reverse("case", args=[own.code]), {"verb": "merge", "into": foreign.code}).status_code == 422
    for size in ("large", "small"):
        assert client.get(reverse("case-photo", args=[photo.pk, size])).status_code == 404
    for query in ({}, {"code": told.code}, {"code": foreign.code}, {"area": west.code}, {"status": "all"}):
        assert reverse("case", args=[foreign.code]) not in text_of(client.get(reverse("cases"), query)), query
        for kind in ("csv", "json"):
            assert foreign.code not in text_of(client.get(reverse("cases"), {**query, "format": kind})), query
    tile = client.get(reverse("staff-tile", kwargs={"layer": "cases", "z": 14, "x": 13116, "y": 7457}))
    assert foreign.code.encode() not in tile.content
    foreign.refresh_from_db()
    assert foreign.status == "new" and foreign.events.count() == 0


@pytest.mark.django_db
def test_an_analyst_reads_no_word_and_no_contact_of_a_resident(client, member, case, told):
    """On the case's page and in every form of the lists; even with the permission for contacts on the account."""
    from django.utils import timezone

    found = case()
    written = told(found, email="lan@example.org", phone="0905123456", description="nhà bà Lan, 12 Trần Phú")
    written.notes.create(text="gọi ông Tư", at=timezone.now())
    words = ("lan@example.org", "0905123456", "bà Lan", "ông Tư", reverse("case-contact", args=[written.code]))
    addresses = (reverse("case", args=[found.code]), f"{reverse('cases')}?code={written.code}", f"{reverse('cases')}?format=csv", f"{reverse('cases')}?format=json", reverse("staff-home"))
    client.force_login(member("dispatcher"))
    assert "bà Lan" in text_of(client.get(addresses[0])) and "ông Tư" in text_of(client.get(addresses[0])), "who works on the case reads them"
    client.force_login(member("analyst", opens_contacts=True))
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200 and not [word for word in words if word in text_of(answer)], address


@pytest.mark.django_db
def test_a_manager_reads_every_case_and_works_on_none(client, member, case, report):
    client.force_login(member("manager"))
    found = case()
    report(found, description="túi ni lông ở gốc cây")
    page = text_of(client.get(reverse("case", args=[found.code])))
    assert "gốc cây" in page and 'name="verb" value="confirm"' not in page
    for verb in ("confirm", "refuse", "clean", "verify", "reopen", "merge", "release"):
        assert client.post(reverse("case", args=[found.code]), {"verb": verb, "reason": "x"}).status_code == 422
    found.refresh_from_db()
    assert found.status == "new" and not found.events.exists()


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_text_of_a_staff_file_begins_a_formula(sign):
    assert f"'{sign}1+1" in text_of(as_csv("x", ["a"], [[sign + "1+1"]]))


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:evil.example"])
def test_signing_in_leads_to_no_other_site(target, client, member):
    person = member("officer")
    answer = client.post(f"{reverse('sign-in')}?next={target}", {"username": person.username, "password": "a long password", "next": target})
    assert answer.status_code == 302 and answer["Location"] == reverse("staff-home")


@pytest.mark.django_db
def test_signing_in_begins_a_new_session(client, member):
    person = member("officer")
    client.session["planted"] = 1
    client.session.save()
    before = client.session.session_key
    client.post(reverse("sign-in"), {"username": person.username, "password": "a long password"})
    assert client.session.session_key != before and "_auth_user_id" in client.session


@pytest.mark.django_db
def test_staff_forms_ask_for_the_csrf_token(member, case):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(member("administrator"))
    for address in (reverse("case", args=[case().code]), reverse("members"), reverse("sign-out"), reverse("member-leave", args=["x"]), reverse("dead-letter-retry", args=["report", 1])):
        assert client.post(address, {"verb": "confirm"}).status_code == 403, address
