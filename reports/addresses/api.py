"""The open interface of reports and cases."""

from django.urls import path

from reports.api.areas import AreasView
from reports.api.cases import CasesView
from reports.api.nearby import NearbyView
from reports.api.photos import PhotoView
from reports.api.receipts import ReceiptsView
from reports.api.reports import ReportsView
from reports.api.search import SearchView
from reports.api.voice import VoiceView
from reports.api.waste_types import WasteTypesView
from reports.api.where import WhereView

urlpatterns = [
    path("reports/", ReportsView.as_view(), name="api-report"),
    path("reports/<uuid:uuid>/photos/<int:position>", PhotoView.as_view(), name="api-report-photo"),
    path("reports/<uuid:uuid>/voice", VoiceView.as_view(), name="api-report-voice"),
    path("receipts/", ReceiptsView.as_view(), name="api-receipts"),
    path("cases/", CasesView.as_view(), name="api-cases"),
    path("areas/", AreasView.as_view(), name="api-areas"),
    path("waste-types/", WasteTypesView.as_view(), name="api-waste-types"),
    path("where/", WhereView.as_view(), name="api-where"),
    path("search/", SearchView.as_view(), name="api-search"),
    path("nearby/", NearbyView.as_view(), name="api-nearby"),
]
