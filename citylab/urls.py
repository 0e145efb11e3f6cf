"""Every address of the site. Each room brings its own; `citylab/permissions.py` says who may enter."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.views import SpectacularAPIView

from citylab.administration import administration

urlpatterns = [
    path("", include("citylab.addresses.health")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/", include("reports.addresses.api")),
    path("api/v1/", include("analytics.addresses.api")),
    path("", include("analytics.addresses.tiles")),
    path("", include("reports.addresses.mine_root")),
    path("", include("reports.addresses.public_photos")),
    path("", include("reports.addresses.search_engines")),
    *i18n_patterns(
        path("", include("reports.addresses.resident")),
        path("", include("reports.addresses.report_steps")),
        path("", include("reports.addresses.mine")),
        path("", include("reports.addresses.receipts")),
        path("", include("reports.addresses.city_pages")),
        path("", include("analytics.addresses.public_pages")),
        path("", include("reports.addresses.messages")),
        path("", include("reports.addresses.help_pages")),
        path("", include("citylab.addresses.accounts")),
        path("", include("reports.addresses.staff")),
        path("", include("reports.addresses.staff_entry")),
        path("", include("reports.addresses.staff_queue")),
        path("", include("reports.addresses.staff_photos")),
        path("", include("reports.addresses.staff_requests")),
        path("", include("reports.addresses.staff_signs")),
        path("", include("reports.addresses.staff_notices")),
        path("", include("reports.addresses.staff_letters")),
        path("", include("reports.addresses.crews")),
        path("", include("analytics.addresses.staff")),
        path(_("staff/admin/"), administration.urls),
        prefix_default_language=False,
    ),
]

handler400 = "citylab.error_pages.bad_request"
handler403 = "citylab.error_pages.permission_denied"
handler404 = "citylab.error_pages.page_not_found"
handler500 = "citylab.error_pages.server_error"
