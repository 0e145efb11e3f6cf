"""What every page knows: the city's name, its hotline, its languages."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict:
    return {"city": settings.CITY, "site_url": settings.SITE_URL}
