"""The service worker and the manifest, at the root of the site."""

from django.urls import path

from reports.pages import mine as pages

urlpatterns = [
    path("sw.js", pages.service_worker, name="service-worker"),
    path("manifest.webmanifest", pages.manifest, name="manifest"),
]
