"""The Celery application. Messages carry ids only; the database rows are the queue (DESIGN rule 1)."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citylab.settings")

app = Celery("citylab")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_time_limit=330,
    task_soft_time_limit=300,  # tasks finish in 5 minutes
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 1800,  # six times the longest task, so nothing runs twice for being slow
        "socket_timeout": 5,
        "socket_connect_timeout": 1,
    },
    task_default_queue="intake",
    worker_hijack_root_logger=False,
    task_routes={
        "reports.tasks.process_report": {"queue": "intake"},
        "reports.tasks.process_photo": {"queue": "photo"},
        "reports.tasks.look_for_people": {"queue": "ai"},
        "reports.tasks.send_message": {"queue": "message"},
        "reports.tasks.send_staff_letter": {"queue": "message"},
        "analytics.tasks.*": {"queue": "geo"},
        "analytics.tasks.freeze_due_weeks": {"queue": "report"},
    },
    beat_schedule={
        "refresh-hotspots": {"task": "analytics.tasks.refresh_hotspots", "schedule": crontab(minute="*/10")},
        # Monday 06:00 by the city's clock; the hourly tick catches up a Monday that was missed.
        "freeze-week": {"task": "analytics.tasks.freeze_due_weeks", "schedule": crontab(minute=0)},
        "staff-digest": {"task": "reports.tasks.schedule_digests", "schedule": crontab(minute="*/10", hour="7-11")},
        "upkeep-photos": {"task": "reports.tasks.check_photos", "schedule": crontab(hour=2, minute=30)},
        "reap-photos": {"task": "reports.tasks.reap_photos", "schedule": crontab(hour=3, minute=0)},
        "prune-runs": {"task": "analytics.tasks.prune_runs", "schedule": crontab(hour=3, minute=30)},
        "forget": {"task": "reports.tasks.forget", "schedule": crontab(hour=3, minute=10)},
        "forget-sign-ins": {"task": "citylab.tasks.forget_sign_ins", "schedule": crontab(hour=3, minute=15)},
        "verify-history": {"task": "reports.tasks.verify_history", "schedule": crontab(hour=4, minute=30)},
        "check-counters": {"task": "analytics.tasks.check_counters", "schedule": crontab(hour=4, minute=0)},
    },
)
app.autodiscover_tasks()
