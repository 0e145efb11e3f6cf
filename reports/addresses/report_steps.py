"""The steps of a report, each a plain form."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
