"""The history of a case cannot be changed unseen: each line is sealed with the one before it."""

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from reports import casework
from reports.history import first_broken_line
from reports.models import CaseEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked_on(case, member):
    """Three cases with some history; returns the second one."""
    cases = [case() for _ in range(3)]
    for thing in cases:
        casework.confirm(thing, member())
        casework.note(thing, member(), "đã gọi cảng vụ")
        casework.refuse(thing, None, "private land")
    return cases[1]


def rewrite(statement: str, *values: object) -> None:
    """As somebody could who owns the database, and no member and no program can."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE reports_caseevent DISABLE TRIGGER kept")
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE reports_caseevent ENABLE TRIGGER kept")


def test_lines_are_numbered_from_one_in_each_case(worked_on):
    assert list(worked_on.events.order_by("pk").values_list("number", flat=True)) == [1, 2, 3]
    assert len(set(CaseEvent.objects.values_list("hash", flat=True))) == 9


def test_an_untouched_history_is_whole(worked_on, capsys):
    assert first_broken_line() is None
    call_command("verify_history")
    assert "as it was written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ("UPDATE reports_caseevent SET reason = 'nobody said this' WHERE case_id = %s AND number = 2", 2),
        ("UPDATE reports_caseevent SET at = at - interval '1 microsecond' WHERE case_id = %s AND number = 1", 1),
        ("UPDATE reports_caseevent SET actor_id = NULL WHERE case_id = %s AND number = 1", 1),
        ("UPDATE reports_caseevent SET details = details || '{\"x\": 1}' WHERE case_id = %s AND number = 3", 3),
        ("UPDATE reports_caseevent SET hash = sha256('forged') WHERE case_id = %s AND number = 3", 3),
        ("DELETE FROM reports_caseevent WHERE case_id = %s AND number = 2", 3),
        ("DELETE FROM reports_caseevent WHERE case_id = %s AND number = 3", 2),
    ],
)
def test_the_first_line_that_was_changed_or_is_missing_is_named(change, number, worked_on):
    rewrite(change, worked_on.pk)
    broken = first_broken_line()
    assert broken is not None and (broken.case, broken.number) == (worked_on.code, number)
    with pytest.raises(CommandError, match=f"Case {worked_on.code}: line {number} "):
        call_command("verify_history")


def test_a_case_whose_whole_history_is_gone_is_named(worked_on):
    rewrite("DELETE FROM reports_caseevent WHERE case_id = %s", worked_on.pk)
    with pytest.raises(CommandError, match=f"Case {worked_on.code}: all of its history is gone"):
        call_command("verify_history")


def test_a_note_cut_off_the_end_is_missed_though_the_state_is_the_same(worked_on, member):
    casework.note(worked_on, member(), "đã gọi lại")
    rewrite("DELETE FROM reports_caseevent WHERE case_id = %s AND number = 4", worked_on.pk)
    broken = first_broken_line()
    assert broken is not None and (broken.case, broken.number) == (worked_on.code, 3)


def test_a_case_without_history_from_before_is_no_broken_one(case):
    case("cleaned")
    assert first_broken_line() is None


@pytest.mark.parametrize("statement", ["UPDATE reports_caseevent SET reason = ''", "DELETE FROM reports_caseevent", "TRUNCATE reports_caseevent"])
def test_the_application_has_no_right_to_rewrite_history_whatever_its_triggers_say(statement, worked_on):
    with connection.cursor() as cursor:
        cursor.execute("SELECT privilege_type FROM information_schema.role_table_grants WHERE table_name = 'reports_caseevent' AND grantee = 'citylab_app'")
        assert {right for (right,) in cursor.fetchall()} == {"SELECT", "INSERT"}
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE citylab_app")
        cursor.execute(statement)


def test_neither_the_owner_nor_the_application_changes_a_line_in_passing(worked_on):
    for role in ("citylab_owner", "citylab_app"):
        for statement in ("UPDATE reports_caseevent SET reason = ''", "DELETE FROM reports_caseevent"):
            with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL ROLE {role}")
                cursor.execute(statement)


def test_a_number_or_a_hash_that_somebody_sends_along_is_not_taken(case):
    thing = case()
    event = CaseEvent.objects.create(case=thing, kind="noted", at=thing.opened_at, to_status="new", number=7, hash=b"forged")
    event.refresh_from_db()
    assert event.number == 1 and len(event.hash) == 32


def test_erasing_what_a_resident_wrote_leaves_the_history_whole(case, report, member):
    from reports.follow_up.redaction import redact

    sent = report(case(), description="Nhà tôi ở số 5, gọi Lan")
    casework.confirm(sent.case, member())
    redact(sent, "asked for", sent.received_at)
    assert first_broken_line() is None
    assert "Lan" not in str(list(CaseEvent.objects.values_list("reason", "details")))


def test_the_night_s_job_tells_of_a_broken_line_in_the_log(worked_on, caplog):
    from reports.tasks import verify_history

    rewrite("UPDATE reports_caseevent SET reason = 'nobody said this' WHERE case_id = %s AND number = 2", worked_on.pk)
    verify_history()
    assert f"case {worked_on.code}, line 2" in caplog.text
