"""Where a letter to the staff leads to stop them."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages import staff_letters as pages

urlpatterns = [path(_("staff/letters/<int:member>/<str:token>/"), pages.letters, name="staff-letters")]
