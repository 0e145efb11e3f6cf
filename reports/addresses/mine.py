"""What this phone keeps: its reports, what waits, and the page without a network."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
