"""Every address of the site. Each room brings its own; `citylab/permissions.py` says who may enter."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("", include("citylab.addresses.health")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/", include("reports.addresses.api")),
    path("api/v1/", include("analytics.addresses.api")),
    path("", include("analytics.addresses.tiles")),
    *i18n_patterns(
        path("", include("reports.addresses.resident")),
        path("", include("citylab.addresses.accounts")),
        path("", include("reports.addresses.staff")),
        path("", include("analytics.addresses.staff")),
        prefix_default_language=False,
    ),
]

handler400 = "citylab.error_pages.bad_request"
handler403 = "citylab.error_pages.permission_denied"
handler404 = "citylab.error_pages.page_not_found"
handler500 = "citylab.error_pages.server_error"
