"""The form for what somebody reports by telephone or at the counter, with the open cases around the place while it is typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.gis.geos import Point
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from citylab.permissions import visible
from reports import codes, drafts
from reports.chosen_place import ChosenPlace, chosen_place, complaints_about, units_to_choose_from
from reports.contacts import PURPOSES, ContactDetails, keeping_words, purpose_words
from reports.entry.on_behalf import ENTERED, LONGEST_REF, AlreadyEntered, clean_ref, enter
from reports.forms import Answers
from reports.geography.area_index import areas_index
from reports.geography.places import search_places
from reports.intake import ANOTHER_PLACE, NAMED_WITHIN_M, Receipt, Refused, Submission
from reports.models import Case, Report
from reports.models.report import Amount, Channel, LocationSource, Problem
from reports.pages.coordinates import example_point, read_point
from reports.pages.desk.around import open_around
from reports.pages.desk.case_page import map_settings
from reports.pages.desk.choices import waste_groups
from reports.pages.desk.kept_photos import PhotosRefused, keep_photos, kept_photos, read_id
from reports.pages.photo_words import why_not
from reports.pages.report_sending import attach
from reports.pages.see_other import SeeOther

FIELDS = (
    "uuid", "channel", "external_ref", "where", "pick", "area", "point", "problem", "amount", "waste", "description", "observed_at",
    "name", "phone", "email", "same_case", *(f"consent_{purpose}" for purpose in PURPOSES),
)  # fmt: skip
# Which field of this form shows an error about a member of the report.
SHOWN_AT = {"photos_expected": "photos", "location": "where", "place": "where", "area": "where", "accuracy_m": "where", "location_source": "where", "waste_types": "waste", "contact": "phone", "id": "where"}


@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest) -> HttpResponse:
    """The form; what was sent comes back with every fault at once, or leads to the code to read out (`?done=`)."""
    if request.method != "POST":
        taken = _taken(request)
        return _page(request, _typed(request.GET), taken=taken)
    typed, faults = _typed(request.POST), {}
    form = UUID(typed["uuid"])
    try:
        keep_photos(request, form)
    except PhotosRefused as refusal:
        faults["photos"] = str(refusal)
    if "find" in request.POST:
        return _page(request, typed | {"pick": ""}, faults=faults)
    faults |= _faults(typed)
    place = chosen_place(_answers(typed))
    if "where" not in faults and (wrong := complaints_about(place, _answers(typed))):
        faults["where"] = " ".join(sentence for some in wrong.values() for sentence in some)
    if not faults:
        try:
            receipt = _enter(request, _submission(typed, place, photos=len(kept_photos(form))), form)
        except AlreadyEntered as known:
            return _entered_before(request, typed, known.report)
        except Refused as refusal:
            faults = {SHOWN_AT.get(name, name): " ".join(some) for name, some in refusal.errors.items()}
        else:
            return SeeOther(f"{reverse('entry')}?done={receipt.code}")
    return _page(request, typed, faults=faults)


def _enter(request: HttpRequest, submission: Submission, form: UUID) -> Receipt:
    """The report and its photos, in one transaction. The draft stays its day: pressed again, the form says the same again."""
    draft = drafts.find(form)
    with transaction.atomic():
        receipt = enter(submission)
        troubles = attach(receipt.report, draft) if draft else []
    for code in dict.fromkeys(troubles):
        messages.warning(request, why_not(code))
    return receipt


def _entered_before(request: HttpRequest, typed: dict[str, str], known: Report) -> HttpResponse:
    """Nothing is doubled unasked. A form that was sent before and then changed gets an id of its own, so that it can be sent."""
    if typed["external_ref"]:
        return _page(request, typed, faults={"external_ref": _("This number was entered before.")}, known=known)
    fresh = uuid4()
    drafts.move_photos(UUID(typed["uuid"]), fresh)
    sentence = _("This form was entered before, with other words. Press once more to enter what is here as a report of its own.")
    return _page(request, typed | {"uuid": str(fresh)}, faults={"description": sentence}, known=known)


@require_safe
def around(request: HttpRequest) -> HttpResponse:
    """Places with the name that is being typed, and the open cases around the chosen one, as a piece of the form."""
    return render(request, "staff/entry/_around.html", _around(request, _typed(request.GET)))


def _typed(sent: Mapping[str, str] | QueryDict) -> dict[str, str]:
    typed = {name: str(sent.get(name, "")).strip() for name in FIELDS}
    typed["uuid"] = str(read_id(typed["uuid"]))
    typed["channel"] = typed["channel"] if typed["channel"] in ENTERED else Channel.PHONE.value
    typed["amount"] = typed["amount"] or Amount.UNKNOWN.value
    typed["problem"] = typed["problem"] or Problem.LITTER.value
    return typed


def _answers(typed: Mapping[str, str]) -> Answers:
    """The place fields as the residents' form has them, so that both mean the same place by them."""
    point = read_point(typed["point"])
    at = {"lon": str(point[0]), "lat": str(point[1]), "location_source": LocationSource.MAP.value} if point else {}
    if point:  # coordinates were typed or clicked last: they say more than a name, which only leads there
        return Answers({**at, "area": "", "where": typed["where"], "description": typed["description"]})
    return Answers({"pick": typed["pick"], "area": typed["area"], "where": typed["where"], "description": typed["description"]})


def _faults(typed: Mapping[str, str]) -> dict[str, str]:
    """What only this form can know to be wrong."""
    faults: dict[str, str] = {}
    if len(clean_ref(typed["external_ref"])) > LONGEST_REF:
        faults["external_ref"] = _("The number of the other channel has more than %(most)s letters.") % {"most": LONGEST_REF}
    if typed["point"] and read_point(typed["point"]) is None:
        faults["point"] = _("These are no coordinates. Write latitude and longitude, such as %(example)s.") % {"example": example_point()}
    if typed["observed_at"] and _moment(typed["observed_at"]) is None:
        faults["observed_at"] = _("This is no day and time.")
    return faults


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _submission(typed: Mapping[str, str], place: ChosenPlace | None, *, photos: int) -> Submission:
    purposes = tuple(purpose for purpose in PURPOSES if typed[f"consent_{purpose}"])
    return Submission(
        uuid=UUID(typed["uuid"]), channel=typed["channel"], external_ref=typed["external_ref"],
        location=place.location if place else None, location_source=place.source if place else "", area=place.area if place else "", place=place.place if place else "",
        problem=typed["problem"], amount=typed["amount"], waste_types=(typed["waste"],) if typed["waste"] else (), description=_answers(typed).note, photos_expected=photos,
        observed_at=_moment(typed["observed_at"]) if typed["observed_at"] else None, same_case=typed["same_case"] or None,
        contact=ContactDetails(phone=typed["phone"], email=typed["email"], name=typed["name"], consent=bool(purposes), purposes=purposes),
        language=get_language() or "",
    )  # fmt: skip


def _around(request: HttpRequest, typed: Mapping[str, str]) -> dict[str, Any]:
    """What was found by name, the place that is meant now, and the open cases around it."""
    place = chosen_place(_answers(typed))
    places = search_places(typed["where"][:120], 6) if typed["where"] and not read_point(typed["point"]) else []
    near: list[Case] = []
    if place and place.location:
        near = open_around(request.user, Point(*place.location, srid=4326), None, reach_m=NAMED_WITHIN_M)
    elif place and place.area:
        row = next((row for row in areas_index().rows.values() if row.code == place.area and row.unit), None)
        near = open_around(request.user, None, row.id if row else None)
    return {"typed": typed, "chosen": place, "places": places, "near": near, "another": ANOTHER_PLACE, "reach": NAMED_WITHIN_M}


def _taken(request: HttpRequest) -> dict[str, Any] | None:
    """What was just entered: its code, its public receipt, and its case where this member may open that."""
    code = codes.parse_code(request.GET.get("done", ""))
    report = Report.objects.filter(code=code, channel__in=ENTERED).select_related("case").first() if code else None
    if report is None:
        return None
    case = visible(request.user, Case.objects.filter(pk=report.case_id)).first() if report.case_id else None
    return {"report": report, "receipt": Receipt(report, created=False), "case": case}


def _page(request: HttpRequest, typed: dict[str, str], *, faults: dict[str, str] | None = None, known: Report | None = None, taken: dict[str, Any] | None = None) -> HttpResponse:
    context = {
        **_around(request, typed), "kept": kept_photos(UUID(typed["uuid"])) if request.method == "POST" else [], "faults": faults or {}, "taken": taken, "channels": [(value.value, value.label) for value in ENTERED],
        "known": known if known and visible(request.user, Case.objects.filter(pk=known.case_id)).exists() else None, "known_code": known.code if known else "",
        "problems": Problem.choices, "amounts": Amount.choices, "groups": waste_groups(), "units": units_to_choose_from(), "map": _map(typed),
        "purposes": [(f"consent_{purpose}", purpose_words(purpose), typed[f"consent_{purpose}"]) for purpose in PURPOSES], "keeping": keeping_words(), "example": example_point(),
    }  # fmt: skip
    return render(request, "staff/entry.html", context, status=422 if faults else 200)


def _map(typed: Mapping[str, str]) -> dict[str, Any]:
    place = chosen_place(_answers(typed))
    return map_settings(place.location if place and place.location else settings.CITY.centre, close=bool(place and place.location))
