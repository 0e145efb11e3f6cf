"""What every page knows: the city's name, its hotline, its languages, and whether its data is invented."""

from django.conf import settings
from django.http import HttpRequest

from citylab.demonstration import is_demonstration


def site(request: HttpRequest) -> dict:
    return {"city": settings.CITY, "site_url": settings.SITE_URL, "demonstration": is_demonstration}
