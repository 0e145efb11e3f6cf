"""Who may do what: one table for addresses, one question for verbs, one filter for rows.

Default is deny: an address without a row in `ACCESS` is answered 404, and a test fails.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import add_never_cache_headers

from citylab import second_step
from citylab.models import Member, Role

READING = ("GET", "HEAD", "OPTIONS")
MOST_SENT = 48 * 2**20  # bytes of one form: three photos of 15 MiB, and what was typed


class Audience(StrEnum):
    """Who an address is for."""

    PUBLIC = "public"  # anyone, and nothing on it that is not public
    BEARER = "bearer"  # whoever holds the secret that the view itself checks
    STAFF = "staff"  # any active member
    CASEWORKERS = "caseworkers"  # officer, dispatcher, manager, administrator: who sees what reporters gave in confidence
    WORKERS = "workers"  # officer, dispatcher, administrator: who works on what comes in
    CONTACTS = "contacts"  # a caseworker who holds the permission of its own
    DISPATCHERS = "dispatchers"  # dispatcher, manager, administrator: who sends teams out
    ANALYSTS = "analysts"  # analyst, manager, administrator
    ADMINISTRATORS = "administrators"


ROLES: dict[Audience, frozenset[str]] = {
    Audience.STAFF: frozenset(Role.values),
    Audience.CASEWORKERS: frozenset({Role.OFFICER, Role.DISPATCHER, Role.MANAGER, Role.ADMINISTRATOR}),
    Audience.WORKERS: frozenset({Role.OFFICER, Role.DISPATCHER, Role.ADMINISTRATOR}),
    Audience.CONTACTS: frozenset({Role.OFFICER, Role.DISPATCHER, Role.MANAGER, Role.ADMINISTRATOR}),  # who may be given it
    Audience.DISPATCHERS: frozenset({Role.DISPATCHER, Role.MANAGER, Role.ADMINISTRATOR}),
    Audience.ANALYSTS: frozenset({Role.ANALYST, Role.MANAGER, Role.ADMINISTRATOR}),
    Audience.ADMINISTRATORS: frozenset({Role.ADMINISTRATOR}),
}

# Who works on cases, photos, notices, signs and requests. A manager reads all of it.
WORKERS = ROLES[Audience.WORKERS]

# Addresses that more people read than work: a form is taken from workers only. Every verb of casework asks once more.
FORMS_OF_WORKERS = frozenset({"case-pair", "queue-act", "entry-list", "teams", "team", "dispatch", "crew-links", "work-order"})

# The tables of Django's administration, and what may be done with their rows (citylab/administration/).
ADMINISTRATION: dict[str, tuple[str, ...]] = {
    "citylab_member": ("changelist", "change", "history"),  # they come by invitation and leave by handing over
    "citylab_team": ("changelist", "add", "change", "delete", "history"),
    "reports_body": ("changelist", "add", "change", "delete", "history"),
    "reports_area": ("changelist", "change", "history"),  # polygons come from files
    "reports_place": ("changelist", "add", "change", "delete", "history"),
    "reports_deadline": ("changelist", "add", "change", "delete", "history"),
    "reports_replytemplate": ("changelist", "add", "change", "delete", "history"),
    "reports_savedview": ("changelist", "add", "change", "delete", "history"),
}

# Every named address of the site. Namespaced names are written with their namespace.
ACCESS: dict[str, Audience] = {
    # health
    "livez": Audience.PUBLIC,
    "readyz": Audience.PUBLIC,
    "statusz": Audience.STAFF,
    # residents
    "home": Audience.PUBLIC,
    "report": Audience.PUBLIC,
    "report-photo": Audience.BEARER,
    "report-place": Audience.BEARER,
    "report-kind": Audience.BEARER,
    "report-nearby": Audience.BEARER,
    "report-send": Audience.BEARER,
    "receipt": Audience.PUBLIC,
    "receipt-secret": Audience.BEARER,
    "spot": Audience.PUBLIC,
    "spot-verdict": Audience.PUBLIC,
    "my-data": Audience.PUBLIC,
    "my-data-report": Audience.BEARER,
    "stop-messages": Audience.BEARER,
    "clean-answer": Audience.BEARER,
    "mine": Audience.PUBLIC,
    "waiting": Audience.PUBLIC,
    "offline": Audience.PUBLIC,
    "service-worker": Audience.PUBLIC,
    "manifest": Audience.PUBLIC,
    "public-photo": Audience.PUBLIC,
    "flag-photo": Audience.PUBLIC,
    "city-map": Audience.PUBLIC,
    "units": Audience.PUBLIC,
    "unit": Audience.PUBLIC,
    "figures": Audience.PUBLIC,
    "sign": Audience.PUBLIC,
    "privacy": Audience.PUBLIC,
    "sorting": Audience.PUBLIC,
    "help": Audience.PUBLIC,
    "accessibility": Audience.PUBLIC,
    "about": Audience.PUBLIC,
    "robots": Audience.PUBLIC,
    "sitemap": Audience.PUBLIC,
    # accounts
    "sign-in": Audience.PUBLIC,
    "second-step": Audience.BEARER,  # of a right password, minutes ago
    "sign-out": Audience.STAFF,
    "account": Audience.STAFF,
    "second-step-setup": Audience.STAFF,
    "staff-letters": Audience.BEARER,
    "one-time-link": Audience.BEARER,
    "members": Audience.ADMINISTRATORS,
    "member-leave": Audience.ADMINISTRATORS,
    "api-keys": Audience.ADMINISTRATORS,
    "api-key-revoke": Audience.ADMINISTRATORS,
    # staff
    "staff-home": Audience.STAFF,
    "hotspots": Audience.STAFF,
    "hotspot": Audience.STAFF,
    "blackspots": Audience.STAFF,
    "cases": Audience.STAFF,
    "case": Audience.STAFF,
    "case-preview": Audience.CASEWORKERS,
    "case-pair": Audience.CASEWORKERS,
    "entry": Audience.WORKERS,
    "entry-around": Audience.WORKERS,
    "entry-list": Audience.CASEWORKERS,
    "queue": Audience.STAFF,
    "queue-case": Audience.STAFF,
    "queue-act": Audience.CASEWORKERS,
    "saved-views": Audience.STAFF,
    "saved-view": Audience.STAFF,
    "case-photo": Audience.CASEWORKERS,
    "case-voice": Audience.CASEWORKERS,
    "case-contact": Audience.CONTACTS,
    "staff-photos": Audience.CASEWORKERS,
    "staff-photo": Audience.CASEWORKERS,
    "photo-preview": Audience.CASEWORKERS,
    "original-photo": Audience.CASEWORKERS,
    "data-requests": Audience.CASEWORKERS,
    "data-request": Audience.CASEWORKERS,
    "staff-signs": Audience.STAFF,
    "staff-sign-pdf": Audience.STAFF,
    "staff-notices": Audience.STAFF,
    "staff-notice": Audience.STAFF,
    "dead-letters": Audience.STAFF,
    "dead-letter-retry": Audience.ADMINISTRATORS,
    "weekly": Audience.STAFF,
    "weekly-edition": Audience.STAFF,
    "weekly-file": Audience.STAFF,
    "staff-tile": Audience.STAFF,
    # crews
    "teams": Audience.DISPATCHERS,
    "team": Audience.DISPATCHERS,
    "dispatch": Audience.DISPATCHERS,
    "crew-links": Audience.DISPATCHERS,
    "work-order": Audience.DISPATCHERS,
    "crew": Audience.BEARER,
    "crew-new": Audience.BEARER,
    "crew-photo": Audience.BEARER,
    "crew-case": Audience.BEARER,
    # open interfaces
    "api-report": Audience.PUBLIC,
    "api-report-photo": Audience.BEARER,
    "api-report-voice": Audience.BEARER,
    "api-receipts": Audience.PUBLIC,
    "api-where": Audience.PUBLIC,
    "api-search": Audience.PUBLIC,
    "api-nearby": Audience.PUBLIC,
    "api-cases": Audience.PUBLIC,
    "api-hotspots": Audience.PUBLIC,
    "api-areas": Audience.PUBLIC,
    "api-waste-types": Audience.PUBLIC,
    "api-weekly-reports": Audience.PUBLIC,
    "api-schema": Audience.PUBLIC,
    "tile": Audience.PUBLIC,
    # administration
    "admin:index": Audience.ADMINISTRATORS,
    "admin:jsi18n": Audience.ADMINISTRATORS,
    "admin:app_list": Audience.ADMINISTRATORS,
    **{f"admin:{table}_{what}": Audience.ADMINISTRATORS for table, deeds in ADMINISTRATION.items() for what in deeds},
}

# Which roles may use which verb of reports/casework.py. An officer only within the areas that are theirs.
VERBS: dict[str, frozenset[str]] = {
    verb: WORKERS
    for verb in (
        "confirm", "assign", "start", "hold", "resume", "refuse", "clean", "visit", "verify", "reopen", "merge", "unmerge", "split", "move",
        "change_kind", "set_priority", "reroute", "note", "link", "undo", "release", "notice",
    )
} | {"withdraw": frozenset()}  # only the system, when the only reporter takes the report back


def admits(audience: Audience, user: object) -> bool:
    """Whether this person may open an address for that audience."""
    if audience in (Audience.PUBLIC, Audience.BEARER):
        return True
    if audience == Audience.CONTACTS:
        return may_open_contacts(user)
    return isinstance(user, Member) and user.is_active and user.role in ROLES[audience]


def may_work(user: object) -> bool:
    """Whether this member works on what comes in, rather than only reading it."""
    return isinstance(user, Member) and user.is_active and user.role in WORKERS


def may_open_contacts(user: object) -> bool:
    """Whether this member may open contact details: as an administrator said, else dispatchers. Never an analyst."""
    if not (isinstance(user, Member) and user.is_active and user.role in ROLES[Audience.CONTACTS]):
        return False
    return user.role == Role.DISPATCHER if user.opens_contacts is None else user.opens_contacts


def own_areas(user: Member) -> list[int] | None:
    """The areas, by id, that this member is confined to; None is the whole city. An officer without any is confined to nothing."""
    if user.role != Role.OFFICER:
        return None
    if "areas" in getattr(user, "_prefetched_objects_cache", ()):  # a page that asks several times fetches them once
        return [area.pk for area in user.areas.all()]
    return list(user.areas.values_list("pk", flat=True))


def visible(user: Member, queryset: QuerySet) -> QuerySet:
    """The rows of a queryset with an `area` that this member may see: all, or those of their areas, which may be none."""
    areas = own_areas(user)
    return queryset if areas is None else queryset.filter(area__in=areas)


def allowed(user: Member | None, verb: str, case) -> bool:
    """Whether this member may use a verb of casework on this case. `None` is the system itself."""
    if user is None:
        return True
    if not user.is_active or user.role not in VERBS[verb]:
        return False
    return visible(user, type(case).objects.filter(pk=case.pk)).exists()


def allowed_ones(user: Member | None, verb: str, cases: Sequence) -> set[int]:
    """Which of these cases, by id, this member may use the verb on: one question for many."""
    ids = {case.pk for case in cases}
    if user is None or not ids:
        return ids
    if not user.is_active or user.role not in VERBS[verb]:
        return set()
    return set(visible(user, type(cases[0]).objects.filter(pk__in=ids)).values_list("pk", flat=True))


class AccessMiddleware:
    """Asks `ACCESS` before every view, so that no view can forget to, and keeps what is not public out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or any("\0" in text for pair in request.GET.lists() for text in (pair[0], *pair[1])):
            raise BadRequest("NUL in the address")  # no name holds one, and no database takes one
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > MOST_SENT and not request.path_info.startswith("/api/"):
            raise RequestDataTooBig  # before a byte of it is on the disk; the API has limits of its own
        response = self.get_response(request)
        match = request.resolver_match
        if match and ACCESS.get(match.view_name) not in (Audience.PUBLIC, Audience.BEARER) and "Cache-Control" not in response:
            add_never_cache_headers(response)  # whoever uses this computer next does not find the pages by going back
        return response

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        audience = ACCESS.get(request.resolver_match.view_name)
        if audience is None:
            raise Http404
        if audience in (Audience.PUBLIC, Audience.BEARER):
            return None
        if request.user.is_authenticated and not second_step.passed(request):
            logout(request)  # a session from before the second step was set up, or anew
        if second_step.is_missing(request.user) and request.resolver_match.view_name not in second_step.WITHOUT:
            return redirect("second-step-setup")
        _leave_nul_out(request)
        writes = request.method not in READING and request.resolver_match.view_name in FORMS_OF_WORKERS
        if admits(audience, request.user) and (not writes or may_work(request.user)):
            return None
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.get_full_path())


def _leave_nul_out(request: HttpRequest) -> None:
    """What the staff type, without the one letter that no database takes."""
    if any("\0" in text for _name, texts in request.POST.lists() for text in texts):
        form = request.POST.copy()
        for name, texts in request.POST.lists():
            form.setlist(name, [text.replace("\0", "") for text in texts])
        request.POST = form
