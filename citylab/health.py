"""Is the process alive, is it ready, and what is the state of the queue."""

import shutil

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from reports import relay


def livez(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers. A broker that is away is a degradation, never a reason to take the site down."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"ready": False, "broken": ["database"]}, status=503)
    degraded = [] if broker_answers() else ["queue"]
    return JsonResponse({"ready": True, "degraded": degraded})


def statusz(request: HttpRequest) -> JsonResponse:
    """For the staff and the operator: how old the oldest waiting row is, dead letters, free disk."""
    return JsonResponse(status_figures())


def broker_answers() -> bool:
    """Whether the broker took a connection within a second."""
    try:
        relay.waiting_messages(relay.OUTBOXES[0])
    except Exception:
        return False
    return True


def status_figures() -> dict:
    """The service's figures: `oldest_waiting_s` is the one to watch."""
    figures: dict = {"broker": broker_answers(), "queues": {}}
    with connection.cursor() as cursor:
        for outbox in relay.OUTBOXES:
            cursor.execute(
                f"SELECT count(*) FILTER (WHERE failed_at IS NULL), count(*) FILTER (WHERE failed_at IS NOT NULL), "
                f"min({outbox.since}) FILTER (WHERE failed_at IS NULL) FROM {outbox.table} "
                f"WHERE processed_at IS NULL"
            )
            waiting, dead, oldest = cursor.fetchone()
            age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
            queue = figures["queues"].setdefault(outbox.queue, {"waiting": 0, "dead": 0, "oldest_waiting_s": 0.0})
            queue["waiting"] += waiting
            queue["dead"] += dead
            queue["oldest_waiting_s"] = max(queue["oldest_waiting_s"], round(age, 1))
    settings.STATE_DIR.mkdir(parents=True, exist_ok=True)
    disk = shutil.disk_usage(settings.STATE_DIR)
    figures["disk_free_mb"] = disk.free // 2**20
    figures["uploads_accepted"] = figures["disk_free_mb"] > settings.DISK_RESERVE_MB
    return figures
