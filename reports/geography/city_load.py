"""Brings the database up to the city pack: waste types, areas, bodies, routing, populations, deadlines, ready answers.

The pack is the source of all of these; what the pack no longer has is switched off or ended, never deleted, except routes and
deadlines. Ready answers are only added: once they are there, they belong to the desk.
"""

from datetime import date

from django.db import transaction

from citylab.cities.pack import CityPack
from citylab.cities.tables import OWN_BODY
from reports.geography.approximations import approximate_polygons
from reports.geography.area_files import AreaDefaults, read_areas_from
from reports.geography.area_store import AreaChanges, AreaRecord, store_areas
from reports.geography.city_stamp import stamp
from reports.geography.map_files import FileProblem, read_map_file
from reports.geography.place_files import PlaceDefaults, read_place_rows, read_places_from, store_places
from reports.geography.place_names import area_label
from reports.geography.vietnamese_units import units_of_province
from reports.models import Area, Body, Deadline, Population, ReplyTemplate, Route, WasteType


@transaction.atomic
def load_city(city: CityPack) -> AreaChanges:
    """Loads the whole pack. Safe to run again. Raises FileProblem when a map file of the pack is wrong."""
    sync_waste_types(city)
    sync_populations(city)
    sync_deadlines(city)
    add_replies(city)
    changes = store_areas(unit_records(city))
    sync_responsibilities(city)
    if city.places_file:
        records, problems = read_places_from(read_place_rows(city.places_file), PlaceDefaults(listed=city.listed_places))
        if problems:
            raise FileProblem(f"{city.places_file.name}, {problems[0]}")
        store_places(records)
    stamp(city)
    return changes


def unit_records(city: CityPack) -> list[AreaRecord]:
    """The units of the pack: from its own file, or approximated from their figures."""
    if city.areas.kind == "none":
        return []
    if city.areas.file:
        defaults = AreaDefaults(valid_from=city.areas.valid_from)
        records, problems = read_areas_from(read_map_file(city.areas.file), city, defaults)
        if problems:
            raise FileProblem(f"{city.areas.file.name}, {problems[0]}")
        return records
    units = units_of_province(
        city.areas.province, {kind.prefix: kind.code for kind in city.area_kinds if not kind.overlay}
    )
    polygons = approximate_polygons(units, city.projection, city.areas.apart)
    return [
        AreaRecord(
            layer=Area.Layer.UNIT,
            kind=unit.kind,
            code=unit.code,
            name=unit.name,
            full_name=unit.full_name,
            name_en=unit.name_en,
            aliases=unit.aliases,
            seat=(unit.lon, unit.lat),
            area_km2=unit.km2,
            polygon=polygon,
            approximate=True,
            valid_from=city.areas.valid_from,
        )
        for unit, polygon in zip(units, polygons, strict=True)
    ]


def sync_waste_types(city: CityPack) -> None:
    """Waste types by code; those the pack no longer has stay for old reports and are no longer offered."""
    rows = [
        WasteType(
            code=row.code, group=row.group, name=row.name, name_en=row.name_en, unep=row.unep, g_code=row.g, ospar=row.ospar,
            taco=row.taco, mean_mass_g=row.mean_mass_g, resident=row.resident, hazard=row.hazard, icon=row.icon, order=row.order,
            active=True,
        )
        for row in city.waste_types
    ]  # fmt: skip
    fields = [field.name for field in WasteType._meta.concrete_fields if not field.primary_key]
    WasteType.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=fields)
    WasteType.objects.exclude(code__in=[row.code for row in rows]).update(active=False)


def sync_populations(city: CityPack) -> None:
    """Figures by unit and year."""
    rows = [
        Population(area_code=row.area_code, year=row.year, people=row.people, source=row.source)
        for row in city.populations
    ]
    unique, fields = ["area_code", "year"], ["people", "source"]
    Population.objects.bulk_create(rows, update_conflicts=True, unique_fields=unique, update_fields=fields)


def sync_deadlines(city: CityPack) -> None:
    """The table of deadlines exactly as the pack has it; one that the administrators keep stays where the pack has none."""
    if city.deadlines is None:
        return
    wanted = {(row.problem, row.amount): row.working_days for row in city.deadlines}
    for known in Deadline.objects.all():
        if (known.problem, known.amount) not in wanted:
            known.delete()
    rows = [Deadline(problem=problem, amount=amount, working_days=days) for (problem, amount), days in wanted.items()]
    Deadline.objects.bulk_create(rows, update_conflicts=True, unique_fields=["problem", "amount"], update_fields=["working_days"])


def add_replies(city: CityPack) -> None:
    """Ready answers that the desk does not have yet. What somebody worded anew or switched off stays as it is."""
    known = set(ReplyTemplate.objects.values_list("verb", "problem", "name"))
    ReplyTemplate.objects.bulk_create(
        ReplyTemplate(verb=row.verb, problem=row.problem, name=row.name, text=row.text, position=10 * place)
        for place, row in enumerate(city.replies, 1)
        if (row.verb, row.problem, row.name) not in known
    )


def sync_responsibilities(city: CityPack, on: date | None = None) -> None:
    """Bodies, one body for each unit in force, and the routing table. Called again whenever units were loaded."""
    units = list(Area.objects.units().current(on or city.calendar.today()).defer("polygon"))
    bodies = [
        Body(
            code=row.code,
            name=row.name,
            name_en=row.name_en,
            short_name=row.short_name,
            phone=row.phone,
            email=row.email,
        )
        for row in city.bodies
    ]
    for unit in units:
        name = city.unit_body_name.format(area=area_label(unit, city.language, city))
        name_en = city.unit_body_name_en.format(area=area_label(unit, "en", city))
        bodies.append(Body(code=unit_body_code(unit.code), name=name, name_en=name_en, short_name=name[:60], area=unit))
    fields = ["name", "name_en", "short_name", "phone", "email", "area"]
    Body.objects.bulk_create(bodies, update_conflicts=True, unique_fields=["code"], update_fields=fields)
    _sync_routes(city, units)


def unit_body_code(code: str) -> str:
    return f"unit-{code}".lower()


def _sync_routes(city: CityPack, units: list[Area]) -> None:
    """One row for each line of the pack, `@unit` lines once for each unit; rows that are right already stay as they are."""
    wanted: dict[tuple[str, str, str, str], tuple[int, str]] = {}
    for row in city.routes:
        if row.body == OWN_BODY:
            of_kind = [
                unit
                for unit in units
                if row.area_kind in ("", unit.kind) and unit.code in (row.area_codes or [unit.code])
            ]
            lines = [("", unit.code, unit_body_code(unit.code)) for unit in of_kind]
        else:
            lines = [(row.area_kind, code, row.body) for code in row.area_codes or [""]]
        for area_kind, area_code, body in lines:
            wanted.setdefault((area_kind, area_code, row.problem, row.waste_group), (row.priority, body))
    body_ids = dict(Body.objects.values_list("code", "id"))
    for route in Route.objects.all():
        key = (route.area_kind, route.area_code, route.problem, route.waste_group)
        if key not in wanted:
            route.delete()
        elif (route.priority, route.body_id) == (wanted[key][0], body_ids[wanted[key][1]]):
            del wanted[key]
    Route.objects.bulk_create(
        [
            Route(
                priority=priority,
                area_kind=kind,
                area_code=code,
                problem=problem,
                waste_group=group,
                body_id=body_ids[body],
            )
            for (kind, code, problem, group), (priority, body) in wanted.items()
        ],
        update_conflicts=True,
        unique_fields=["area_kind", "area_code", "problem", "waste_group"],
        update_fields=["priority", "body"],
    )
