"""Members and teams."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citylab.administration.site import Table, by_name, column, titled
from citylab.models import Member, Role
from reports.models import Area

USERNAME, ROLE = column("username", _("user name")), column("role", _("role"))


class PeopleTable(Table):
    """A table whose rows have areas: those in force today, and those that a row has already. Ticks, which need no script."""

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "areas":
            row = request.resolver_match.kwargs.get("object_id", "")
            had = db_field.remote_field.through.objects.filter(**{f"{self.opts.model_name}_id": row}).values("area") if row.isdecimal() else []
            today = Area.objects.current(timezone.localdate())
            kwargs["queryset"] = by_name(today | Area.objects.filter(pk__in=had))
        if db_field.name == "members":
            kwargs["queryset"] = Member.objects.filter(left_at=None).order_by("username")
        kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class MemberTable(PeopleTable):
    """Members come by invitation, set their own password, and leave by handing over: none of that is here."""

    fields = ("username", "first_name", "email", "role", "areas", "opens_contacts", "wants_digest", "second_step")
    list_display = (
        USERNAME, column("first_name", _("name")), ROLE, "areas_in_words",
        column("is_active", _("may sign in"), boolean=True), "second_step",
    )  # fmt: skip
    list_filter = (("role", titled(admin.ChoicesFieldListFilter, _("role"))), ("is_active", titled(admin.BooleanFieldListFilter, _("may sign in"))))
    search_fields = ("username", "first_name", "last_name")
    ordering = ("username",)
    helps = {
        "role": _("Another administrator changes your own."),
        "areas": _("A ward officer sees and works on these areas only, and without any sees nothing. Other roles see the whole city."),
        "opens_contacts": _("Unknown is as the role has it: dispatchers may. Analysts never may. Each look is written down."),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        return super().get_queryset(request).prefetch_related("areas")

    def get_readonly_fields(self, request: HttpRequest, obj: Member | None = None) -> tuple[Any, ...]:
        own = (ROLE,) if obj is not None and obj.pk == request.user.pk else ()
        return (USERNAME, "second_step", *own)

    def get_fields(self, request: HttpRequest, obj: Member | None = None) -> list[Any]:
        known = {getattr(field, "__name__", field).removesuffix("_column"): field for field in self.get_readonly_fields(request, obj)}
        return [known.get(name, name) for name in self.fields]

    @admin.display(description=_("areas"))
    def areas_in_words(self, member: Member) -> Any:
        names = ", ".join(area.name for area in member.areas.all())
        if member.role == Role.OFFICER:
            return names or _("none: sees nothing")
        return _("whole city")

    @admin.display(description=_("second step"))
    def second_step(self, member: Member) -> Any:
        return timezone.localtime(member.second_step_at).date() if member.second_step_at else _("no")

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "opens_contacts":
            field.widget = forms.NullBooleanSelect()
        return field

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        member = form.instance
        if member.role == Role.OFFICER and not member.areas.exists():
            messages.warning(request, _("%(name)s is a ward officer without an area and sees nothing yet.") % {"name": member.display_name})


class TeamTable(PeopleTable):
    fields = ("name", "body", "members", "areas", "capacity", "starts_at", "ends_at", "active")
    list_display = (
        column("name", _("name")), column("body", _("responsible body")), column("capacity", _("waste sites in a shift")),
        column("starts_at", _("begin of the shift")), column("ends_at", _("end of the shift")), column("active", _("in use"), boolean=True),
    )  # fmt: skip
    list_select_related = ("body",)
    search_fields = ("name",)
    ordering = ("name",)
