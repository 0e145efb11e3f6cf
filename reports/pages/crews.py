"""The page that a crew opens by its secret link: what is to do, in walking order, and the forms to tell what was done.

No account and no cookie: the address is the key, so there is nothing to forge and no CSRF token. A form answers with the page,
the outbox of the phone with JSON (`Accept: application/json`); both go the same way.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.core.files.storage import storages
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from citylab.problems import problem
from reports import casework, codes
from reports.crews import links, visits
from reports.crews.day_plan import cases_of_link
from reports.intake import KeyTaken, Refused
from reports.models import Case, CrewLink, Photo
from reports.pages import crew_page
from reports.pages.crew_forms import NotTaken, done_at, pile_of, visit_of
from reports.pages.photo_words import why_not
from reports.pages.receipts import private
from reports.pages.see_other import SeeOther
from reports.photos import store
from reports.photos.receiving import PhotoRefused

logger = logging.getLogger(__name__)


class Closed(Exception):
    """The link is known and opens nothing any more."""

    def __init__(self, link: CrewLink) -> None:
        super().__init__("the link has expired or was taken back")
        self.link = link


@require_safe
def crew(request: HttpRequest, token: str) -> HttpResponse:
    """The round of the day."""
    try:
        return crew_page.drawn(request, _link(token), token)
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
        link = _link(token, done_at(request))
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
        link = _link(token, done_at(request))
        pile = pile_of(request)
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
    found = Photo.objects.filter(Q(case__in=of_round) | Q(report__case__in=of_round, report__withdrawn_at=None), pk=photo, state__in=crew_page.SHOWN).first()
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


def _act(request: HttpRequest, link: CrewLink, found: Case) -> dict[str, str]:
    """Do what was sent; returns the answer, the same however often it comes."""
    if request.POST.get("do") == "start":
        visits.begin(link, found)
        return {"id": request.POST.get("key", ""), "code": found.code, "outcome": "started"}
    told = visit_of(request)
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


def _missing(what: str) -> str:
    match what:
        case "after-photo":
            return _("A photo taken after cleaning, or of the empty place, is needed.")
        case "exception":
            return _("The photo was not taken within 100 m, or nobody knows: say why it counts. With another reason, write it as a note.")
    return _("Write why the place could not be reached.")


def _link(token: str, done: datetime | None = None) -> CrewLink:
    """The link of this token. Raises Http404 for none, Closed for one that is over and does not take this late."""
    link = links.link_of(token)
    if link is None:
        raise Http404
    if not links.holds(link) and not links.takes_late(link, done):
        raise Closed(link)
    return link


def _is_outbox(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _json(answer: dict[str, str]) -> HttpResponse:
    return private(JsonResponse(answer))


def _failed(request: HttpRequest, token: str, code: str, trouble: NotTaken) -> HttpResponse:
    if _is_outbox(request):
        return private(problem(trouble.status, _("This could not be taken"), trouble.sentence))
    try:
        return crew_page.drawn(request, _link(token), token, wrong=code, sentence=trouble.sentence, status=trouble.status)
    except Closed as closed:
        return _closed(request, closed.link)


def _closed(request: HttpRequest, link: CrewLink) -> HttpResponse:
    if _is_outbox(request):
        return private(problem(410, crew_page.over(link), _("Please call the dispatcher. What is on this phone stays until it is deleted.")))
    return crew_page.closed(request, link)
