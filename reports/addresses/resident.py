"""The residents' pages."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages import resident as pages

urlpatterns = [
    path("", pages.home, name="home"),
    path(_("report/"), pages.report, name="report"),
    path("p/<str:code>/", pages.receipt, name="receipt"),
    path("p/<str:code>/<str:token>/", pages.receipt_secret, name="receipt-secret"),
]
