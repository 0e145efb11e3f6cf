"""Photos that wait for a person; and where anybody says that a person can be seen on one."""

from __future__ import annotations

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from reports.pages import public_photos, staff_photos

urlpatterns: list[URLPattern] = [
    path(_("flag/<int:photo>/"), public_photos.flag_photo, name="flag-photo"),
    path(_("staff/photos/"), staff_photos.photos, name="staff-photos"),
    path(_("staff/photos/<int:photo>/"), staff_photos.photo, name="staff-photo"),
    path(_("staff/photo-previews/<int:photo>/"), staff_photos.preview, name="photo-preview"),
    path(_("staff/original-photos/<int:photo>/"), staff_photos.original, name="original-photo"),
]
