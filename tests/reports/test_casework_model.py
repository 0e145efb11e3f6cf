"""Random walks of merging, splitting and undoing, beside a model of a page: where each report is, and what counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import h3.api.basic_int as h3
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from reports import casework
from reports.casework import NotDone
from reports.history import first_broken_line
from reports.models import Case, Report
from reports.models.case import NOT_WASTE, OPEN

CASES = 4
PHONES = (b"one", b"one", b"two", None)  # None is a reporter of its own each time
SIMPLE = {
    "confirm": lambda case, who: casework.confirm(case, who),
    "hold": lambda case, who: casework.hold(case, who, "power company", "cable"),
    "resume": lambda case, who: casework.resume(case, who),
    "refuse": lambda case, who: casework.refuse(case, who, "private land"),
    "reopen": lambda case, who: casework.reopen(case, who, "public after all"),
    "set_priority": lambda case, who: casework.set_priority(case, who, 3),
}


@dataclass(frozen=True)
class Pile:
    """A case of the model. into: the pile that it was merged into; tells: whether it counts by what was told of it alone; due: its own deadline."""

    status: str
    cell: int
    tells: bool
    due: datetime | None
    into: int | None = None


@dataclass
class Told:
    """A report of the model. home: the pile that it tells of; says: whether it counts, were it the only one of its reporter."""

    home: int
    phone: bytes | None
    says: bool


class Piles(RuleBasedStateMachine):
    """The model knows nothing of how a merge is written down: a report is where its pile is, and a reporter counts once there."""

    make_case = make_report = make_member = noon = None

    def __init__(self) -> None:
        super().__init__()
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.who = type(self).make_member()
        self.piles: dict[int, Pile] = {}
        self.told: dict[int, Told] = {}
        self.merged_from: dict[int, Pile] = {}
        self.step_before: dict[int, Pile | None] = {}  # what an undo brings back; None where the last step cannot be undone

    def teardown(self) -> None:
        assert first_broken_line() is None
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)

    @initialize(
        of=st.lists(st.lists(st.sampled_from(PHONES), min_size=1, max_size=3), min_size=CASES, max_size=CASES),
        silent=st.sets(st.integers(0, CASES - 1), min_size=1), days=st.lists(st.none() | st.integers(1, 3), min_size=CASES, max_size=CASES),
    )  # fmt: skip
    def begin(self, of: list[list[bytes | None]], silent: set[int], days: list[int | None]) -> None:
        for number, phones in enumerate(of):
            tells = number not in silent  # else: what a phone says beyond its share
            due = None if days[number] is None else type(self).noon + timedelta(days=days[number])
            case = type(self).make_case(lon=108.202 + 0.004 * number, counts=tells, due_at=due)
            self.piles[case.pk] = Pile(case.status, case.cell, tells, due)
            for place, phone in enumerate(phones if tells else [phone or b"one" for phone in phones]):
                says = tells and (phone is None or phone not in phones[:place])
                self._report(case, phone, says, hours=place)

    # --- what people do ---------------------------------------------------------------------------------
    @rule(one=st.integers(0, 6), other=st.integers(0, 6))
    def merge(self, one: int, other: int) -> None:
        one, other = self._pick(one, self._open()), self._pick(other, self._open())
        if self._does(lambda: casework.merge(_case(one), self.who, _case(other)), one):
            self.merged_from[one] = self.piles[one]
            self.piles[one] = replace(self.piles[one], status="merged", into=other)
            self.step_before[other] = None

    @rule(one=st.integers(0, 6))
    def unmerge(self, one: int) -> None:
        one = self._pick(one, self._merged())
        line = self._line(one)
        assert self._does(lambda: casework.unmerge(_case(one), self.who), one, undoable=False)
        self._take_out(one, self.merged_from[one], line)

    @rule(one=st.integers(0, 6))
    def undo(self, one: int) -> None:
        self._undo([self._pick(one, self._undoable())])

    @rule(some=st.lists(st.integers(0, 6), min_size=2, max_size=3))
    def undo_several(self, some: list[int]) -> None:
        self._undo(sorted({self._pick(one, self._undoable()) for one in some}))

    @rule(one=st.integers(0, 6), verb=st.sampled_from(sorted(SIMPLE)))
    def simple(self, one: int, verb: str) -> None:
        one = self._pick(one)
        if self._does(lambda: SIMPLE[verb](_case(one), self.who), one):
            self.piles[one] = replace(self.piles[one], status=_case(one).status)

    @rule(one=st.integers(0, 6), east=st.integers(1, 9))
    def move(self, one: int, east: int) -> None:
        one = self._pick(one, self._open())
        lon, lat = 108.201 + 0.001 * east, 16.056
        if self._does(lambda: casework.move(_case(one), self.who, lon, lat), one):
            self.piles[one] = replace(self.piles[one], cell=h3.latlng_to_cell(lat, lon, 10))

    @rule(one=st.integers(0, 6), which=st.integers(0, 6))
    def split(self, one: int, which: int) -> None:
        one = self._pick(one, self._open())
        own = sorted(pk for pk, told in self.told.items() if told.home == one)
        assume(own)
        leaving, new = own[which % len(own)], []
        if not self._does(lambda: new.append(casework.split(_case(one), self.who, [Report.objects.get(pk=leaving)])), one, undoable=False):
            return
        made, told = new[0], self.told[leaving]
        told.home = made.pk
        self.piles[made.pk] = Pile("new", made.cell, tells=True, due=made.due_at)
        self.step_before[made.pk] = None
        told.says = True
        if told.phone is not None and told.phone not in self._counting(one):
            stays = [pk for pk in self._there(one) if self.told[pk].phone == told.phone]
            if stays:
                self.told[min(stays, key=lambda pk: (Report.objects.get(pk=pk).observed_at, pk))].says = True

    @rule(one=st.integers(0, 6))
    def somebody_else_reports(self, one: int) -> None:
        """As grouping joins it: a new reporter counts, and so does the case from then on."""
        one = self._pick(one, self._open())
        self._report(_case(one), f"new {len(self.told)}".encode(), True, hours=9)
        Case.objects.filter(pk=one).update(counts=True)
        self.piles[one] = replace(self.piles[one], tells=True)

    # --- what must hold -----------------------------------------------------------------------------------
    @invariant()
    def every_report_is_where_its_pile_is(self) -> None:
        assert dict(Report.objects.values_list("pk", "case")) == {pk: self._standing(told.home) for pk, told in self.told.items()}

    @invariant()
    def a_reporter_counts_once_in_a_case(self) -> None:
        expected = Counter()
        for pile in self.piles:
            if self._standing(pile) == pile:
                says = [self.told[pk].phone for pk in self._there(pile) if self.told[pk].says]
                expected += Counter({(pile, phone): 1 for phone in says if phone is not None}) + Counter((pile, phone) for phone in says if phone is None)
        counted = Report.objects.filter(counts=True).values_list("case", "reporter")
        assert Counter((case, None if reporter is None else bytes(reporter)) for case, reporter in counted) == expected

    @invariant()
    def a_case_is_as_the_steps_left_it(self) -> None:
        rows = {row.pk: (row.status, row.cell, row.merged_into_id) for row in Case.objects.all()}
        assert rows == {pk: (pile.status, pile.cell, pile.into) for pk, pile in self.piles.items()}

    @invariant()
    def a_case_is_due_when_the_first_of_what_it_is_made_of_is(self) -> None:
        assert dict(Case.objects.values_list("pk", "due_at")) == {pk: self._due(pk) for pk in self.piles}

    @invariant()
    def a_case_counts_by_what_it_is_made_of(self) -> None:
        counts = dict(Case.objects.filter(merged_into=None).values_list("pk", "counts"))
        assert counts == {pk: self._tells(pk) for pk in self.piles if self.piles[pk].into is None}

    @invariant()
    def the_counters_are_those_of_the_model(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT cell, cases, reports FROM analytics_cell_week WHERE cases + reports > 0")
            kept = cursor.fetchall()
        cases = Counter(pile.cell for pk, pile in self.piles.items() if pile.status not in NOT_WASTE and self._tells(pk))
        assert Counter({cell: cases for cell, cases, _reports in kept if cases}) == cases
        assert Counter({cell: reports for cell, _cases, reports in kept if reports}) == Counter(Report.objects.filter(counts=True).values_list("cell", flat=True))

    # --- the model ----------------------------------------------------------------------------------------
    def _pick(self, number: int, among: set[int] | None = None) -> int:
        choice = sorted(self.piles if among is None else among)
        assume(choice)
        return choice[number % len(choice)]

    def _open(self) -> set[int]:
        return {pk for pk, pile in self.piles.items() if pile.status in OPEN}

    def _merged(self) -> set[int]:
        return {pk for pk, pile in self.piles.items() if pile.into is not None}

    def _undoable(self) -> set[int]:
        return {pk for pk in self.piles if self.step_before.get(pk) is not None}

    def _line(self, pile: int) -> list[int]:
        line, into = [], self.piles[pile].into
        while into is not None:
            line, into = [*line, into], self.piles[into].into
        return line

    def _standing(self, pile: int) -> int:
        return [pile, *self._line(pile)][-1]

    def _there(self, pile: int) -> list[int]:
        return [pk for pk, told in self.told.items() if self._standing(told.home) == pile]

    def _counting(self, pile: int) -> set[bytes | None]:
        return {self.told[pk].phone for pk in self._there(pile) if self.told[pk].says}

    def _tells(self, pile: int) -> bool:
        return self.piles[pile].tells or any(self._tells(one) for one, made in self.piles.items() if made.into == pile)

    def _due(self, pile: int) -> datetime | None:
        dues = [self.piles[pile].due, *(self._due(one) for one, made in self.piles.items() if made.into == pile)]
        return min((due for due in dues if due is not None), default=None)

    def _report(self, case: Case, phone: bytes | None, says: bool, hours: int) -> None:
        made = type(self).make_report(case, type(self).noon + timedelta(hours=hours), reporter=phone, counts=says)
        self.told[made.pk] = Told(case.pk, phone, says)

    def _does(self, step, pile: int, *, undoable: bool = True) -> bool:
        """Do it; whether it was done. What was refused has changed nothing, which the invariants look at."""
        before = self.piles[pile]
        try:
            with transaction.atomic():
                step()
        except NotDone:
            return False
        self.step_before[pile] = before if undoable else None
        return True

    def _take_out(self, pile: int, before: Pile, line: list[int]) -> None:
        self.piles[pile] = replace(before, tells=self.piles[pile].tells)
        for place in line:
            self.step_before[place] = None

    def _undo(self, some: list[int]) -> None:
        done, left = casework.undo_all([_case(one) for one in some], self.who)
        assert ({case.pk for case in done}, left) == (set(some), [])
        for case in sorted(done, key=lambda case: len(self._line(case.pk))):  # what is part of another comes out after it
            before = self.step_before[case.pk]
            assert before is not None
            self._take_out(case.pk, before, self._line(case.pk) if self.piles[case.pk].into else [])
            self.step_before[case.pk] = None


def _case(pk: int) -> Case:
    return Case.objects.get(pk=pk)


@pytest.mark.django_db
def test_any_walk_of_merges_splits_and_undos_leaves_reports_and_counters_as_a_simple_model_says(case, report, member, noon):
    Piles.make_case, Piles.make_report, Piles.make_member, Piles.noon = staticmethod(case), staticmethod(report), staticmethod(member), noon
    run_state_machine_as_test(
        Piles,
        settings=settings(max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None, phases=[Phase.generate]),
    )
