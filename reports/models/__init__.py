"""The vocabulary of the product as tables."""

from reports.models.case import Case, CaseEvent, Cleanup
from reports.models.photo import Photo
from reports.models.place import Area, Body, Place, Population, Route, WasteType
from reports.models.report import Contact, Report, ReportWasteType

__all__ = [
    "Area",
    "Body",
    "Case",
    "CaseEvent",
    "Cleanup",
    "Contact",
    "Photo",
    "Place",
    "Population",
    "Report",
    "ReportWasteType",
    "Route",
    "WasteType",
]
