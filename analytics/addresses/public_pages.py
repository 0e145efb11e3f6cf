"""The public page of figures."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from analytics import public_pages

urlpatterns = [
    path(_("figures/"), public_pages.figures, name="figures"),
]
