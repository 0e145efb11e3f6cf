"""The staff's pages on cases."""

from django.urls import path

urlpatterns: list = []
