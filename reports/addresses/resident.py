"""The first page."""

from django.urls import path

from reports.pages import resident as pages

urlpatterns = [
    path("", pages.home, name="home"),
]
