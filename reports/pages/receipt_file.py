"""A receipt to take along: a file that opens without a network, and a QR code that another phone can read."""

from __future__ import annotations

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from reports.models import Report
from reports.progress import Progress, public_place


def qr_drawing(address: str) -> SafeString:
    """An address as a QR code, an SVG without a size of its own: as large as its box. About 2 KB."""
    drawing = segno.make(address, error="m").svg_inline(border=2, omitsize=True, light="#fff", svgclass=None, lineclass=None)
    return mark_safe(drawing)  # made of figures alone


def receipt_file(request: HttpRequest, report: Report, progress: Progress, url: str, secret_url: str = "") -> HttpResponse:
    """The receipt as a small HTML file that needs nothing else. secret_url: for the reporter alone, else empty."""
    context = {
        "code": report.code, "progress": progress, "place": public_place(report), "url": url, "secret_url": secret_url,
        "qr": qr_drawing(url), "city": settings.CITY, "received_at": report.received_at,
    }  # fmt: skip
    response = HttpResponse(render_to_string("resident/receipt_file.html", context, request))
    response["Content-Disposition"] = f'attachment; filename="{settings.CITY.receipt_prefix}-{report.code}.html"'
    return response
