"""What the desk works with: deadlines, ready replies, saved views."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as text
from django.utils.translation import gettext_lazy as _

from citylab.administration.site import Table, column, titled
from citylab.models import Member
from reports.models import Deadline
from reports.models.report import Amount, Problem


class DeadlineForm(forms.ModelForm):
    problem = forms.ChoiceField(label=_("problem"), required=False, choices=[("", _("every kind")), *Problem.choices])
    amount = forms.ChoiceField(label=_("amount"), required=False, choices=[("", _("every amount")), *Amount.choices])

    class Meta:
        model = Deadline
        fields = ("problem", "amount", "working_days")


class DeadlineTable(Table):
    """The line for both wins over one for the problem, and that over one for the amount. Cases that are open keep their deadline."""

    form = DeadlineForm
    fields = ("problem", "amount", "working_days")
    list_display = ("in_words", column("working_days", _("working days")))
    ordering = ("problem", "amount")
    helps = {"working_days": _("From 1 to 365. Waste sites that are there already keep their deadline.")}

    @admin.display(description=_("for what"))
    def in_words(self, line: Deadline) -> str:
        problem = str(Problem(line.problem).label) if line.problem in Problem.values else str(_("every kind"))
        amount = str(Amount(line.amount).label) if line.amount in Amount.values else str(_("every amount"))
        return f"{problem}, {amount}"


class ReplyTemplateTable(Table):
    fields = ("verb", "problem", "name", "text", "active", "position")
    list_display = (
        column("name", _("name")), column("verb", _("for which step")), column("problem", _("problem")), column("active", _("in use"), boolean=True),
        column("position", _("order")),
    )  # fmt: skip
    list_filter = (("verb", titled(admin.ChoicesFieldListFilter, _("for which step"))),)
    search_fields = ("name", "text")
    helps = {"text": _("The reporter reads it as it stands."), "problem": _("Empty is every kind.")}


class SavedViewForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("owner") and not cleaned.get("shared"):
            self.add_error("shared", text("A view without an owner has to be shared."))
        return cleaned


class SavedViewTable(Table):
    form = SavedViewForm
    fields = ("name", "slug", "query", "owner", "shared", "position")
    list_display = (
        column("name", _("name")), column("query", _("filters")), column("owner", _("owner")), column("shared", _("shared"), boolean=True),
        column("position", _("order")),
    )  # fmt: skip
    list_select_related = ("owner",)
    search_fields = ("name", "slug")
    helps = {"query": _("As in the address of the list, after the question mark."), "owner": _("Empty: one for everybody, which has to be shared.")}

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "owner":
            kwargs |= {"queryset": Member.objects.filter(left_at=None).order_by("username"), "required": False}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.query = obj.query.lstrip("?")
        super().save_model(request, obj, form, change)
