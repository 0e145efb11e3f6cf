"""Privacy, sorting, help, accessibility, about."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages import help_pages as pages

urlpatterns = [
    path(_("privacy/"), pages.privacy, name="privacy"),
    path(_("sorting/"), pages.sorting, name="sorting"),
    path(_("help/"), pages.help_page, name="help"),
    path(_("accessibility/"), pages.accessibility, name="accessibility"),
    path(_("about/"), pages.about, name="about"),
]
