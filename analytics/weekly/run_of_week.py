"""Which analysis of the hotspots an edition cites."""

from __future__ import annotations

from datetime import date

from analytics.models import HotspotRun, WeeklyReport
from analytics.refresh import Domain, NothingToAnalyse, refresh
from analytics.runs import latest_run


def run_for(week: date) -> HotspotRun | None:
    """The run of the weeks up to `week`, brought up to date by asking its own question again; None without any case.

    The question is that of the run cited by the week's last edition, else of the week's newest run, else the default one.
    A run over a domain from a file cannot be asked again, so it is taken as it is.
    """
    edition = WeeklyReport.objects.filter(week=week).exclude(run=None).order_by("-edition").select_related("run").first()
    known = edition.run if edition else _automatic(week) or latest_run(week)
    if known is None:
        kind, asked = "default", {}
    elif known.domain_kind == "file":
        return known
    else:
        kind, asked = known.domain_kind, known.parameters.get("asked", {})
    try:
        return refresh(
            week, Domain(kind), resolution=asked.get("resolution"), window=asked.get("window"), alpha=asked.get("alpha", 0.05)
        )
    except NothingToAnalyse:
        return None


def _automatic(week: date) -> HotspotRun | None:
    """The week's newest run of the default question, whatever an analyst tried out besides."""
    asked = {"parameters__asked__resolution": None, "parameters__asked__window": None}
    return HotspotRun.objects.defer("domain").filter(until=week, domain_kind="default", **asked).order_by("-id").first()
