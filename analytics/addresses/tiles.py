"""Vector tiles, public and staff."""

from django.urls import path

urlpatterns: list = []
