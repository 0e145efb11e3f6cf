"""The site: settings, addresses, accounts, the city as data."""

from citylab.celery import app as celery_app

__all__ = ["celery_app"]
