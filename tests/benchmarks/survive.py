"""`bin/bench survive [--reports N] [--kills N]`: the long version of the promise that nothing accepted is lost.

Real processes on a durable cluster of their own; one of them gets kill -9 every two seconds while residents send at a
steady rate. The baseline in the same run is the same load without kills.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time

from tests.reliability.running_site import Residents, fate, kill_one_after_another, running_site, wait_until

VICTIMS = ("worker", "relay", "broker", "web", "database")


def trial(reports: int, kills: int, rate: float, port: int) -> dict[str, float]:
    """One load; returns what was sent, accepted, stored, processed and done twice."""
    with running_site(port, durable=True) as site:
        residents = Residents(site.url, rate=rate)
        begin = time.monotonic()
        killing = kill_one_after_another(site, list(itertools.islice(itertools.cycle(VICTIMS), kills)), pause=2.0)
        residents.send(reports)
        sending = time.monotonic() - begin
        killing.join()
        wait_until(lambda: fate(site)["waiting"] == 0, 300)
        outcome = fate(site)
        stored = {str(key) for (key,) in site.query("SELECT uuid FROM reports_report")}
        runs = site.query("SELECT coalesce(sum(attempts), 0) FROM reports_report")[0][0]
        return {
            "kills": kills,
            "sends": residents.sends,
            "accepted": len(residents.accepted),
            "lost": len(set(residents.accepted) - stored),
            "waiting": outcome["waiting"],
            "dead": outcome["dead"],
            "double_effects": outcome["opened_events"] - outcome["cases"],
            "task_runs": int(runs),
            "seconds_sending": round(sending, 1),
            "seconds_until_drained": round(time.monotonic() - begin, 1),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--rate", type=float, default=25)
    options = parser.parse_args()
    calm = trial(options.reports, 0, options.rate, 18433)
    killed = trial(options.reports, options.kills, options.rate, 18434)
    print(f"{'':>22}{'no kills':>12}{'kill -9':>12}")
    for name in calm:
        print(f"{name:>22}{calm[name]:>12}{killed[name]:>12}")
    print(json.dumps({"lost": killed["lost"], "double_effects": killed["double_effects"], "accepted": killed["accepted"], "kills": killed["kills"]}))


if __name__ == "__main__":
    main()
