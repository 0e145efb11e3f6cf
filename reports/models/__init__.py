"""The vocabulary of the product as tables."""

from reports.models.case import Case
from reports.models.case_event import CaseEvent
from reports.models.city_objects import Notice, Sign
from reports.models.cleanup import Cleanup
from reports.models.draft import Draft
from reports.models.follow_up import DataRequest, Message, Note, PrivateLook, Verdict, VoiceNote
from reports.models.photo import Photo, PhotoCheck, PhotoDecision
from reports.models.place import Area, Body, Place, Population, Route, WasteType
from reports.models.report import Contact, Report, ReportWasteType

__all__ = [
    "Area",
    "Body",
    "Case",
    "CaseEvent",
    "Cleanup",
    "Contact",
    "DataRequest",
    "Draft",
    "Message",
    "Note",
    "Notice",
    "Photo",
    "PhotoCheck",
    "PhotoDecision",
    "Place",
    "Population",
    "PrivateLook",
    "Report",
    "ReportWasteType",
    "Route",
    "Sign",
    "Verdict",
    "VoiceNote",
    "WasteType",
]
