"""The open interface of reports and cases."""

from django.urls import path

urlpatterns: list = []
