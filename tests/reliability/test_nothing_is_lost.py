"""Nothing accepted is lost, whichever process dies in the middle; nothing is done twice."""

import pytest

from tests.reliability.running_site import Residents, fate, kill_one_after_another, running_site, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site():
    with running_site(18431) as site:
        yield site


def everything_has_its_case(site) -> bool:
    return fate(site)["waiting"] == 0


def assert_nothing_lost(site, residents: Residents) -> None:
    assert residents.refused == []
    stored = {str(key) for (key,) in site.query("SELECT uuid FROM reports_report")}
    assert set(residents.accepted) <= stored, "a resident saw a code and the report is gone"
    assert wait_until(lambda: everything_has_its_case(site), 120), f"reports still wait: {fate(site)}"
    outcome = fate(site)
    assert (outcome["dead"], outcome["without_case"], outcome["empty_cases"]) == (0, 0, 0)
    assert outcome["opened_events"] == outcome["cases"], "an effect happened twice"
    counted = site.query("SELECT coalesce(sum(cases), 0), coalesce(sum(reports), 0) FROM analytics_cell_week")[0]
    recount = site.query("SELECT (SELECT count(*) FROM reports_case), (SELECT count(*) FROM reports_report WHERE counts)")[0]
    assert counted == recount


def test_every_accepted_report_survives_kills_of_worker_relay_broker_web_and_database(site):
    residents = Residents(site.url, rate=12)
    killing = kill_one_after_another(site, ["worker", "relay", "broker", "web", "database", "worker"], pause=2.0)
    residents.send(180)
    killing.join()
    assert len(residents.accepted) == 180
    assert_nothing_lost(site, residents)


def test_reports_are_accepted_without_broker_worker_and_relay_and_drain_when_they_come_back(site):
    for name in ("broker", "worker", "relay"):
        site.end(name)
    residents = Residents(site.url, rate=30)
    residents.send(60)
    assert len(residents.accepted) == 60
    assert residents.sends == 60, "a dead broker is not even noticed by the resident"
    for name in ("broker", "worker", "relay"):
        site.start(name)
    assert_nothing_lost(site, residents)
