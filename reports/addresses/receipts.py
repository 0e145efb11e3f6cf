"""Receipts, the public page of a case, and “my data”."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
