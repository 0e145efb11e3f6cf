"""Published photos."""

from __future__ import annotations

from django.urls import URLPattern, path

from reports.pages import public_photos

urlpatterns: list[URLPattern] = [
    path("photos/<int:photo>/<str:size>.jpg", public_photos.public_photo, name="public-photo"),
]
