"""The JSON body of a report: read with a limit, then turned into a Submission. Types are judged here, rules are not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from reports.api.views import TooMuch
from reports.contacts import ContactDetails
from reports.intake import Refused, Submission
from reports.models.report import Channel
from reports.rules import Refusal

MAX_BODY = 64 * 1024  # a report is about 1 KB; 4,000 letters of four bytes, escaped, are 48 KB
MOST_WASTE_TYPES = 50

# What a member should be, in the words of the sentence that refuses it.
TEXT = gettext_lazy("text")
A_UUID = gettext_lazy("a UUID such as 6f1c2f1e-3a5d-4f0b-9c39-2a86a1f3c0de")
A_POINT = gettext_lazy("a GeoJSON Point with longitude and latitude")
AN_AREA = gettext_lazy("the code of an area")
A_PLACE = gettext_lazy("the code of a place")
METRES = gettext_lazy("a number of metres")
A_MOMENT = gettext_lazy("a date and time such as 2026-11-22T07:30:00+07:00")
CODES = gettext_lazy("a list of at most 50 codes")
A_FEW = gettext_lazy("a whole number from 0 to 3")
A_CASE = gettext_lazy("the code of a case, or “new”")
A_LANGUAGE = gettext_lazy("a language code such as vi")
A_CONTACT = gettext_lazy("an object with phone or email, and consent")
YES_OR_NO = gettext_lazy("true or false")
A_SIGN = gettext_lazy("the code of a sign")
MOST_PURPOSES = 10

Value = TypeVar("Value")


class LimitedJSONParser(BaseParser):
    """JSON of at most 64 KB."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise TooMuch(_("A report has at most %(limit)s KB. Send the photos after it, one by one.") % {"limit": MAX_BODY // 1024})
        try:
            return json.loads(body.decode("utf-8"), parse_constant=_no_such_number)
        except (ValueError, RecursionError) as error:
            raise ParseError(_("This is not JSON in UTF-8.")) from error


def _no_such_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class Members:
    """The members of a JSON object, taken one by one. A member of the wrong type is noted and read as absent."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.found = found
        self.refusals: list[Refusal] = []

    def take(self, name: str, expected: str | Promise, read: Callable[[Any], Value], absent: Value) -> Value:
        """The member as `read` makes it, `absent` when it is missing or null. `read` raises TypeError or ValueError."""
        value = self.found.get(name)
        if value is None:
            return absent
        try:
            return read(value)
        except (TypeError, ValueError, OverflowError):
            self.refusals.append(Refusal(name, "wrong_type", {"expected": expected}))
            return absent


def submission_of(body: Any) -> Submission:
    """The submission in a parsed body. Raises ParseError when it is no object, Refused when a member has a wrong type."""
    if not isinstance(body, dict):
        raise ParseError(_("A report is a JSON object."))
    members = Members(body)
    uuid = members.take("id", A_UUID, _uuid, None)
    if uuid is None and not members.refusals:
        members.refusals.append(Refusal("id", "id_missing", {}))
    submission = Submission(
        uuid=uuid or UUID(int=0),
        channel=members.take("channel", TEXT, _string, Channel.API.value),
        location=members.take("location", A_POINT, _point, None),
        area=members.take("area", AN_AREA, _string, ""),
        place=members.take("place", A_PLACE, _string, ""),
        accuracy_m=members.take("accuracy_m", METRES, _number, None),
        location_source=members.take("location_source", TEXT, _string, ""),
        observed_at=members.take("observed_at", A_MOMENT, _moment, None),
        problem=members.take("problem", TEXT, _string, ""),
        amount=members.take("amount", TEXT, _string, ""),
        waste_types=members.take("waste_types", CODES, _codes, ()),
        description=members.take("description", TEXT, _string, ""),
        photos_expected=members.take("photos_expected", A_FEW, _whole, 0),
        same_case=members.take("same_case", A_CASE, _string, None),
        device=members.take("device", TEXT, _string, ""),
        language=members.take("language", A_LANGUAGE, _string, ""),
        contact=members.take("contact", A_CONTACT, _contact, ContactDetails()),
        voice_expected=members.take("voice_expected", YES_OR_NO, _yes_or_no, False),
        sign=members.take("sign", A_SIGN, _string, ""),
    )
    # Imports are not asked for words or photos; that door is the command's.
    if submission.channel == Channel.IMPORT:
        members.refusals.append(Refusal("channel", "channel_unknown", {}))
    if members.refusals:
        raise Refused(members.refusals)
    return submission


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _whole(value: Any) -> int:
    number = _number(value)
    if number != int(number) or abs(number) > 1000:
        raise ValueError
    return int(number)


def _uuid(value: Any) -> UUID:
    return UUID(_string(value))


def _moment(value: Any) -> datetime:
    return datetime.fromisoformat(_string(value))


def _codes(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_WASTE_TYPES:
        raise TypeError
    return tuple(map(_string, value))


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _point(value: Any) -> tuple[float, float]:
    coordinates = value.get("coordinates") if isinstance(value, dict) and value.get("type") == "Point" else None
    if not isinstance(coordinates, list) or len(coordinates) not in (2, 3):
        raise TypeError
    lon, lat = map(_number, coordinates[:2])
    return lon, lat


def _contact(value: Any) -> ContactDetails:
    if not isinstance(value, dict):
        raise TypeError
    purposes = _codes(value["purposes"]) if value.get("purposes") is not None else ()
    if len(purposes) > MOST_PURPOSES:
        raise ValueError
    consent = value.get("consent")
    details = {name: _string(value[name]) for name in ("phone", "email", "name") if value.get(name) is not None}
    # A purpose that was ticked is the consent; whoever says both must say the same.
    return ContactDetails(**details, consent=bool(purposes) if consent is None else _yes_or_no(consent), purposes=purposes)
