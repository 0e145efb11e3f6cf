"""The queue of the case desk."""

from __future__ import annotations

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from reports.pages import staff_queue, staff_queue_views

urlpatterns: list[URLPattern] = [
    path(_("staff/queue/"), staff_queue.queue, name="queue"),
    path(_("staff/queue/act/"), staff_queue.queue_act, name="queue-act"),
    path(_("staff/queue/views/"), staff_queue_views.saved_views, name="saved-views"),
    path(_("staff/queue/views/<slug:slug>/"), staff_queue_views.saved_view, name="saved-view"),
    path(_("staff/queue/cases/<str:code>/"), staff_queue.queue_case, name="queue-case"),
]
