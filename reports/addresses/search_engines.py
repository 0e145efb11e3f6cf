"""robots.txt and sitemap.xml, at the root of the site."""

from __future__ import annotations

from django.urls import path

from reports.pages import search_engines as pages

urlpatterns = [
    path("robots.txt", pages.robots, name="robots"),
    path("sitemap.xml", pages.sitemap, name="sitemap"),
]
