"""The staff's pages of teams: the list with the form for a new one, and one team to change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.db.models.functions import Collate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from citylab.exports import asked_for
from citylab.models import Member, Team
from reports.clean_text import clean_text
from reports.models import Area, Body

COLUMNS = ("id", "name", "body", "areas", "members", "capacity", "starts_at", "ends_at", "active")
MOST_SITES = 200  # a shift; more is a slip of the finger


class TeamForm(forms.ModelForm):
    """What there is to say of a team. Areas are the city's units of today; whoever left is not offered as a member."""

    class Meta:
        model = Team
        fields = ("name", "body", "areas", "members", "capacity", "starts_at", "ends_at", "active")
        labels = {
            "name": gettext_lazy("Name"), "body": gettext_lazy("Body"), "areas": gettext_lazy("Wards and communes"), "members": gettext_lazy("Members with an account"),
            "capacity": gettext_lazy("Waste sites a shift"), "starts_at": gettext_lazy("Shift begins"), "ends_at": gettext_lazy("Shift ends"),
            "active": gettext_lazy("In service"),
        }  # fmt: skip
        widgets = {
            "starts_at": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            "ends_at": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            "areas": forms.CheckboxSelectMultiple, "members": forms.CheckboxSelectMultiple,
            "capacity": forms.NumberInput(attrs={"min": 1, "max": MOST_SITES}),
        }  # fmt: skip

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named, label_suffix="")
        self.fields["areas"].queryset = Area.objects.units().current(timezone.localdate()).order_by(Collate("name", f"{settings.LANGUAGE_CODE}-x-icu"))
        self.fields["members"].queryset = Member.objects.filter(is_active=True).order_by("first_name", "username")
        self.fields["members"].label_from_instance = lambda person: person.display_name
        self.fields["body"].queryset, self.fields["body"].empty_label = Body.objects.order_by("name"), "–"
        self.fields["capacity"].min_value, self.fields["capacity"].max_value = 1, MOST_SITES

    def clean_name(self) -> str:
        return clean_text(self.cleaned_data["name"])

    def clean_capacity(self) -> int:
        capacity: int = self.cleaned_data["capacity"]
        if not 1 <= capacity <= MOST_SITES:
            raise forms.ValidationError(_("A team cleans between 1 and %(most)s waste sites in a shift.") % {"most": MOST_SITES})
        return capacity

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("starts_at") and cleaned.get("starts_at") == cleaned.get("ends_at"):
            self.add_error("ends_at", _("The shift ends when it begins. Give another time."))
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
def teams(request: HttpRequest) -> HttpResponse:
    """Every team, those in service first, and the form for a new one."""
    form = TeamForm(request.POST) if request.method == "POST" else TeamForm()
    if request.method == "POST" and form.is_valid():
        made = form.save()
        messages.success(request, _("%(name)s was made.") % {"name": made.name})
        return redirect("teams")
    found = _asked(request)
    data = asked_for(request, "teams", COLUMNS, _rows(found)) if request.method != "POST" else None
    if data is not None:
        return data
    context = {"teams": found, "form": form, "state": request.GET.get("active", "")}
    return render(request, "staff/teams.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest, team: int) -> HttpResponse:
    """One team, to change. What it did stays in the history under its name of then."""
    found = get_object_or_404(Team, pk=team)
    form = TeamForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("teams")
    name = Team.objects.values_list("name", flat=True).get(pk=found.pk)
    return render(request, "staff/team.html", {"team": found, "name": name, "form": form}, status=422 if form.errors else 200)


def _asked(request: HttpRequest) -> QuerySet[Team]:
    found = Team.objects.select_related("body").prefetch_related("areas", "members").annotate(people=Count("members", distinct=True)).order_by("-active", "name")
    if request.GET.get("active") in ("1", "0"):
        found = found.filter(active=request.GET["active"] == "1")
    return found


def _rows(found: QuerySet[Team]) -> Iterator[tuple[Any, ...]]:
    for each in found:
        yield (
            each.pk, each.name, each.body.code if each.body else None, " ".join(area.code for area in each.areas.all()),
            " ".join(person.username for person in each.members.all()), each.capacity, f"{each.starts_at:%H:%M}", f"{each.ends_at:%H:%M}", each.active,
        )  # fmt: skip
