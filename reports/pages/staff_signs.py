"""The staff's page of signs: making them one by one or from a list, putting them out of use, printing them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from citylab.exports import asked_for
from citylab.permissions import visible
from reports.csv_list import ListUnreadable, overfull_words
from reports.geography.places import Found, place_in_words, places_in_words, search_places
from reports.geography.search_text import plain
from reports.models import Place, Sign
from reports.pages.coordinates import read_point
from reports.pages.list_words import sent_list, why_unreadable
from reports.signs import known as signs
from reports.signs.from_list import load_signs
from reports.signs.sheet import LAYOUTS, MOST_SIGNS, sheet

PAGE = 50
COLUMNS = ("code", "name", "name_en", "kind", "lon", "lat", "area", "active", "address", "reports")
TYPED = ("name", "name_en", "kind", "point", "where", "pick")


@require_http_methods(["GET", "HEAD", "POST"])
def signs_page(request: HttpRequest) -> HttpResponse:
    """The list of signs, with the forms to make some. What cannot be taken stays in the form, with a sentence."""
    if request.method == "POST":
        return _act(request)
    data = asked_for(request, "signs", COLUMNS, _rows(_asked(request)))
    return data or _page(request)


@require_safe
def print_signs(request: HttpRequest) -> HttpResponse:
    """Signs as a PDF: those named by `?sign=` (several), else all in use that this member may see, in parts of sixty."""
    layout = request.GET.get("layout", "large")
    part = request.GET.get("part", "1")
    if layout not in LAYOUTS or not re.fullmatch("[1-9][0-9]{0,3}", part):
        raise Http404
    chosen = visible(request.user, Sign.objects.filter(active=True))
    if codes := request.GET.getlist("sign")[:MOST_SIGNS]:
        chosen = chosen.filter(code__in=codes)
    found = list(chosen[(int(part) - 1) * MOST_SIGNS : int(part) * MOST_SIGNS])
    if not found:
        return _page(request, unreadable=_("There is no sign in use to print."))
    answer = HttpResponse(sheet(found, layout), content_type="application/pdf")
    name = found[0].code if len(found) == 1 else f"{layout}-{part}"
    answer["Content-Disposition"] = f'inline; filename="signs-{name}.pdf"'
    return answer


def _asked(request: HttpRequest) -> QuerySet[Sign]:
    found = visible(request.user, Sign.objects.select_related("area"))
    if request.GET.get("active") in ("1", "0"):
        found = found.filter(active=request.GET["active"] == "1")
    if typed := request.GET.get("q", "").strip():
        code = signs.parse_sign_code(typed)
        words = plain(typed)
        fitting = [sign.pk for sign in found if sign.code == code or (words and words in plain(f"{sign.name} {sign.name_en}"))]
        found = found.filter(pk__in=fitting)
    return found


def _page(request: HttpRequest, *, typed: dict[str, str] | None = None, problems: dict[str, str] | None = None,
          found: list[tuple[str, Found]] | None = None, loaded: Any = None, unreadable: str = "") -> HttpResponse:  # fmt: skip
    page = Paginator(_asked(request), PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    places = places_in_words([s.location.x for s in rows], [s.location.y for s in rows]) if rows else []
    in_use = visible(request.user, Sign.objects.filter(active=True)).count()
    context = {
        "page": page, "rows": list(zip(rows, places, strict=True)), "in_use": in_use, "kinds": Sign.Kind.choices,
        "parts": range(1, math.ceil(in_use / MOST_SIGNS) + 1), "most": MOST_SIGNS, "q": request.GET.get("q", ""), "active": request.GET.get("active", ""),
        "may_make": signs.may_make(request.user), "typed": typed or {}, "found": found or [],
        "problems": {name: _why(code) for name, code in (problems or {}).items()}, "loaded": loaded, "unreadable": unreadable,
        "bad": [(number, [_why(code) for code in why.values()]) for number, why in (loaded.bad if loaded else [])],
    }  # fmt: skip
    wrong = bool(problems or unreadable or (loaded and loaded.bad) or found)
    return render(request, "staff/signs.html", context, status=422 if wrong else 200)


def _act(request: HttpRequest) -> HttpResponse:
    if not signs.may_make(request.user):
        raise PermissionDenied
    match request.POST.get("verb"):
        case "make":
            return _make(request)
        case "load":
            return _load(request)
        case "activate" | "deactivate" as verb:
            sign = Sign.objects.filter(code=request.POST.get("sign", "")).first()
            if sign is None:
                raise Http404
            try:
                signs.set_active(sign, verb == "activate", request.user)
            except PermissionError:
                raise PermissionDenied from None
            messages.success(request, (_("%(name)s is in use again.") if verb == "activate" else _("%(name)s is out of use: its page now only leads on.")) % {"name": sign.name})
            return redirect("staff-signs")
    raise Http404


def _make(request: HttpRequest) -> HttpResponse:
    typed = {name: request.POST.get(name, "").strip()[:200] for name in TYPED}
    lon, lat, place, problem = _point(typed)
    if not typed["point"] and not typed["pick"] and typed["where"]:
        found = [(_pick(each), each) for each in search_places(typed["where"])]
        return _page(request, typed=typed, found=found, problems=None if found else {"where": "nowhere"})
    wanted = signs.Wanted(typed["name"], typed["name_en"], typed["kind"], lon, lat, place)
    problems = signs.problems_with(wanted, request.user)
    if problem:
        problems["place"] = problem
    if problems:
        return _page(request, typed=typed, problems=problems)
    sign = signs.make_sign(wanted, request.user)
    messages.success(request, _("%(name)s has the code %(code)s: %(place)s.") % {"name": sign.name, "code": sign.code, "place": place_in_words(sign.location)})
    return redirect("staff-signs")


def _point(typed: dict[str, str]) -> tuple[float | None, float | None, Place | None, str]:
    """Longitude, latitude, the place that was picked, and what is wrong with them."""
    if typed["point"]:
        point = read_point(typed["point"])
        return (*point, None, "") if point else (None, None, None, "unreadable")
    kind, _colon, code = typed["pick"].partition(":")
    if kind == "place":
        place = Place.objects.filter(code=code).first()
        return None, None, place, "" if place else "missing"
    if kind == "at" and (point := read_point(code)):
        return *point, None, ""
    return None, None, None, ""


def _pick(found: Found) -> str:
    """What the form sends for a place that was found."""
    if found.is_area:
        return f"at:{found.lat:.6f} {found.lon:.6f}"
    return f"place:{Place.objects.values_list('code', flat=True).get(pk=found.id)}"


def _load(request: HttpRequest) -> HttpResponse:
    try:
        loaded = load_signs(sent_list(request), request.user, strict=request.POST.get("strict") == "1")
    except ListUnreadable as trouble:
        return _page(request, unreadable=why_unreadable(trouble))
    if loaded.made:
        words = ngettext("%(n)s sign was made.", "%(n)s signs were made.", len(loaded.made)) % {"n": len(loaded.made)}
        messages.success(request, words)
    if loaded.known:
        words = ngettext("%(n)s line was there already.", "%(n)s lines were there already.", loaded.known) % {"n": loaded.known}
        messages.info(request, words)
    return _page(request, loaded=loaded) if loaded.bad else redirect("staff-signs")


def _why(code: str) -> str:
    sentences = {
        "missing": _("is missing."), "too_long": _("has more than 120 letters."), "unknown": _("is none of the known kinds."),
        "unreadable": _("cannot be read as coordinates."), "outside": _("lies outside the city."),
        "other_area": _("lies in an area that is not yours."), "nowhere": _("is not known. Try another name, or give coordinates."),
        "not_allowed": _("may not be made with this role."), "overfull": overfull_words(),
    }  # fmt: skip
    return sentences[code]


def _rows(found: QuerySet[Sign]) -> Iterator[tuple[Any, ...]]:
    for sign in found.annotate(sent=Count("reports")):
        yield (
            sign.code, sign.name, sign.name_en, sign.kind, round(sign.location.x, 6), round(sign.location.y, 6),
            sign.area.code if sign.area else None, sign.active, signs.address_of(sign), sign.sent,
        )  # fmt: skip
