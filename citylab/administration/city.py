"""The city: who is responsible, areas, places. What comes from files (polygons) is not edited here."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.gis.geos import Point
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as text
from django.utils.translation import gettext_lazy as _

from citylab.administration.site import Table, by_name, column, titled
from citylab.templatetags.words import day
from reports.geography.area_store import searchable
from reports.geography.search_text import search_column
from reports.models import Area, Place


class AreaOfToday(Table):
    """A table whose rows may belong to an area."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "area":
            kwargs["queryset"] = by_name(Area.objects.current(timezone.localdate()))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class BodyTable(AreaOfToday):
    fields = ("code", "name", "name_en", "short_name", "phone", "email", "area")
    list_display = (column("name", _("name")), column("short_name", _("short name")), column("phone", _("telephone")), column("email", _("e-mail")))
    search_fields = ("code", "name", "short_name")
    ordering = ("name",)
    helps = {"code": _("The routing table of the city pack names it.")}


class AreaForm(forms.ModelForm):
    def clean_valid_to(self) -> date | None:
        end: date | None = self.cleaned_data["valid_to"]
        if end is not None and end <= self.instance.valid_from:
            raise forms.ValidationError(text("It came into force on %(day)s; the end has to be later.") % {"day": day(self.instance.valid_from)})
        return end


class AreaTable(Table):
    """Names and the end of an area; its border comes from `load_areas`."""

    form = AreaForm
    fields = ("code", "name", "full_name", "name_en", "aliases", "valid_to")
    list_display = (
        column("name", _("name")), column("full_name", _("name with its kind")), column("layer", _("layer")), column("code", _("code")),
        column("valid_from", _("in force from")), column("valid_to", _("no longer in force from")),
    )  # fmt: skip
    list_filter = (("layer", titled(admin.ChoicesFieldListFilter, _("layer"))),)
    search_fields = ("code", "name", "full_name", "search")
    ordering = ("layer", "name")
    readonly_fields = (column("code", _("code")),)
    helps = {"aliases": _("Former and other names with commas between them; people search by them.")}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*self.readonly_fields, *self.fields[1:]]

    def save_model(self, request: HttpRequest, obj: Area, form: Any, change: bool) -> None:
        obj.search = searchable(obj)
        super().save_model(request, obj, form, change)


class PlaceForm(forms.ModelForm):
    """A place, whose point is typed as it is copied from a map."""

    point = forms.CharField(label=_("point"), help_text=_("Latitude and longitude as maps show them, with a comma between"), max_length=60)

    class Meta:
        model = Place
        fields = ("code", "name", "name_en", "kind", "listed", "area")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["point"] = f"{self.instance.location.y:.6f}, {self.instance.location.x:.6f}"

    def clean_point(self) -> Point:
        typed = self.cleaned_data["point"].replace(";", ",").split(",")
        try:
            lat, lon = map(float, typed)
        except ValueError:
            raise forms.ValidationError(text("Give latitude and longitude with a comma between them.")) from None
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # what is no number is refused here too
            raise forms.ValidationError(text("No such point exists: latitude is at most 90, longitude at most 180."))
        return Point(lon, lat, srid=4326)


class PlaceTable(AreaOfToday):
    form = PlaceForm
    fields = ("code", "name", "name_en", "kind", "point", "area", "listed")
    list_display = (
        column("name", _("name")), column("kind", _("kind")), column("area", _("area")), column("code", _("code")),
        column("listed", _("always analysed"), boolean=True),
    )  # fmt: skip
    list_select_related = ("area",)
    search_fields = ("code", "name", "search")
    ordering = ("name",)
    helps = {"code": _("A word that stays: a place with the same code in a file changes this one.")}

    def save_model(self, request: HttpRequest, obj: Place, form: Any, change: bool) -> None:
        obj.location = form.cleaned_data["point"]
        obj.search = search_column([obj.name, obj.name_en])
        super().save_model(request, obj, form, change)


