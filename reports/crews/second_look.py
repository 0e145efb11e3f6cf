"""Which cleaned cases a second person has to look at: one in five, chosen by the code, and all whose photo is an exception.

The choice follows from the code alone, which is random: nobody can steer it, and everybody can work it out again.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Mod

from reports.models import Case, Cleanup
from reports.models.case import Status

ONE_IN = 5  # a crew of twelve sites a day is looked at about twice a day


def is_in_sample(code: str) -> bool:
    """Whether the case with this code belongs to the sample: the first two bytes of SHA-256 of the code, modulo ONE_IN."""
    digest = hashlib.sha256(code.encode("ascii")).digest()
    return (256 * digest[0] + digest[1]) % ONE_IN == 0


class _Byte(Func):
    """Byte number `at` of SHA-256 of a code, as the database works it out."""

    output_field = IntegerField()
    template = "get_byte(sha256(convert_to(%(expressions)s, 'UTF8')), %(at)s)"

    def __init__(self, code: Any, at: int) -> None:
        super().__init__(code, at=at)


def to_verify(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Those that are cleaned and wait for the second person."""
    number = Mod(Value(256) * _Byte(F("code"), 0) + _Byte(F("code"), 1), Value(ONE_IN))
    excused = Cleanup.objects.filter(case=OuterRef("pk")).exclude(exception="")
    return cases.filter(status=Status.CLEANED).alias(sampled=number).filter(Q(sampled=0) | Exists(excused))


def waits_for_second_look(case: Case) -> bool:
    """The same question about one case."""
    if case.status != Status.CLEANED:
        return False
    return is_in_sample(case.code) or case.cleanups.exclude(exception="").exists()
