"""Whether the database already holds the city pack as it is now: asked at each start, so it imports next to nothing."""

import hashlib
from importlib.metadata import version

from django.db.models import Q

from citylab.cities.pack import CityPack
from citylab.models import JobRun
from reports.models import Area

JOB = "load_city"
LOADER_VERSION = 2  # raise it when the loader would make other rows from the same pack
UNITS_PACKAGE = "vietnamadminunits"


def stamp_of(city: CityPack) -> str:
    """Changes whenever loading the pack would give something else. At most 40 signs."""
    parts = [city.fingerprint, str(LOADER_VERSION)]
    if city.areas.kind == UNITS_PACKAGE:
        parts.append(version(UNITS_PACKAGE))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]


def is_loaded(city: CityPack) -> bool:
    """Whether loading would change nothing: the same pack, and no unit has begun or ended since. Two short queries."""
    run = JobRun.objects.filter(job=JOB, period=stamp_of(city)).first()
    if run is None:
        return False
    since = (city.calendar.local_day(run.done_at), city.calendar.today())
    begun = Q(valid_from__gt=since[0], valid_from__lte=since[1])
    ended = Q(valid_to__gt=since[0], valid_to__lte=since[1])
    return not Area.objects.units().filter(begun | ended).exists()


def stamp(city: CityPack) -> None:
    """Notes that the pack as it is now is loaded, and forgets any other."""
    JobRun.objects.filter(job=JOB).delete()
    JobRun.objects.create(job=JOB, period=stamp_of(city))
