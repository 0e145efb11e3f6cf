"""What comes after a report needs no more rights than the application has."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from citylab.database_roles import APPLICATION_ROLE, grant_application_role
from reports import retention, voice
from reports.contacts import ContactDetails
from reports.follow_up import add_note, correct_contact, delete_contact, give_verdict, stop_messages, withdraw_report
from reports.follow_up.requests import answer, ask
from reports.private_reports import note_look
from tests.reports.recordings import recording

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_the_application():
    """The rest of the test runs with the rights of the application's role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE])
        if cursor.fetchone() is None:
            pytest.skip(f"needs the role {APPLICATION_ROLE}, which bin/up and bin/test create")

    def begin() -> None:
        grant_application_role(None)
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {APPLICATION_ROLE}")

    yield begin
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def test_every_verb_runs_with_the_rights_of_the_application(report, case, member, as_the_application):
    cleaned, person = case("cleaned", at=timezone.now() - timedelta(days=2)), member()
    sent, other = report(cleaned), report(reporter=b"phone")
    as_the_application()
    add_note(sent, "thêm")
    correct_contact(sent, ContactDetails(email="lan@example.org", consent=True))
    voice.receive_voice(sent, recording())
    note_look(person, "voice", sent, 1)
    give_verdict(cleaned, False, "reporter", report=sent)
    assert stop_messages(sent) and delete_contact(sent)
    answer(ask(sent, "delete"), person, "Đã xóa.", erasing=True)
    withdraw_report(other)
    retention.forget(timezone.now())
    sent.refresh_from_db()
    assert sent.redacted_at
