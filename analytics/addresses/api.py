"""The open interface of hotspots and weekly reports."""

from django.urls import path

urlpatterns: list = []
