"""Notices about a stretch."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages import staff_notices as pages

urlpatterns = [
    path(_("staff/notices/"), pages.notices_page, name="staff-notices"),
    path(_("staff/notices/<int:notice>/"), pages.notice_page, name="staff-notice"),
]
