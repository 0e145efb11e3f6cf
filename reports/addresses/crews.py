"""Teams, their days, and the page that a crew opens by its secret link."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages import crews, dispatch, teams

urlpatterns = [
    path(_("staff/teams/"), teams.teams, name="teams"),
    path(_("staff/teams/<int:team>/"), teams.team, name="team"),
    path(_("staff/dispatch/"), dispatch.board, name="dispatch"),
    path(_("staff/dispatch/links/"), dispatch.crew_links, name="crew-links"),
    path(_("staff/dispatch/work-order/"), dispatch.work_order, name="work-order"),
    path(_("crew/<str:token>/"), crews.crew, name="crew"),
    path(_("crew/<str:token>/new/"), crews.new_pile, name="crew-new"),
    path(_("crew/<str:token>/photos/<int:photo>/<str:size>/"), crews.photo, name="crew-photo"),
    path(_("crew/<str:token>/<str:code>/"), crews.case, name="crew-case"),
]
