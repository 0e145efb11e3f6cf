"""The steps of a report, each a plain form."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages import report_steps as pages

urlpatterns = [
    path(_("report/"), pages.report, name="report"),
    path(_("report/<uuid:uuid>/photo/"), pages.photo, name="report-photo"),
    path(_("report/<uuid:uuid>/place/"), pages.place, name="report-place"),
    path(_("report/<uuid:uuid>/kind/"), pages.kind, name="report-kind"),
    path(_("report/<uuid:uuid>/nearby/"), pages.nearby, name="report-nearby"),
    path(_("report/<uuid:uuid>/send/"), pages.send, name="report-send"),
]
