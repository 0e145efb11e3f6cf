"""The open interface of hotspots and weekly reports."""

from django.urls import path

from analytics.api.hotspots import HotspotsView
from analytics.weekly.api import WeeklyReportsView

urlpatterns = [
    path("hotspots/", HotspotsView.as_view(), name="api-hotspots"),
    path("weekly-reports/", WeeklyReportsView.as_view(), name="api-weekly-reports"),
]
