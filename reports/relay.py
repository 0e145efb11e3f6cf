"""The leased relay: the rows are the queue, this publishes their ids to the broker.

About once a second, and only while the broker's queue is short, it leases the oldest waiting rows by moving their
`next_try` forward in the same statement, then publishes one message for each row with the id alone. A broker that is
dead or slow delays the work and loses nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from kombu.exceptions import KombuError

from citylab.celery import app

logger = logging.getLogger(__name__)

LEASE = 200  # rows claimed at a time
QUEUE_FULL = 100  # with more messages waiting than this, the workers have enough to do
PATIENCE = 10  # runs that ended without success before a row is given up and shown to the staff: about eight minutes


@dataclass(frozen=True)
class Outbox:
    """A table whose rows wait for a task.

    `since`: the column that says since when a row waits. `most`: how many messages may lie with the broker at a time, where
    that is fewer than elsewhere. `given_back`: a column that is emptied when a person has a dead letter tried again.
    """

    table: str
    task: str
    queue: str
    since: str = "received_at"
    most: int | None = None
    given_back: str = ""


OUTBOXES = (
    Outbox("reports_report", "reports.tasks.process_report", "intake"),
    Outbox("reports_photo", "reports.tasks.process_photo", "photo"),
    # A run takes about a second, and where the packages are not installed nobody serves this queue: a few messages are enough.
    Outbox("reports_photocheck", "reports.tasks.look_for_people", "ai", since="created_at", most=20),
    Outbox("reports_message", "reports.tasks.send_message", "message", since="created_at", given_back="claimed_at"),
    Outbox("reports_staffletter", "reports.tasks.send_staff_letter", "message", since="created_at", given_back="claimed_at"),
)


def lease(outbox: Outbox, limit: int = LEASE) -> list[int]:
    """Claim up to `limit` waiting rows, oldest first; each comes back later unless its task marks it processed.

    The lease grows with the runs that did not succeed: 10 s, 20 s, 40 s, then 60 s. Only runs count, which each task
    notes when it begins: an absent worker or broker never turns a row into a dead letter, a row that kills its
    worker does.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH waiting AS (
                SELECT id FROM {outbox.table}
                WHERE processed_at IS NULL AND failed_at IS NULL AND next_try <= clock_timestamp()
                ORDER BY next_try, id LIMIT %s FOR UPDATE SKIP LOCKED
            ), claimed AS (
                UPDATE {outbox.table} AS row SET
                    next_try = clock_timestamp() + least(60, 10 * 2 ^ least(row.attempts, 10)) * interval '1 second',
                    failed_at = CASE WHEN row.attempts >= %s THEN clock_timestamp() END,
                    last_error = CASE WHEN row.attempts >= %s AND row.last_error = ''
                                 THEN 'killed' ELSE row.last_error END
                FROM waiting WHERE row.id = waiting.id
                RETURNING row.id, row.failed_at
            )
            SELECT id FROM claimed WHERE failed_at IS NULL ORDER BY id
            """,
            [limit, PATIENCE, PATIENCE],
        )
        return [row[0] for row in cursor.fetchall()]


def publish(outbox: Outbox, ids: list[int]) -> int:
    """Send one message for each id; returns how many went out before the broker failed, if it did."""
    sent = 0
    with app.producer_pool.acquire(block=True, timeout=5) as producer:
        for row_id in ids:
            app.send_task(outbox.task, args=[row_id], queue=outbox.queue, producer=producer, retry=False)
            sent += 1
    return sent


def waiting_messages(outbox: Outbox) -> int:
    """How many messages the broker holds for this queue. Raises when the broker does not answer."""
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)
        return broker.default_channel.client.llen(outbox.queue)


def pass_once() -> int:
    """One round over all outboxes; returns how many messages were published. Never raises for a dead broker."""
    total = 0
    for outbox in OUTBOXES:
        try:
            room = (outbox.most or QUEUE_FULL) - waiting_messages(outbox)
            if room > 0:
                total += publish(outbox, lease(outbox, min(LEASE, room) if outbox.most else LEASE))
        except (OSError, KombuError, ConnectionError, TimeoutError) as error:
            logger.warning("relay: the broker did not take messages for %s: %s", outbox.queue, type(error).__name__)
    return total


def run(stopping: Callable[[], bool], interval: float = 1.0) -> None:
    """Relay until `stopping()`; any error is logged and the loop goes on."""
    while not stopping():
        started = time.monotonic()
        try:
            published = pass_once()
        except Exception:
            logger.exception("relay: a round failed; the next one comes in a second")
            connection.close()
            published = 0
        if published < LEASE:
            time.sleep(max(0.05, interval - (time.monotonic() - started)))


def retry(table: str, ids: list[int]) -> int:
    """Put dead letters back into the queue; returns how many."""
    outbox = next(outbox for outbox in OUTBOXES if outbox.table == table)
    given_back = f", {outbox.given_back} = NULL" if outbox.given_back else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {outbox.table} SET failed_at = NULL, attempts = 0, next_try = clock_timestamp(), last_error = ''{given_back} "
            "WHERE id = ANY(%s) AND failed_at IS NOT NULL",
            [ids],
        )
        return cursor.rowcount
