"""The only place where a report is born, one at a time: the form, the API and the chat call `submit_report`.

A report is committed and answered; nothing here talks to the broker. The same id and the same content give the same
receipt, whoever sends them however often and however many at once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import h3
import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from reports import contacts, flood, notifications
from reports.clean_text import clean_text
from reports.codes import code_of, parse_code, secret_token
from reports.contacts import ContactDetails
from reports.geography.area_index import areas_index
from reports.models import Case, Place, Report, Sign
from reports.models.case import Status
from reports.models.report import LocationSource
from reports.refusals import sentences
from reports.rules import Columns, KnownPlace, Refusal, Verdicts, decide
from reports.waste_groups import waste_groups

NAMED_WITHIN_M = 150.0  # beyond what the pages offer (50 m, and the size of a public cell) nobody means the same pile
NAMED_FOR = timedelta(days=14)  # as long as “not clean” is asked for
ANOTHER_PLACE = "new"  # what `same_case` says when the resident was asked and said no


@dataclass(frozen=True, slots=True)
class Submission:
    """What a channel read from its own format: types are right, nothing else is checked yet. Empty is “not said”."""

    uuid: UUID
    channel: str
    location: tuple[float, float] | None = None  # lon, lat in degrees
    area: str = ""  # code
    place: str = ""  # code
    accuracy_m: float | None = None
    location_source: str = ""
    observed_at: datetime | None = None  # the time of receipt when not said; without a zone it is the city's clock
    problem: str = ""
    amount: str = ""
    waste_types: tuple[str, ...] = ()
    description: str = ""
    photos_expected: int = 0
    same_case: str | None = None  # None: not asked; a case's code: yes, this one; "new": no, another place
    device: str = ""
    language: str = ""
    contact: ContactDetails = field(default_factory=ContactDetails)
    voice_expected: bool = False
    sign: str = ""  # code of the QR sign it was sent from
    external_ref: str = ""  # the number under which another channel of the city knows it


_CONTENT = [part.name for part in fields(Submission) if part.name != "uuid"]
_LATER = ("voice_expected", "sign", "external_ref")  # members that older phones do not know: the hash of what they sent stays what it was


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender gets. `secret_url` is for the sender alone; its last part is the token."""

    report: Report
    created: bool

    @property
    def code(self) -> str:
        return self.report.code

    @property
    def token(self) -> str:
        return secret_token(self.report.uuid)

    @property
    def url(self) -> str:
        return self._address("receipt", self.code)

    @property
    def secret_url(self) -> str:
        return self._address("receipt-secret", self.code, self.token)

    def _address(self, name: str, *parts: str) -> str:
        with override(self.report.language or settings.LANGUAGE_CODE):
            return str(settings.SITE_URL) + reverse(name, args=parts)


class Refused(Exception):
    """The report cannot be taken as it is. Nothing was kept; what was typed is still the sender's to correct."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = list(refusals)
        super().__init__(", ".join(f"{refusal.field}: {refusal.code}" for refusal in self.refusals))

    @property
    def errors(self) -> dict[str, list[str]]:
        """Sentences by field, in the active language."""
        return sentences(self.refusals)

    @property
    def codes(self) -> dict[str, list[str]]:
        """The same as machine codes."""
        found: dict[str, list[str]] = {}
        for refusal in self.refusals:
            found.setdefault(refusal.field, []).append(refusal.code)
        return found


class KeyTaken(Exception):
    """This id was used for another content. `receipt` is that of the report which has it."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__("this id belongs to a report with another content")
        self.receipt = receipt


def submit_report(submission: Submission, *, now: datetime | None = None, anywhere: bool = False) -> Receipt:
    """Take one report: check it, store it durably, and give its receipt; `created` is False for one sent again.

    Raises Refused with every reason at once, or KeyTaken when the id has another content. When this returns outside of
    a transaction, the report survives the death of any process.
    """
    now = now or timezone.now()
    details = submission.contact.cleaned()
    digest = content_hash(submission)
    sign = _sign(submission.sign)
    if sign is not None and not (submission.location or submission.area or submission.place):
        submission = _at_the_sign(submission, sign)
    verdicts = decide(
        _columns(submission, now),
        city=settings.CITY, areas=areas_index(), waste_types=waste_groups(), now=now, channel=submission.channel,
        places=known_places([submission.place]) if submission.place else None, anywhere=anywhere,
    )  # fmt: skip
    refusals = verdicts.refusals(0) + contacts.refusals_of(details)
    named, other_place = None, submission.same_case == ANOTHER_PLACE
    if submission.same_case and not other_place:
        named = _case(submission.same_case)
        if named is None:
            refusals.append(Refusal("same_case", "case_unknown", {"code": submission.same_case}))
    if refusals:
        # Rules move on, a receipt does not: what was taken once is not refused when it comes again.
        if (known := _receipt_of(submission.uuid, digest)) is not None:
            return known
        raise Refused(refusals)
    report = _report(submission, verdicts, digest, now)
    report.same_case_id = named.pk if named and _may_be_meant(named, verdicts, now) else None
    report.other_place = other_place
    report.sign = sign
    if _insert(report, verdicts.waste_types[0], None if details.is_empty else details):
        return Receipt(report, created=True)
    if (known := _receipt_of(submission.uuid, digest)) is not None:
        return known
    raise Refused([Refusal("id", "id_taken", {})])  # another UUID, the same code: about one in 10^9 at a million reports


def reporter_of(device: str) -> bytes | None:
    """The keyed hash by which a device is known for 30 days; None makes the report its own reporter."""
    if not device:
        return None
    return hmac.digest(settings.REPORTER_KEY.encode(), device.encode("utf-8", "surrogatepass"), "sha256")


def content_hash(submission: Submission) -> bytes:
    """What makes two sendings the same: a keyed SHA-256 of everything but the id. The key keeps a guessed telephone
    number from being confirmed by it after the contact is deleted.
    """
    content: dict[str, object] = {name: getattr(submission, name) for name in _CONTENT}
    content["description"] = clean_text(submission.description)
    content["observed_at"] = submission.observed_at and submission.observed_at.isoformat()
    contact = astuple(submission.contact)
    content["contact"] = contact if submission.contact.purposes else contact[:-1]
    for name in _LATER:
        if not content[name]:
            del content[name]
    message = json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")
    return hmac.digest(settings.TOKEN_KEY.encode(), b"content:" + message, "sha256")


def known_places(codes: Iterable[str]) -> dict[str, KnownPlace]:
    """The named places with these codes."""
    rows = Place.objects.filter(code__in={clean_text(code) for code in codes}).values_list("code", "id", "location")
    return {code: KnownPlace(id_, point.x, point.y) for code, id_, point in rows}


def _columns(submission: Submission, now: datetime) -> Columns:
    """The submission as a batch of one."""
    lon, lat = submission.location or (np.nan, np.nan)
    accuracy = submission.accuracy_m
    return Columns(
        has_point=np.array([submission.location is not None]),
        lon=np.array([lon], np.float64),
        lat=np.array([lat], np.float64),
        has_accuracy=np.array([accuracy is not None]),
        accuracy_m=np.array([np.nan if accuracy is None else accuracy], np.float64),
        observed_at=np.array([_utc(submission.observed_at or now)], "datetime64[us]"),
        photos_expected=np.array([submission.photos_expected], np.int64),
        voice_expected=np.array([submission.voice_expected]),
        source=[submission.location_source],
        area=[submission.area],
        place=[submission.place],
        problem=[submission.problem],
        amount=[submission.amount],
        waste_types=[submission.waste_types],
        description=[submission.description],
    )


def _utc(moment: datetime) -> datetime:
    """The moment in UTC without a zone, as NumPy takes it. The first and last days of the calendar stay where they are."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=settings.CITY.tz)
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return moment.replace(tzinfo=None)


def _report(submission: Submission, verdicts: Verdicts, digest: bytes, now: datetime) -> Report:
    """The row that these verdicts make, not saved."""
    cell, accuracy, language = int(verdicts.cell[0]), float(verdicts.accuracy_m[0]), submission.language.split("-")[0]
    report = Report(
        uuid=submission.uuid, code=code_of(submission.uuid), body_hash=digest, channel=submission.channel,
        language=language if language in settings.CITY.languages else "",
        accuracy_m=None if np.isnan(accuracy) else accuracy, location_source=verdicts.source[0],
        area_id=int(verdicts.area_id[0]) or None, place_id=int(verdicts.place_id[0]) or None, cell=cell or None,
        week=verdicts.week[0].item(), observed_at=verdicts.observed_at[0].item().replace(tzinfo=UTC),
        observed_clamped=bool(verdicts.clamped[0]), received_at=now, problem=verdicts.problem[0], amount=verdicts.amount[0],
        waste_group=verdicts.waste_group[0], description=verdicts.description[0],
        photos_expected=int(verdicts.photos_expected[0]), voice_expected=submission.voice_expected, external_ref=submission.external_ref, reporter=reporter_of(submission.device), next_try=now,
        counts=True,
    )  # fmt: skip
    if cell:
        report.location = f"SRID=4326;POINT({float(verdicts.lon[0])!r} {float(verdicts.lat[0])!r})"  # type: ignore[assignment]  # text until it is read
    return report


_COLUMNS = [column for column in Report._meta.concrete_fields if not column.primary_key]
_DECIDED = {"counts": "(SELECT counts AND held = '' FROM flood)", "held": "(SELECT held FROM flood)"}  # by the statement itself

# The links and the contact go in with the report, in one statement. Without ON CONFLICT's target either of the two
# unique columns stops it quietly: the id (the report is there already) or the code (another id has the same one).
_INSERT = f"""
WITH flood AS MATERIALIZED ({{flood}}), report AS (
    INSERT INTO reports_report ({", ".join(f'"{column.column}"' for column in _COLUMNS)})
    VALUES ({", ".join(_DECIDED.get(column.name, f"%({column.attname})s") for column in _COLUMNS)})
    ON CONFLICT DO NOTHING RETURNING id, counts, held
), links AS (
    INSERT INTO reports_reportwastetype (report_id, waste_type_id)
    SELECT id, code FROM report, unnest(%(_waste_types)s::text[]) AS code
), contact AS (
    INSERT INTO reports_contact (report_id, sealed, purposes, consent_text, consented_at)
    SELECT id, %(_sealed)s::bytea, %(_purposes)s::text[], %(_words)s, %(received_at)s FROM report WHERE %(_sealed)s::bytea IS NOT NULL
)
SELECT id, counts, held FROM report
"""
_INSERT_OF_NOBODY = _INSERT.format(flood=flood.OF_NOBODY)
_INSERT_OF_DEVICE = _INSERT.format(flood=flood.OF_DEVICE)


def _insert(report: Report, waste_types: tuple[str, ...], details: ContactDetails | None) -> bool:
    """Insert the report with what belongs to it, in one transaction; False when its id or its code is there already.

    A reporter's reports of one cell and week wait for each other, so that no more than three of them ever count.
    """
    values: dict[str, Any] = flood.facts(report)
    # As it was set: the point stays text, and no geometry is built only to be written down again.
    values.update({column.attname: vars(report)[column.attname] for column in _COLUMNS})
    values["_waste_types"] = list(waste_types)
    values["_sealed"] = details and contacts.seal(details)
    values["_purposes"] = list(details.agreed) if details else []
    values["_words"] = contacts.consent_words(report.language, details.purposes and details.agreed) if details else ""
    with transaction.atomic(), connection.cursor() as cursor:
        if report.reporter is not None:
            # A statement of its own: the count must be taken after the lock, and a statement sees what was there when it began.
            lock_reporters([report])
        cursor.execute(_INSERT_OF_NOBODY if report.reporter is None else _INSERT_OF_DEVICE, values)
        stored = cursor.fetchone()
        if stored and details:
            notifications.tell_received(stored[0])
    if stored is None:
        return False
    report.pk, report.counts, report.held = stored
    report._state.adding = False
    return True


def lock_reporters(reports: Iterable[Report]) -> None:
    """Until the transaction ends, nobody else begins to count for these reporters in the cells and weeks of these reports."""
    with connection.cursor() as cursor:
        for number in sorted({_lock_of(report) for report in reports}):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _lock_of(report: Report) -> int:
    """The number of the advisory lock of this reporter in this cell and week."""
    reporter = bytes(report.reporter or b"")
    where = f"{report.cell}:{report.area_id if report.cell is None else ''}:{report.week}"
    return int.from_bytes(hashlib.sha256(reporter + where.encode()).digest()[:8], "big", signed=True)


def _case(code: str) -> Case | None:
    """The case with this code, or the one it was merged into."""
    parsed = parse_code(code)
    case = Case.objects.select_related("merged_into").filter(code=parsed).first() if parsed else None
    return case and (case.merged_into or case)


def _may_be_meant(case: Case, verdicts: Verdicts, now: datetime) -> bool:
    """Whether somebody at this place can mean that case: it is open or was cleaned lately, and close by.

    Codes of cases are public, so naming one proves nothing: from elsewhere, a name neither joins nor opens anything again.
    """
    if not case.is_open and not (case.status == Status.CLEANED and case.cleaned_at and now - case.cleaned_at < NAMED_FOR):
        return False
    if not verdicts.cell[0] or case.location is None:
        return case.area_id is not None and case.area_id == int(verdicts.area_id[0])
    lon, lat, accuracy = float(verdicts.lon[0]), float(verdicts.lat[0]), float(verdicts.accuracy_m[0])
    reach = NAMED_WITHIN_M + (0.0 if np.isnan(accuracy) else min(accuracy, NAMED_WITHIN_M))
    return bool(h3.great_circle_distance((lat, lon), (case.location.y, case.location.x), unit="m") <= reach)


def _sign(code: str) -> Sign | None:
    """The sign with this code. One that is unknown or taken down loses no report."""
    return Sign.objects.filter(code=clean_text(code).upper(), active=True).first() if code else None


def _at_the_sign(submission: Submission, sign: Sign) -> Submission:
    """The submission with the place of the sign, for a phone that named nothing else."""
    return replace(
        submission, location=(sign.location.x, sign.location.y), accuracy_m=sign.accuracy_m, location_source=LocationSource.PLACE.value
    )  # fmt: skip


def _receipt_of(uuid: UUID, digest: bytes) -> Receipt | None:
    """The receipt of the report with this id, None when there is none. Raises KeyTaken when it has another content."""
    report = Report.objects.filter(uuid=uuid).first()
    if report is None:
        return None
    receipt = Receipt(report, created=False)
    if not hmac.compare_digest(bytes(report.body_hash), digest):
        raise KeyTaken(receipt)
    return receipt
