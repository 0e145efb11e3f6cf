from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("City and desk")

    def ready(self) -> None:
        post_migrate.connect(_ship_views, sender=self)


def _ship_views(**given: Any) -> None:
    from reports.queue.saved_views import (
        ship_views,  # only now: it brings libraries that no other command has to wait for
    )

    ship_views(**given)
