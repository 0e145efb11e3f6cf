"""Examples in the API's description and in its error sentences: always of the city that is served."""

from django.conf import settings

_LON, _LAT = settings.CITY.centre
POINT = [round(_LON + 0.0253, 4), round(_LAT + 0.0012, 4)]
BBOX = f"{_LON - 0.1:.1f},{_LAT - 0.1:.1f},{_LON + 0.1:.1f},{_LAT + 0.1:.1f}"
AREA_CODE = "00001"
AREA_NAME = settings.CITY.name
