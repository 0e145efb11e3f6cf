"""The open interface of hotspots and weekly reports."""

from django.urls import path

from analytics.weekly.api import WeeklyReportsView

urlpatterns = [
    path("weekly-reports/", WeeklyReportsView.as_view(), name="api-weekly-reports"),
]
