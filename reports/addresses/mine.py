"""What this phone keeps: its reports, what waits, and the page without a network."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages import mine as pages

urlpatterns = [
    path(_("my-reports/"), pages.mine, name="mine"),
    path(_("waiting/"), pages.waiting, name="waiting"),
    path(_("offline/"), pages.offline, name="offline"),
]
