"""The vocabulary of the product as tables."""

from reports.models.case import Case
from reports.models.case_event import CaseEvent
from reports.models.city_objects import Notice, Sign
from reports.models.cleanup import Cleanup
from reports.models.desk import CrewLink, ReplyTemplate, SavedView
from reports.models.draft import Draft
from reports.models.follow_up import DataRequest, Message, Note, PrivateLook, Verdict, VoiceNote
from reports.models.photo import Photo, PhotoCheck, PhotoDecision
from reports.models.place import Area, Body, Deadline, Place, Population, Route, WasteType
from reports.models.report import Contact, Report, ReportWasteType
from reports.models.staff_letter import StaffLetter

__all__ = [
    "Area",
    "Body",
    "Case",
    "CaseEvent",
    "Cleanup",
    "Contact",
    "CrewLink",
    "DataRequest",
    "Deadline",
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
    "ReplyTemplate",
    "Report",
    "ReportWasteType",
    "Route",
    "SavedView",
    "Sign",
    "StaffLetter",
    "Verdict",
    "VoiceNote",
    "WasteType",
]
