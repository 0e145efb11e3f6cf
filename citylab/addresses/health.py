"""Health and the API's own description."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView

from citylab import health

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("statusz", health.statusz, name="statusz"),
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="api-schema"),
]
