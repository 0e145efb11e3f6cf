"""Receipts, the public page of a case, and “my data”."""

from __future__ import annotations

from django.urls import path

from reports.pages import receipts

urlpatterns = [
    path("p/<str:code>/", receipts.receipt, name="receipt"),
    path("p/<str:code>/<str:token>/", receipts.receipt_secret, name="receipt-secret"),
]
