"""The city for everybody: map, units, figures, signs."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
