"""Every page that a resident can open, by name, in a lively city: one list for the crawl, the budgets and the benchmark."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from reports import drafts
from reports.notifications.links import ANSWER, STOP, token_for
from tests.lively_city import LivelyCity

# Kinds of page by their budget.
STEPS = ("home", "report", "report-place", "report-kind", "report-send")
RECEIPTS = ("receipt", "receipt-cleaned", "receipt-secret", "spot", "spot-cleaned")


def resident_pages(city: LivelyCity, reverse: Callable[..., str]) -> dict[str, str]:
    """Name → path. Addresses are asked for in the active language."""
    draft = uuid.uuid4()
    with drafts.writing(draft) as (row, _begun):
        drafts.write(row, {"area": city.cases["new"].area.code, "description": "Túi ni lông bên kè đá"})
    code, token = city.secret("cleaned")
    return {
        "home": reverse("home"),
        "report": reverse("report"),
        "report-place": reverse("report-place", args=[draft]),
        "report-kind": reverse("report-kind", args=[draft]),
        "report-send": reverse("report-send", args=[draft]),
        "receipt": reverse("receipt", args=[city.reports["new"].code]),
        "receipt-cleaned": reverse("receipt", args=[city.reports["cleaned"].code]),
        "receipt-refused": reverse("receipt", args=[city.reports["refused"].code]),
        "receipt-secret": reverse("receipt-secret", args=[code, token]),
        "spot": reverse("spot", args=[city.cases["confirmed"].code]),
        "spot-cleaned": reverse("spot", args=[city.cases["verified"].code]),
        "stop-messages": reverse("stop-messages", args=[code, token_for(STOP, city.reports["cleaned"].uuid)]),
        "clean-answer": reverse("clean-answer", args=[code, token_for(ANSWER, city.reports["cleaned"].uuid)]),
        "my-data": reverse("my-data"),
        "mine": reverse("mine"),
        "waiting": reverse("waiting"),
        "offline": reverse("offline"),
        "city-map": reverse("city-map"),
        "units": reverse("units"),
        "figures": reverse("figures"),
        "sign": reverse("sign", args=[city.sign.code]),
        "privacy": reverse("privacy"),
        "sorting": reverse("sorting"),
        "help": reverse("help"),
        "accessibility": reverse("accessibility"),
        "about": reverse("about"),
    }
