"""Entry on behalf of people who call or come to the counter."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages.desk import entry_list_page, entry_page

urlpatterns = [
    path(_("staff/entry/"), entry_page.entry, name="entry"),
    path(_("staff/entry/around/"), entry_page.around, name="entry-around"),
    path(_("staff/entry/list/"), entry_list_page.entry_list, name="entry-list"),
]
