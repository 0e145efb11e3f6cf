"""Every address has a row in the access table, and the row is what happens: whoever asks, in whatever state their account is."""

import logging
from pathlib import Path

import pytest

from citylab.models import Role
from citylab.permissions import ACCESS, ADMINISTRATION, ROLES, Audience, admits
from tests.security import access_matrix as matrix

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "access-matrix.md"
FOUND = ROOT / ".local" / "access-matrix.md"
NAMES = sorted({name for name, _ in matrix.addresses()})


@pytest.fixture(autouse=True)
def _quiet():
    """Thousands of refusals need no line each in a log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def arguments(two_areas, case, report, told, member):
    """Of each address: what stands in it, about one's own area and about another."""
    things, rows = matrix.objects(two_areas, case, report, told), matrix.edited_rows(member("analyst", "edited"))
    rows["admin:reports_area"] = {"object_id": str(two_areas[0].pk)}

    def of(name: str, where: str) -> dict:
        if name in things:
            return things[name]["other" if where == "other" else "own"]
        names = matrix.names_of_arguments()[name]
        row = next((row for table, row in rows.items() if name.startswith(f"{table}_") and names), None)
        return row or {each: matrix.EXAMPLES[each] for each in names}

    of.objects = set(things)
    return of


def test_every_address_has_a_row():
    assert [name for name in NAMES if name not in ACCESS] == []


def test_every_row_has_an_address():
    assert sorted(set(ACCESS) - set(NAMES)) == []


@pytest.mark.django_db
def test_every_address_about_one_thing_is_asked_about_a_thing_of_another_area(arguments):
    about = {name for name, names in matrix.names_of_arguments().items() if matrix.is_about_an_object(name, names)}
    assert sorted(about - arguments.objects) == [], "make such a thing in access_matrix.objects, or say in WHOLE_CITY that it is nobody's area"


@pytest.mark.django_db
def test_every_address_answers_everybody_as_its_row_says_and_the_page_of_it_is_true(arguments, member, two_areas, settings):
    askers = matrix.askers(member, two_areas[0])
    cells, wrong = {}, []
    for name in ACCESS:
        for method in matrix.methods_of(name):
            found = [matrix.walk(name, method, asker, arguments(name, asker.where), settings) for asker in askers]
            cells[name, method] = found
            for asker, outcome in zip(askers, found, strict=True):
                meant = matrix.expected(name, method, asker)
                if outcome not in (meant, matrix.NONE) or (outcome == matrix.NONE and meant in (matrix.NO, matrix.SIGN_IN, matrix.SET_UP)):
                    wrong.append(f"{method} {name}, {asker.label}: {outcome}, not {meant}")
    assert wrong == []
    page = matrix.as_page([asker.label for asker in askers], cells)
    if not PAGE.exists() or PAGE.read_text("utf-8") != page:
        FOUND.parent.mkdir(exist_ok=True)
        FOUND.write_text(page, "utf-8")
        pytest.fail(f"docs/access-matrix.md is not what the site does. If it is meant so: cp {FOUND.relative_to(ROOT)} docs/access-matrix.md")


@pytest.mark.django_db
def test_whoever_left_is_a_stranger_whatever_the_role_was(arguments, member, settings):
    private = [name for name in ACCESS if ACCESS[name] not in (Audience.PUBLIC, Audience.BEARER)]
    wrong = [
        (name, method, asker.role)
        for asker in matrix.those_who_left(member)
        for name in private
        for method in (("get",) if asker.role != Role.ADMINISTRATOR else ("get", "post"))
        if matrix.walk(name, method, asker, arguments(name, "own"), settings) != matrix.SIGN_IN
    ]
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in Role if role != Role.DISPATCHER])
def test_contact_details_take_a_permission_of_their_own(role, arguments, member, two_areas, settings):
    person = member(role, areas=two_areas)
    asker = matrix.Asker("", matrix._signed_in(person), role)
    asked = ("case-contact", "post", asker, arguments("case-contact", "own"), settings)
    assert matrix.walk(*asked) == matrix.NO
    person.opens_contacts = True
    person.save()
    assert matrix.walk(*asked) == (matrix.NO if role == Role.ANALYST else matrix.YES)


@pytest.mark.django_db
def test_dispatchers_may_open_contacts_until_an_administrator_says_no(arguments, member, settings):
    person = member("dispatcher")
    asked = ("case-contact", "post", matrix.Asker("", matrix._signed_in(person), "dispatcher"), arguments("case-contact", "own"), settings)
    assert matrix.walk(*asked) == matrix.YES
    person.opens_contacts = False
    person.save()
    assert matrix.walk(*asked) == matrix.NO


@pytest.mark.django_db
def test_an_address_without_a_row_is_not_found(client, monkeypatch):
    monkeypatch.delitem(ACCESS, "livez")
    assert client.get("/livez").status_code == 404


def test_nobody_is_admitted_by_an_unknown_kind_of_user():
    assert not any(admits(audience, object()) for audience in ROLES)


def test_cases_and_their_history_are_not_edited_in_the_administration():
    assert not [table for table in ADMINISTRATION if "case" in table or "event" in table or "report_" in table]
