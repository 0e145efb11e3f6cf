"""Requests about personal data, and what only the staff may open."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
