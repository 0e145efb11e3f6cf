"""Vector tiles for everybody. The staff's are among the staff's addresses, with `analytics.tiles.staff_tile`."""

from django.urls import path

from analytics.tiles import public_tile

urlpatterns = [
    path("tiles/<slug:layer>/<int:z>/<int:x>/<int:y>.mvt", public_tile, name="tile"),
]
