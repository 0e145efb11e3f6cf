"""The city for everybody: map, units, signs. The figures add up reports, so their address is among those of `analytics`."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages import city_map, signs, units

urlpatterns = [
    path(_("map/"), city_map.city_map, name="city-map"),
    path(_("unit/"), units.units, name="units"),
    path(_("unit/<slug:slug>/"), units.unit, name="unit"),
    path("q/<str:code>/", signs.sign, name="sign"),
]
