"""Saved views: a queue under a name, with the number of cases in it. Six come with the product."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.apps import apps as installed
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from citylab.models import Member, Role
from reports.case_list.filter import CaseFilter
from reports.clean_text import clean_text
from reports.geography.search_text import plain
from reports.models import Case, SavedView

# slug, name, query: the six of the research note, as far as today's data can say them. There is no weather and no model here:
# “after rain” is left out, and “not certain” is what a report itself tells of its certainty.
SHIPPED = (
    ("new", gettext_noop("New, not confirmed yet"), "order=age&status=new"),
    ("soon", gettext_noop("Overdue within 24 hours"), "due_soon=1"),
    ("overdue", gettext_noop("Overdue"), "overdue=1"),
    ("not-clean", gettext_noop("Answered “not clean”"), "reopened=1"),
    ("unsure", gettext_noop("Not certain"), "unsure=1"),
    ("coast", gettext_noop("At the coast"), "overlay=beach"),
)
_SHOWN = ("slug", "name", "query", "shared", "owner__username", "owner__first_name", "owner__last_name")  # of a view, and by whom
_SHIPPED_NAMES = {slug: name for slug, name, _query in SHIPPED}
MOST_OWN = 30  # views of one member: more cannot be told apart at a glance
MOST_COUNTED = 10_000
PASSING = ("before", "case", "format", "page", "view_name")  # of the address, but no part of a view
DEFAULTS = {"status": "open", "order": "deadline"}


class NotSaved(Exception):
    """Why a view was not saved: no_name, too_many, or too_long."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def canonical(query: str) -> str:
    """The query of an address without what passes and what says nothing, in one order: two equal queues have equal texts."""
    pairs = [(name, value) for name, value in parse_qsl(query) if name not in PASSING and value and DEFAULTS.get(name) != value]
    return urlencode(sorted(pairs))


def ship_views(sender: Any = None, apps: Any = installed, **_given: Any) -> None:
    """Put the six views in, or bring them up to date. After every migration; again changes nothing."""
    try:
        model = apps.get_model("reports", "SavedView")
    except LookupError:  # on the way to a migration before the table
        return
    rows = [model(slug=slug, name=name, query=canonical(query), shared=True, position=at) for at, (slug, name, query) in enumerate(SHIPPED, 1)]
    model.objects.bulk_create(rows, update_conflicts=True, unique_fields=["slug"], update_fields=["name", "query", "shared", "position"])


def name_of(view: SavedView) -> str:
    """The name on the page; what was shipped is translated."""
    return _(_SHIPPED_NAMES[view.slug]) if view.owner_id is None and view.slug in _SHIPPED_NAMES else view.name


def views_of(member: Member) -> list[SavedView]:
    """The views that a member finds: shipped, shared, and their own."""
    return list(SavedView.objects.filter(Q(shared=True) | Q(owner=member)).select_related("owner").only(*_SHOWN))


def save_view(member: Member, name: str, query: str, *, shared: bool) -> SavedView:
    """Keep a queue under a name. Raises NotSaved."""
    name, query = clean_text(name)[:80], canonical(query)
    if not name:
        raise NotSaved("no_name")
    if len(query) > 500:
        raise NotSaved("too_long")
    if member.views.count() >= MOST_OWN:
        raise NotSaved("too_many")
    slug = f"{slugify(plain(name))[:50]}-{get_random_string(6, 'abcdefghjkmnpqrstuvwxyz23456789')}".strip("-")
    return SavedView.objects.create(slug=slug, name=name, query=query, owner=member, shared=shared)


def own_view(member: Member, slug: str) -> SavedView | None:
    """A view that this member may rename or delete: their own; of what others shared, administrators only."""
    views = SavedView.objects.exclude(owner=None).filter(slug=slug)
    return (views.filter(shared=True) | views.filter(owner=member) if member.role == Role.ADMINISTRATOR else views.filter(owner=member)).first()


def rename_view(view: SavedView, name: str, *, shared: bool) -> None:
    """Another name, and whether everybody sees it. Raises NotSaved without a name."""
    if not clean_text(name):
        raise NotSaved("no_name")
    view.name, view.shared = clean_text(name)[:80], shared
    view.save(update_fields=["name", "shared"])


def count_views(views: Sequence[SavedView], wanted: CaseFilter, member: Member, among: QuerySet[Case]) -> int:
    """Sets `count` on each view and returns that of the list itself, none above 10,000. One pass over the open cases counts all
    that ask about open cases as they are now; whatever else is asked costs a statement more."""
    asked: dict[str, CaseFilter] = {f"v{view.pk}": CaseFilter.read(QueryDict(view.query), "deadline") for view in views}
    asked["list"] = wanted
    at = timezone.now()
    now = {name: one.condition(member, at, of_open=True) for name, one in asked.items() if one.is_of_open and not one.looks_back}
    found = among.open().aggregate(**{name: Count("pk", filter=condition or None) for name, condition in now.items()})
    found |= _counted({name: one.rows(member, among) for name, one in asked.items() if name not in now})
    for view in views:
        view.count = min(found[f"v{view.pk}"], MOST_COUNTED)
    return min(found["list"], MOST_COUNTED + 1)


def _counted(rows: dict[str, QuerySet[Case]]) -> dict[str, int]:
    """How many rows each of these has, up to one more than is told, in one statement."""
    parts, given, names = [], [], []
    for name, cases in rows.items():
        try:
            query, values = cases.order_by().values("pk")[: MOST_COUNTED + 1].query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"(SELECT count(*) FROM ({query}) AS part)")
        given += values
        names.append(name)
    if not parts:
        return dict.fromkeys(rows, 0)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", given)
        return dict.fromkeys(rows, 0) | dict(zip(names, cursor.fetchone(), strict=True))


def shown(views: Iterable[SavedView], query: str, member: Member) -> list[SavedView]:
    """The views as a page shows them: name, whether it is the one that is looked at, whether it is the member's own."""
    here = canonical(query)
    found = list(views)
    for view in found:
        view.title, view.here, view.mine = name_of(view), view.query == here, view.owner_id == member.pk
    return found
