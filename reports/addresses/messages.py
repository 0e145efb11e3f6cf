"""What a letter leads to: stopping the letters, and saying whether the place is clean."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages import messages as pages

urlpatterns = [
    path(_("stop/<str:code>/<str:token>/"), pages.stop, name="stop-messages"),
    path(_("answer/<str:code>/<str:token>/"), pages.answer, name="clean-answer"),
]
