"""Signs with a QR code."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages import staff_signs as pages

urlpatterns = [
    path(_("staff/signs/"), pages.signs_page, name="staff-signs"),
    path(_("staff/signs/print/"), pages.print_signs, name="staff-sign-pdf"),
]
