from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CitylabConfig(AppConfig):
    name = "citylab"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("People")

    def ready(self) -> None:
        from citylab import database_roles

        post_migrate.connect(database_roles.grant_application_role, sender=self)
