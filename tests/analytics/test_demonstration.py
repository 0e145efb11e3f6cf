"""The invented year: through the doors of real reports, with the traces of real work, labelled, and never beside real ones."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from analytics import cube
from analytics.demonstration import invented_photos, invented_work, year
from analytics.demonstration.drawn_places import SCENES
from analytics.demonstration.invented_work import Step, take
from analytics.demonstration.simulated_clock import clock_at
from analytics.models import HotspotRun, WeeklyReport
from citylab import demonstration
from reports import casework
from reports.casework import TRANSITIONS, NotPossible, Visit
from reports.geography.area_index import forget_areas
from reports.models import Case, CaseEvent, Cleanup, Photo, Report
from reports.models.case import Status
from reports.photos import publishing, upkeep


@pytest.fixture(autouse=True)
def _fresh(db):
    forget_areas()
    demonstration.forget()
    yield
    demonstration.forget()


@pytest.fixture
def month(_fresh) -> None:
    call_command("load_demo", "--days", "30", "--cases-a-week", "40", verbosity=0)


def test_the_demonstration_has_cases_in_every_state_and_some_that_came_back(month) -> None:
    states = Counter(Case.objects.values_list("status", flat=True))

    assert set(states) >= {Status.NEW, Status.CONFIRMED, Status.CLEANED, Status.VERIFIED}
    assert 80 < sum(states.values()) < 300
    assert Case.objects.filter(recurs_of__isnull=False).exists()
    assert Report.objects.unprocessed().count() == 0


def test_the_demonstration_lives_in_the_past_and_not_in_the_future(month) -> None:
    now = timezone.now()

    assert not CaseEvent.objects.filter(at__gt=now).exists()
    assert not Report.objects.filter(received_at__gt=now).exists()
    assert Report.objects.earliest("observed_at").observed_at < now - timedelta(days=25)
    assert Report.objects.latest("observed_at").observed_at > now - timedelta(days=3)


def test_every_history_follows_the_transition_table(month) -> None:
    for case in Case.objects.prefetch_related("events"):
        state = ""
        for event in case.events.all():
            assert event.from_status == state
            if state:
                assert any(state in sources and event.to_status == to for sources, to in TRANSITIONS.values())
            state = event.to_status
        assert state == case.status


def test_every_cleaning_has_its_after_photo(month) -> None:
    cleaned = CaseEvent.objects.filter(kind="cleaned").count()

    assert Cleanup.objects.count() == Photo.objects.filter(kind="after", state="published", cleanup__isnull=False).count() == cleaned > 0


def test_the_latest_cases_have_drawn_photos_that_are_public_and_a_few_wait_for_a_person(month) -> None:
    shown = publishing.photos_of_cases(Case.objects.all())

    assert len(shown) > 50
    assert Photo.objects.waiting_for_a_person().count() == invented_photos.WAITING
    assert upkeep.check_photos().is_whole
    files = set(Photo.objects.exclude(public_large_name="").values_list("public_large_name", flat=True))
    assert len(files) == 2 * SCENES, "the same place before and after, each stored once"


def test_the_counters_and_the_analyses_follow(month) -> None:
    assert cube.compare_with_recount() == []
    assert HotspotRun.objects.exists()
    assert WeeklyReport.objects.exists()


def test_every_invented_report_says_that_it_is_invented(month) -> None:
    assert demonstration.is_demonstration()
    assert len(set(Report.objects.values_list("description", flat=True))) == 1
    assert Report.objects.filter(channel="import").count() == Report.objects.count()


def test_loading_again_changes_nothing(month, capsys) -> None:
    before = (Report.objects.count(), CaseEvent.objects.count())

    call_command("load_demo", verbosity=0)

    assert (Report.objects.count(), CaseEvent.objects.count()) == before
    assert "there already" in capsys.readouterr().out


def test_an_interrupted_load_goes_on_where_it_stopped(_fresh, monkeypatch) -> None:
    lived: list = []
    live = year._live

    def until_the_tenth(day, *rest, **more):
        if len(lived) == 10:
            raise KeyboardInterrupt
        lived.append(day)
        live(day, *rest, **more)

    monkeypatch.setattr(year, "_live", until_the_tenth)
    with pytest.raises(KeyboardInterrupt):
        year.tell(year.begin(20, 40))
    monkeypatch.setattr(year, "_live", lambda day, *rest, **more: (lived.append(day), live(day, *rest, **more)))
    year.tell(year.begin(20, 40))

    assert len(lived) == len(set(lived)) == 20
    assert not year.is_finished()


def test_it_is_never_loaded_beside_real_reports(report) -> None:
    report()

    with pytest.raises(CommandError, match="never mixed"):
        call_command("load_demo", verbosity=0)
    assert not demonstration.is_demonstration()
    assert Report.objects.count() == 1


def test_the_known_sources_can_be_had(_fresh, tmp_path) -> None:
    call_command("load_demo", "--days", "2", "--cases-a-week", "10", "--sources", str(tmp_path / "s.csv"), verbosity=0)

    lines = (tmp_path / "s.csv").read_text().splitlines()
    assert lines[0] == "lon,lat,spread_m,fate"
    assert len(lines) == 41


@pytest.mark.parametrize(("verb", "start"), [("refuse", "new"), ("confirm", "new"), ("clean", "confirmed"), ("verify", "cleaned"), ("reopen", "verified")])
def test_a_step_leaves_the_traces_of_the_verb_that_it_stands_for(case, after_photo, monkeypatch, verb, start) -> None:
    at = timezone.now() - timedelta(days=1)
    by_verb, in_bulk = case(start), case(start)
    monkeypatch.setattr(invented_work, "_reason", lambda verb: "why" if verb in ("refuse", "reopen") else "")
    with clock_at(at):
        match verb:
            case "clean":
                casework.clean(by_verb, None, Visit(distance_m=8, photos=(after_photo(by_verb),)))
            case "refuse" | "reopen":
                getattr(casework, verb)(by_verb, None, "why")
            case _:
                getattr(casework, verb)(by_verb, None)

    take([(in_bulk, Step(verb, at))])

    def traces(one) -> tuple:
        one.refresh_from_db()
        events = [(e.kind, e.at, e.actor, e.from_status, e.to_status, e.reason, sorted(e.details)) for e in one.events.all()]
        photos = list(one.photos.values_list("kind", "state", "cleanup__case_id"))
        return (
            one.status, one.cleaned_at == at, one.verified_at == at, one.closed_at == at, one.verified_at, one.closed_at, one.version,
            one.reopened_at == at, events,
            [(kind, state, case_id == one.pk) for kind, state, case_id in photos], list(one.cleanups.values_list("at", "nothing_found")),
        )  # fmt: skip

    assert traces(in_bulk) == traces(by_verb)


def test_a_step_that_the_transition_table_does_not_have_is_refused(case) -> None:
    with pytest.raises(NotPossible):
        take([(case("verified"), Step("clean", timezone.now()))])


def test_every_page_says_so(month, client) -> None:
    assert 'class="invented"' in client.get("/").content.decode()


def test_no_page_says_so_of_real_data(client, report) -> None:
    report()

    assert "invented" not in client.get("/").content.decode()
