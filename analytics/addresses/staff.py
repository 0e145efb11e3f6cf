"""The staff's pages on hotspots and weekly reports."""

from django.urls import path

urlpatterns: list = []
