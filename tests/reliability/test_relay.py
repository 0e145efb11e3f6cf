"""The rows are the queue: leased, published, never lost for a broker that is away."""

import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, connections
from django.utils import timezone
from kombu import pools

from citylab.celery import app
from reports import relay, tasks
from reports.models import PhotoCheck, Report
from tests.reliability.running_site import Broker, Folders, wait_until
from tests.reports.photos.clean_photos import clean_photo

REPORTS = relay.OUTBOXES[0]


@pytest.fixture
def broker(monkeypatch):
    """A Valkey of this test's own; `broker.kill()` is kill -9."""
    with tempfile.TemporaryDirectory(prefix="citylab-broker-") as folder:
        server = Broker(Folders(Path(folder)))
        process = subprocess.Popen(server.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        monkeypatch.setenv("CELERY_BROKER_URL", server.url)  # which Celery asks before its configuration
        _forget_connections()
        assert wait_until(server.socket.exists, 10)
        yield process
        process.kill()
        process.wait()
        _forget_connections()
        server.socket.unlink(missing_ok=True)


def _forget_connections() -> None:
    """As in a process that was just forked: no pool and no connection of before."""
    app._after_fork()
    pools.reset()


def messages() -> int:
    return relay.waiting_messages(REPORTS)


@pytest.fixture
def waiting(report):
    """Makes reports that wait for grouping."""

    def make(count: int, **fields) -> list[Report]:
        return [report(processed_at=None, **fields) for _ in range(count)]

    return make


@pytest.mark.django_db
def test_each_waiting_row_is_published_once_with_its_id_alone(broker, waiting):
    rows = waiting(3)
    assert relay.pass_once() == 3
    assert messages() == 3
    assert relay.pass_once() == 0, "a leased row is not published again before its lease ends"
    with app.connection_for_read() as link:
        message = link.SimpleQueue("intake").get(timeout=5)
    arguments, keywords, _ = message.payload
    assert arguments == [rows[0].pk]
    assert keywords == {}


@pytest.mark.django_db
def test_the_oldest_rows_go_first_and_never_more_than_a_lease(broker, waiting, noon):
    from datetime import timedelta

    late, early = waiting(1, next_try=noon)[0], waiting(1, next_try=noon - timedelta(days=1))[0]
    assert relay.lease(REPORTS, limit=1) == [early.pk]
    assert relay.lease(REPORTS, limit=1) == [late.pk]


@pytest.mark.django_db
def test_nothing_is_published_while_the_queue_is_full(broker, waiting, monkeypatch):
    monkeypatch.setattr(relay, "QUEUE_FULL", 2)
    waiting(2)
    relay.pass_once()
    more = waiting(2)
    assert relay.pass_once() == 0
    assert Report.objects.filter(pk__in=[row.pk for row in more], attempts=0, next_try__lt=timezone.now()).count() == 2


@pytest.mark.django_db
def test_a_queue_that_nobody_serves_holds_a_few_messages_and_loses_nothing(broker, report):
    """The search for people is optional: without its packages no worker takes from the queue `ai`."""
    searches = next(outbox for outbox in relay.OUTBOXES if outbox.queue == "ai")
    for _ in range(60):
        clean_photo(report(), outcome="waiting")
    for _ in range(5):
        relay.pass_once()
        PhotoCheck.objects.update(next_try=timezone.now())
    assert relay.waiting_messages(searches) == searches.most == 20
    assert PhotoCheck.objects.unprocessed().filter(attempts=0).count() == 60


@pytest.mark.django_db
def test_a_dead_broker_costs_no_lease_and_loses_nothing(broker, waiting):
    rows = waiting(2)
    broker.kill()
    broker.wait()
    assert relay.pass_once() == 0
    assert Report.objects.unprocessed().filter(next_try__lte=timezone.now()).count() == len(rows)


@pytest.mark.django_db
def test_a_processed_row_is_never_leased(waiting, report):
    report()
    assert relay.lease(REPORTS) == []


@pytest.mark.django_db
def test_an_absent_worker_never_makes_a_dead_letter(waiting):
    row = waiting(1)[0]
    for _ in range(30):
        assert relay.lease(REPORTS) == [row.pk]
        Report.objects.update(next_try=timezone.now())
    assert not Report.objects.dead().exists()


@pytest.mark.django_db
def test_a_row_that_fails_again_and_again_becomes_a_dead_letter_that_can_be_retried(waiting, monkeypatch):
    from reports import grouping

    def broken(ids):
        raise ValueError("a sentence of a resident")

    monkeypatch.setattr(grouping, "process", broken)
    row = waiting(1)[0]
    for _ in range(relay.PATIENCE):
        with pytest.raises(tasks.TaskFailed):
            tasks.process_report(row.pk)
    Report.objects.update(next_try=timezone.now())
    assert relay.lease(REPORTS) == []
    row.refresh_from_db()
    assert row.failed_at is not None
    assert row.last_error == "ValueError", "the kind of error, never its text"
    assert relay.retry("reports_report", [row.pk]) == 1
    assert relay.lease(REPORTS) == [row.pk]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [ValueError, IntegrityError])
def test_the_log_tells_where_a_task_failed_and_never_what_a_row_says(waiting, monkeypatch, caplog, kind):
    from reports import grouping

    def broken(ids):
        raise kind("canary: the words of a resident")

    monkeypatch.setattr(grouping, "process", broken)
    row = waiting(1)[0]
    result = tasks.process_report.apply(args=[row.pk])  # as a worker runs it: with what Celery logs of it
    assert result.failed()
    told = caplog.text + str(result.result) + result.traceback
    assert "canary" not in told
    assert f"Report {row.pk}: {kind.__name__} at {__name__}:" in caplog.text and "reports.tasks:" in caplog.text


@pytest.mark.django_db
def test_the_lease_grows_with_runs_that_failed_up_to_a_minute(waiting):
    for attempts, seconds in ((0, 10), (1, 20), (2, 40), (3, 60), (9, 60)):
        row = waiting(1, attempts=attempts)[0]
        relay.lease(REPORTS)
        row.refresh_from_db()
        assert seconds - 2 < (row.next_try - timezone.now()).total_seconds() <= seconds


@pytest.mark.django_db(transaction=True)
def test_two_relays_never_lease_the_same_row(waiting):
    waiting(40)
    leased: list[int] = []

    def work() -> None:
        for _ in range(10):
            leased.extend(relay.lease(REPORTS, limit=5))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(leased) == len(set(leased)) == 40


@pytest.mark.django_db
def test_the_loop_goes_on_after_any_error(monkeypatch):
    rounds = []

    def failing() -> int:
        rounds.append(1)
        raise RuntimeError

    monkeypatch.setattr(relay, "pass_once", failing)
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    relay.run(lambda: len(rounds) >= 3)
    assert len(rounds) == 3


@pytest.mark.django_db
def test_the_site_is_ready_without_a_broker_and_says_that_it_is_degraded(broker, client):
    assert client.get("/readyz").json() == {"ready": True, "degraded": []}
    broker.kill()
    broker.wait()
    assert client.get("/readyz").json() == {"ready": True, "degraded": ["queue"]}


@pytest.mark.django_db
def test_the_staff_see_how_old_the_oldest_waiting_row_is(broker, client, member, waiting):
    waiting(2)
    client.force_login(member())
    figures = client.get("/statusz").json()
    assert figures["queues"]["intake"]["waiting"] == 2
    assert figures["queues"]["intake"]["oldest_waiting_s"] > 0
