"""Requests about personal data, and what only the staff may open."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages import staff_requests as pages

urlpatterns = [
    path(_("staff/data-requests/"), pages.data_requests, name="data-requests"),
    path(_("staff/data-requests/<int:row>/"), pages.data_request, name="data-request"),
    path(_("staff/reports/<str:code>/recording/"), pages.case_voice, name="case-voice"),
    path(_("staff/reports/<str:code>/contact/"), pages.case_contact, name="case-contact"),
]
