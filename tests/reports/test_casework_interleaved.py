"""Two officers act on one case at once: no update is lost, no impossible state, and the history tells all of it."""

from __future__ import annotations

import random
import threading

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from reports import casework
from reports.casework import NotDone, Stale
from reports.history import first_broken_line
from reports.models import Case, CaseEvent
from reports.models.case import OPEN, Status

ACTS = {
    "confirm": lambda case, who, seen: casework.confirm(case, who, seen=seen),
    "assign": lambda case, who, seen: casework.assign(case, who, member=who, seen=seen),
    "start": lambda case, who, seen: casework.start(case, who, seen=seen),
    "hold": lambda case, who, seen: casework.hold(case, who, "power company", "cable", seen=seen),
    "resume": lambda case, who, seen: casework.resume(case, who, seen=seen),
    "refuse": lambda case, who, seen: casework.refuse(case, who, "private land", seen=seen),
    "reopen": lambda case, who, seen: casework.reopen(case, who, "public after all", seen=seen),
    "set_priority": lambda case, who, seen: casework.set_priority(case, who, 3, seen=seen),
    "change_kind": lambda case, who, seen: casework.change_kind(case, who, problem="dump", seen=seen),
    "note": lambda case, who, seen: casework.note(case, who, "seen", seen=seen),
    "undo": lambda case, who, seen: casework.undo(case, who),
}


def is_told_completely(case: Case) -> bool:
    """Whether the lines of the history lead from one to the next, from the first state to the one that the case is in."""
    events = list(CaseEvent.objects.filter(case=case).order_by("number"))
    states = [Status.NEW.value, *(event.to_status for event in events)]
    return (
        [event.from_status for event in events] == states[:-1]
        and [event.number for event in events] == list(range(1, len(events) + 1))
        and states[-1] == case.status
        and case.version == len(events)
    )


@pytest.mark.django_db(transaction=True)
def test_200_pairs_of_verbs_at_the_same_moment_lose_nothing(case, member):
    luck, people = random.Random(2026), (member(), member())
    refused = 0
    for _ in range(200):
        thing = case(luck.choice(["new", "confirmed", "assigned", "on_hold"]))
        first = thing.status
        verbs, start, outcomes = [luck.choice(list(ACTS)) for _ in people], threading.Barrier(2), []

        def work(who, verb, thing=thing, start=start, outcomes=outcomes) -> None:
            start.wait()
            outcomes.append(_why_not(lambda: ACTS[verb](thing, who, 0)))
            connections.close_all()

        threads = [threading.Thread(target=work, args=pair) for pair in zip(people, verbs, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        thing.refresh_from_db()
        events = list(thing.events.order_by("number"))
        done = outcomes.count(None)
        assert len(outcomes) == 2
        assert thing.version == len(events) == done <= 2, verbs
        assert [event.from_status for event in events] == [first, *(event.to_status for event in events)][:-1]
        assert thing.status == (events[-1].to_status if events else first)
        refused += sum(isinstance(why, Stale) for why in outcomes)
    assert refused > 20  # the two did meet: whoever came second had seen an older case
    assert first_broken_line() is None


def _why_not(act) -> NotDone | None:
    """What an act was refused for; None when it was done."""
    try:
        act()
    except NotDone as why:
        return why
    return None


class TwoOfficers(RuleBasedStateMachine):
    """Two people with a page of the same case open each; a page is as old as its last look."""

    make_case = make_member = None

    def __init__(self) -> None:
        super().__init__()
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.case = type(self).make_case()
        self.people = [type(self).make_member(), type(self).make_member()]
        self.seen = [0, 0]

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)

    @rule(who=st.integers(0, 1))
    def look(self, who: int) -> None:
        self.seen[who] = Case.objects.get(pk=self.case.pk).version

    @rule(who=st.integers(0, 1), verb=st.sampled_from(sorted(ACTS)))
    def act(self, who: int, verb: str) -> None:
        before = Case.objects.get(pk=self.case.pk)
        try:
            with transaction.atomic():
                changed = ACTS[verb](self.case, self.people[who], self.seen[who])
        except NotDone as why:
            after = Case.objects.get(pk=self.case.pk)
            assert (after.status, after.version) == (before.status, before.version)
            assert verb == "undo" or isinstance(why, Stale) == (self.seen[who] != before.version)
        else:
            assert verb == "undo" or self.seen[who] == before.version
            assert changed.version == before.version + 1
            self.seen[who] = changed.version

    @invariant()
    def the_history_is_complete(self) -> None:
        assert is_told_completely(Case.objects.get(pk=self.case.pk))

    @invariant()
    def the_state_is_possible(self) -> None:
        case = Case.objects.get(pk=self.case.pk)
        assert (case.closed_at is None) == (case.status in OPEN)
        assert (case.waits_since is None) == (case.status != Status.ON_HOLD)


@pytest.mark.django_db
def test_any_order_of_looks_and_verbs_leaves_a_possible_case_with_all_its_history(case, member):
    TwoOfficers.make_case, TwoOfficers.make_member = staticmethod(case), staticmethod(member)
    run_state_machine_as_test(
        TwoOfficers,
        settings=settings(max_examples=60, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None),
    )
