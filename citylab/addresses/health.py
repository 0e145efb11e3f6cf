"""Health and the API's own description."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView

urlpatterns: list = [path("api/schema/", SpectacularJSONAPIView.as_view(), name="api-schema")]
