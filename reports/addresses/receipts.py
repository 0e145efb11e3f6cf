"""Receipts, the public page of a waste site, and “my data”."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages import my_data, receipts, spot

urlpatterns = [
    path("p/<str:code>/", receipts.receipt, name="receipt"),
    path("p/<str:code>/<str:token>/", receipts.receipt_secret, name="receipt-secret"),
    path(_("spot/<str:code>/"), spot.spot, name="spot"),
    path(_("spot/<str:code>/answer/"), spot.spot_verdict, name="spot-verdict"),
    path(_("my-data/"), my_data.my_data, name="my-data"),
    path(_("my-data/<str:code>/<str:token>/"), my_data.my_data_report, name="my-data-report"),
]
