"""What the workers do for the site itself, by the clock of `citylab/celery.py`. A second clock finds the work done.

Tasks take unknown keyword arguments, so that a new release can add one before the old workers are gone.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from citylab.jobs import once_a_period

logger = logging.getLogger(__name__)

SIGN_INS_KEPT = timedelta(days=30)  # long enough to look into an attack, and no longer


@shared_task(name="citylab.tasks.forget_sign_ins")
def forget_sign_ins(**_: object) -> None:
    """Nightly: names, addresses and browsers of failed sign-ins older than 30 days go, and every other trace that axes keeps."""
    from axes.models import AccessAttempt, AccessFailureLog, AccessLog

    with once_a_period("forget-sign-ins", timezone.localdate().isoformat()) as mine:
        if mine:
            old = timezone.now() - SIGN_INS_KEPT
            forgotten = sum(model.objects.filter(attempt_time__lt=old).delete()[0] for model in (AccessAttempt, AccessFailureLog, AccessLog))
            logger.info("sign-ins: %s old attempts forgotten", forgotten)
