"""What is kept of those who sign in, or try to: nothing of a right password, 30 days of a wrong one."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.urls import reverse
from django.utils import timezone

from citylab import tasks
from citylab.celery import app
from citylab.models import JobRun


def attempt(name: str, days: int) -> None:
    made = AccessAttempt.objects.create(
        username=name, ip_address="203.0.113.7", user_agent="a browser", http_accept="", path_info="/", get_data="", post_data="",
        failures_since_start=1,
    )  # fmt: skip
    AccessAttempt.objects.filter(pk=made.pk).update(attempt_time=timezone.now() - timedelta(days=days))


@pytest.mark.django_db
def test_failed_sign_ins_are_forgotten_after_30_days() -> None:
    attempt("old", 31)
    attempt("new", 29)
    tasks.forget_sign_ins(something_new=1)
    assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["new"]


@pytest.mark.django_db
def test_the_forgetting_happens_once_a_night() -> None:
    tasks.forget_sign_ins()
    attempt("old", 31)
    tasks.forget_sign_ins()
    assert AccessAttempt.objects.count() == 1
    assert JobRun.objects.filter(job="forget-sign-ins").count() == 1


def test_the_clock_knows_the_task() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


@pytest.mark.django_db
def test_a_right_password_leaves_no_address_behind(client, member) -> None:
    person = member("officer")
    person.set_password("a long enough password")
    person.save()
    answer = client.post(reverse("sign-in"), {"username": person.username, "password": "a long enough password"})
    assert answer.status_code == 302
    assert not AccessLog.objects.exists()
