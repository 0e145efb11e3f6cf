"""Signing in and out, invitations, members."""

from django.urls import path

urlpatterns: list = []
