"""The staff's pages on hotspots and weekly reports."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from analytics import pages
from analytics.tiles import staff_tile

urlpatterns = [
    path(_("staff/hotspots/"), pages.hotspots, name="hotspots"),
    path(_("staff/hotspots/<int:run>/<str:cell>/"), pages.hotspot, name="hotspot"),
    path(_("staff/black-spots/"), pages.blackspots, name="blackspots"),
    path(_("staff/weekly/"), pages.weekly, name="weekly"),
    path(_("staff/weekly/<str:week>/<int:edition>/"), pages.weekly_edition, name="weekly-edition"),
    path(_("staff/weekly/<str:week>/<int:edition>/<str:filename>"), pages.weekly_file, name="weekly-file"),
    path(_("staff/tiles/<slug:layer>/<int:z>/<int:x>/<int:y>.mvt"), staff_tile, name="staff-tile"),
]
