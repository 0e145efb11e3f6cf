"""The residents' pages."""

from django.urls import path

urlpatterns: list = []
