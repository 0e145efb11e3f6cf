"""The administration's site: only addresses that `citylab/permissions.py` names, with the site's own sign-in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Collate
from django.http import HttpRequest
from django.urls import URLResolver
from django.utils.translation import gettext_lazy as _

from citylab.cities.pack import city_pack
from citylab.permissions import ACCESS, ADMINISTRATION, Audience, admits
from citylab.templatetags.words import day

# Its scripts are files of its own and carry no nonce, so files of this site are what may run here.
_only_own_files = csp_replace({"script-src": [SELF]})


class Administration(admin.AdminSite):
    """For administrators. Signing in, signing out and passwords are the site's, so that the second step holds here too."""

    site_header = site_title = _("Administration")
    index_title = _("What can be edited by hand")
    site_url = None
    enable_nav_sidebar = False
    final_catch_all_view = False
    empty_value_display = "–"

    def has_permission(self, request: HttpRequest) -> bool:
        return admits(Audience.ADMINISTRATORS, request.user)

    def admin_view(self, view: Callable, cacheable: bool = False) -> Callable:
        return _only_own_files(super().admin_view(view, cacheable))

    def get_urls(self) -> list:
        return [found for found in super().get_urls() if isinstance(found, URLResolver) or f"admin:{found.name}" in ACCESS]


class Table(admin.ModelAdmin):
    """A table of the administration: what may be done with its rows stands in `ADMINISTRATION`."""

    actions = None
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    labels: dict[str, Any] = {}  # words for fields that are not those of `WORDS`
    helps: dict[str, Any] = {}

    def get_urls(self) -> list:
        return [found for found in super().get_urls() if f"admin:{found.name}" in ACCESS]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.label = self.labels.get(db_field.name) or WORDS.get(db_field.name, field.label)
            field.help_text = self.helps.get(db_field.name, "")
            if hasattr(field.widget, "can_add_related"):  # rows of other tables are edited in their own place
                field.widget.can_add_related = field.widget.can_change_related = False
                field.widget.can_delete_related = field.widget.can_view_related = False
        return field

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the list offers as a filter: Django takes any column from the address, a password's hash too."""
        return lookup.partition("__")[0] in {name for name, _kind in self.list_filter}

    def _may(self, request: HttpRequest, deed: str) -> bool:
        table = f"{self.opts.app_label}_{self.opts.model_name}"
        return deed in ADMINISTRATION[table] and self.admin_site.has_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "changelist")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "changelist")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete")


def by_name(areas: QuerySet) -> QuerySet:
    """Areas in the order of the city's own alphabet, units first."""
    return areas.order_by("-layer", Collate("name", f"{city_pack().language}-x-icu"))


def column(field: str, words: Any, *, boolean: bool = False) -> Callable:
    """A column of a list, with its heading in the page's language."""

    @admin.display(description=words, ordering=field, boolean=boolean)
    def show(row: Any) -> Any:
        display = getattr(row, f"get_{field}_display", None)
        value = display() if display else getattr(row, field)
        return day(value) if isinstance(value, date) else value

    show.__name__ = f"{field}_column"  # with a field's own name Django would add that field's help
    return show


def titled(kind: type[admin.FieldListFilter], words: Any) -> type[admin.FieldListFilter]:
    """A filter of a list, with its title in the page's language."""

    class Titled(kind):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.title = words

    return Titled


WORDS = {
    "active": _("in use"), "aliases": _("other names"), "amount": _("amount"), "area": _("area"), "areas": _("areas"), "body": _("responsible body"),
    "capacity": _("waste sites in a shift"), "code": _("code"), "email": _("e-mail"), "ends_at": _("end of the shift"), "first_name": _("name"),
    "full_name": _("name with its kind"), "kind": _("kind"), "listed": _("always analysed"), "members": _("members"), "name": _("name"),
    "name_en": _("name in English"), "opens_contacts": _("may open contact details"), "owner": _("owner"), "phone": _("telephone"),
    "position": _("order"), "problem": _("problem"), "query": _("filters"), "role": _("role"), "shared": _("shared"), "short_name": _("short name"),
    "slug": _("word in the address"), "starts_at": _("begin of the shift"), "text": _("text"), "valid_to": _("no longer in force from"),
    "verb": _("for which step"), "wants_digest": _("letter of 07:00 and hazards"), "working_days": _("working days"),
}  # fmt: skip
