"""The page that a crew opens by its secret link: what is to do, in walking order, and the forms to tell what was done.

No account and no cookie: the address is the key, so there is nothing to forge and no CSRF token. A form answers with the page,
the outbox of the phone with JSON (`Accept: application/json`); both go the same way.
"""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.storage import storages
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from citylab.problems import problem
from citylab.templatetags.words import moment
from reports import casework, codes
from reports.clean_text import clean_text
from reports.crews import links, visits
from reports.crews.day_plan import cases_of_link, is_left, round_of
from reports.crews.exceptions import EXCEPTIONS, FROM_A_PHONE, exception_in_words
from reports.crews.quantities import kilograms, whole_number
from reports.intake import KeyTaken, Refused
from reports.models import Case, Cleanup, CrewLink, Photo
from reports.models.report import Amount, Problem
from reports.pages.photo_words import why_not
from reports.pages.receipts import private
from reports.pages.see_other import SeeOther
from reports.photos import limits, store
from reports.photos.receiving import PhotoRefused

logger = logging.getLogger(__name__)

MOST_NOTE = 1000  # letters


class Closed(Exception):
    """The link is known and opens nothing any more."""

    def __init__(self, link: CrewLink) -> None:
        super().__init__("the link has expired or was taken back")
        self.link = link


class NotTaken(Exception):
    """What was sent could not be taken: status for the phone, sentence for people."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@require_safe
def crew(request: HttpRequest, token: str) -> HttpResponse:
    """The round of the day."""
    try:
        return _page(request, _link(token), token)
    except Closed as closed:
        return _closed(request, closed.link)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, token: str, code: str) -> HttpResponse:
    """One case of the round: `do=start`, or a visit. Looking at it is a part of the round's page."""
    here = f"{reverse('crew', args=[token])}#{code}"
    if request.method != "POST":
        return private(SeeOther(here))
    try:
        link = _link(token, _moment(request.POST.get("done_at", "")))
        found = Case.objects.filter(code=codes.parse_code(code) or code).first()
        if found is None:
            raise visits.NotTheirs
        answer = _act(request, link, found)
    except Closed as closed:
        return _closed(request, closed.link)
    except visits.NotTheirs:
        return _failed(request, token, code, NotTaken(404, _("This waste site is not, or no longer, with this team today. Please call the dispatcher; nothing was changed.")))
    except NotTaken as trouble:
        return _failed(request, token, code, trouble)
    return _json(answer) if _is_outbox(request) else private(SeeOther(f"{reverse('crew', args=[token])}?done={answer['outcome']}#{found.code}"))


@csrf_exempt
@require_POST
def new_pile(request: HttpRequest, token: str) -> HttpResponse:
    """Waste that nobody had reported: a report like anybody's."""
    try:
        link = _link(token, _moment(request.POST.get("done_at", "")))
        pile = visits.NewPile(
            key=_key(request), here=_here(request), accuracy_m=_number(request.POST.get("accuracy_m", "")),
            problem=request.POST.get("problem", "") or Problem.LITTER, amount=request.POST.get("amount", "") or Amount.UNKNOWN,
            note=request.POST.get("note", "")[:MOST_NOTE], seen_at=_moment(request.POST.get("done_at", "")), language=get_language() or "",
            photos=_photos(request),
        )  # fmt: skip
        if pile.here is None:
            raise NotTaken(422, _("The phone gave no position. Report it on the ordinary page, where a place can be chosen."))
        try:
            receipt = visits.report_pile(link, pile)
        except Refused as refused:
            raise NotTaken(422, " ".join(sentence for sentences in refused.errors.values() for sentence in sentences)) from None
        except KeyTaken:
            raise NotTaken(409, _("This report had arrived already.")) from None
        except PhotoRefused as refusal:
            raise NotTaken(422, why_not(refusal.code)) from None
    except Closed as closed:
        return _closed(request, closed.link)
    except NotTaken as trouble:
        return _failed(request, token, "new", trouble)
    answer = {"id": str(pile.key), "code": receipt.code, "outcome": "reported"}
    return _json(answer) if _is_outbox(request) else private(SeeOther(f"{reverse('crew', args=[token])}?done=reported#new"))


@require_safe
def photo(request: HttpRequest, token: str, photo: int, size: str) -> HttpResponse:
    """The checked, unblurred rendition of a photo, only of a case that is with this team on this day."""
    try:
        link = _link(token)
    except Closed:
        raise Http404 from None
    of_round = cases_of_link(link)
    found = Photo.objects.filter(Q(case__in=of_round) | Q(report__case__in=of_round, report__withdrawn_at=None), pk=photo, state__in=_SHOWN).first()
    name = found and {"large": found.large_name, "small": found.small_name}.get(size)
    if not found or not name:
        raise Http404
    logger.info("photo %s (%s) opened by crew link %s", found.pk, size, link.pk)
    try:
        response = FileResponse(storages[store.RENDITIONS].open(name, "rb"), content_type="image/jpeg")
    except OSError:
        raise Http404 from None
    response["Cache-Control"] = "private, max-age=3600"
    response["Referrer-Policy"] = "no-referrer"
    return response


_SHOWN = (Photo.State.CLEAN, Photo.State.PUBLISHED)


def _act(request: HttpRequest, link: CrewLink, found: Case) -> dict[str, str]:
    """Do what was sent; returns the answer, the same however often it comes."""
    if request.POST.get("do") == "start":
        visits.begin(link, found)
        return {"id": request.POST.get("key", ""), "code": found.code, "outcome": "started"}
    told = _found(request)
    try:
        visits.record_visit(link, found, told)
    except visits.AnotherVisit:
        raise NotTaken(409, _("Another visit had arrived under this number. It is kept as it was.")) from None
    except casework.Missing as missing:
        raise NotTaken(422, _missing(missing.what)) from None
    except casework.NotDone:
        raise NotTaken(422, _("This waste site was closed, or put on hold, by somebody else meanwhile. Nothing was changed.")) from None
    except PhotoRefused as refusal:
        raise NotTaken(422, why_not(refusal.code)) from None
    return {"id": str(told.key), "code": found.code, "outcome": told.outcome}


def _found(request: HttpRequest) -> visits.Found:
    outcome, grade = request.POST.get("outcome", ""), request.POST.get("grade", "")
    note = clean_text(request.POST.get("note", ""))[:MOST_NOTE]
    if outcome not in Cleanup.Outcome.values:
        raise NotTaken(422, _("Choose how it ended: cleaned, partly, nothing found, or not reached."))
    if outcome == Cleanup.Outcome.CLEANED and grade not in Cleanup.Grade.values:
        raise NotTaken(422, _("Choose how clean it is now, A to D."))
    return visits.Found(
        key=_key(request), outcome=outcome, photos=_photos(request), grade=grade if grade in Cleanup.Grade.values else "",
        bags=whole_number(request.POST.get("bags", "")), kg=kilograms(request.POST.get("kg", "")), note=note,
        exception=exception_in_words(request.POST.get("exception", ""), note), here=_here(request), done_at=_moment(request.POST.get("done_at", "")),
    )  # fmt: skip


def _missing(what: str) -> str:
    match what:
        case "after-photo":
            return _("A photo taken after cleaning, or of the empty place, is needed.")
        case "exception":
            return _("The photo was not taken within 100 m, or nobody knows: say why it counts. With another reason, write it as a note.")
    return _("Write why the place could not be reached.")


# --- reading what was sent ----------------------------------------------------------------------------
def _link(token: str, done_at: datetime | None = None) -> CrewLink:
    """The link of this token. Raises Http404 for none, Closed for one that is over and does not take this late."""
    link = links.link_of(token)
    if link is None:
        raise Http404
    if not links.holds(link) and not links.takes_late(link, done_at):
        raise Closed(link)
    return link


def _key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        raise NotTaken(422, _("The number of this form is missing. Open the page again, then send it once more.")) from None


def _here(request: HttpRequest) -> tuple[float, float] | None:
    lon, lat = _number(request.POST.get("lon", "")), _number(request.POST.get("lat", ""))
    return (lon, lat) if lon is not None and lat is not None and abs(lon) <= 180 and abs(lat) <= 90 else None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e7 else None  # neither infinite nor no number at all


def _moment(text: str) -> datetime | None:
    try:
        moment_ = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment_ if moment_.tzinfo else moment_.replace(tzinfo=settings.CITY.tz)


def _photos(request: HttpRequest) -> list[bytes]:
    files = [file for name in ("photos", "photos_camera") for file in request.FILES.getlist(name) if file.size]
    return [file.read(limits.MAX_BYTES + 1) for file in files[: visits.MOST_PHOTOS]]


def _is_outbox(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


# --- answering ----------------------------------------------------------------------------------------
def _json(answer: dict[str, str]) -> HttpResponse:
    return private(JsonResponse(answer))


def _failed(request: HttpRequest, token: str, code: str, trouble: NotTaken) -> HttpResponse:
    if _is_outbox(request):
        return private(problem(trouble.status, _("This could not be taken"), trouble.sentence))
    try:
        return _page(request, _link(token), token, wrong=code, sentence=trouble.sentence, status=trouble.status)
    except Closed as closed:
        return _closed(request, closed.link)


def _closed(request: HttpRequest, link: CrewLink) -> HttpResponse:
    """The link is over: said only to whoever has it."""
    sentence = _("This link was taken back.") if link.revoked_at else _("This link ended with the shift, %(at)s.") % {"at": moment(link.expires_at)}
    if _is_outbox(request):
        return private(problem(410, sentence, _("Please call the dispatcher. What is on this phone stays until it is deleted.")))
    return private(render(request, "crew/closed.html", {"sentence": sentence}, status=410))


def _page(request: HttpRequest, link: CrewLink, token: str, *, wrong: str = "", sentence: str = "", status: int = 200) -> HttpResponse:
    of_day = round_of(link.team, link.day)
    shown = _photos_of(of_day.cases)
    for each in of_day.cases:
        each.shown = shown.get(each.pk, [])
        each.left = is_left(each)
        each.form_key, each.is_wrong = uuid4(), each.code == wrong
        each.verbs = casework.possible(each)
    context = {
        "link": link, "token": token, "round": of_day, "left": sum(each.left for each in of_day.cases), "grades": Cleanup.Grade.choices,
        "outcomes": _outcomes(), "exceptions": [(key, EXCEPTIONS[key]) for key in FROM_A_PHONE], "amounts": Amount.choices, "problems": Problem.choices,
        "near_m": casework.NEAR_M, "now": timezone.now(), "wrong": wrong, "sentence": sentence, "typed": request.POST if wrong else {},
        "new_key": uuid4(), "done": _done(request.GET.get("done", "")),
    }  # fmt: skip
    return private(render(request, "crew/round.html", context, status=status))


def _photos_of(cases: list[Case]) -> dict[int, list[Photo]]:
    """The photos of the waste, at most two for each case, by its id; those of earlier clean-ups show nothing of use here."""
    rows = Photo.objects.filter(report__case__in=cases, report__withdrawn_at=None, state__in=_SHOWN, kind=Photo.Kind.REPORT).exclude(small_name="")
    found: dict[int, list[Photo]] = {}
    for row in rows.select_related("report").order_by("-report__observed_at", "position"):
        of_case = found.setdefault(row.report.case_id, [])
        if len(of_case) < 2:
            of_case.append(row)
    return found


def _outcomes() -> list[tuple[str, str, str]]:
    """Value, name, and what it takes."""
    return [
        (Cleanup.Outcome.CLEANED, _("Cleaned"), _("with a photo taken there")),
        (Cleanup.Outcome.PARTLY, _("Partly, a larger vehicle is needed"), _("the dispatcher sends one")),
        (Cleanup.Outcome.NOTHING_FOUND, _("Nothing found"), _("with a photo of the place")),
        (Cleanup.Outcome.NOT_REACHED, _("Could not be reached"), _("and why")),
    ]


def _done(what: str) -> str:
    match what:
        case "started":
            return _("Begun.")
        case "reported":
            return _("The new waste site has been reported.")
        case "":
            return ""
    return _("Saved. It is in the history of the waste site.") if what in Cleanup.Outcome.values else ""
