"""The residents' pages."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages import resident as pages

urlpatterns = [
    path("", pages.home, name="home"),
    path(_("report/"), pages.report, name="report"),
]
