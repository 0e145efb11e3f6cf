"""The work order of a team and a day on paper: a list in walking order, a drawn map, and the crew's link as a QR code.

WeasyPrint sets the pages. It may fetch nothing: neither a file nor an address, only what stands in the page itself.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from reports.crews.day_plan import DONE, Round
from reports.crews.route_map import route_map
from reports.signs.sheet import qr_svg


def work_order(round_: Round, day: date, address: str, expires_at: datetime) -> bytes:
    """A PDF (A4) in the city's language. address: the crew's link; expires_at: until when it opens its page."""
    from weasyprint import HTML  # half a second to load, which only pages with a PDF need
    from weasyprint.urls import URLFetcher

    with override(settings.LANGUAGE_CODE):
        html = render_to_string("print/work_order.html", _context(round_, day, address, expires_at))
    identifier = hashlib.sha256(html.encode()).digest()[:16]
    pdf: bytes = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=("data",))).write_pdf(pdf_identifier=identifier)
    return pdf


def _context(round_: Round, day: date, address: str, expires_at: datetime) -> dict[str, object]:
    drawn = [case for case in round_.cases if case.location]
    return {
        "round": round_, "team": round_.team, "day": day, "cases": round_.cases, "city": settings.CITY,
        "map": route_map([case.location.x for case in drawn], [case.location.y for case in drawn], [case.number for case in drawn], [case.status in DONE for case in drawn]),
        "qr": qr_svg(address), "address": address, "expires_at": expires_at, "now": timezone.now(), "done": DONE,
    }  # fmt: skip
