"""Signs on paper: one large sign a page, or six small ones, as a PDF with the QR codes as drawings.

WeasyPrint sets the pages. It may fetch nothing: neither a file nor an address, only what stands in the page itself.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from reports.models import Sign
from reports.signs.known import address_of

LAYOUTS = ("large", "small")
SMALL_A_PAGE = 6
MOST_SIGNS = 60  # of one file: some ten seconds of work
LONG_NAME = 48  # letters; two lines of the large sign
QUIET = 4  # modules of white around the code, as ISO/IEC 18004 asks


@dataclass(frozen=True)
class Printed:
    """One sign as the page needs it. `qr` is an SVG, `address` is for people who type."""

    name: str
    name_en: str
    code: str
    address: str
    qr: str

    @property
    def long(self) -> bool:
        """Whether its names need smaller letters."""
        return max(len(self.name), len(self.name_en)) > LONG_NAME


def sheet(signs: Sequence[Sign], layout: str = "large") -> bytes:
    """A PDF (A4) of these signs. The same signs give the same bytes.

    layout: "large", one sign a page, or "small", six a page to cut out. Raises ValueError for another.
    """
    from weasyprint import HTML  # half a second to load, which only this page of the site needs
    from weasyprint.urls import URLFetcher

    if layout not in LAYOUTS:
        raise ValueError(f"layout is “{layout}”; expected one of {', '.join(LAYOUTS)}.")
    printed = [_printed(sign) for sign in signs]
    pages = [printed[at : at + SMALL_A_PAGE] for at in range(0, len(printed), SMALL_A_PAGE)] if layout == "small" else [[each] for each in printed]
    with override(settings.LANGUAGE_CODE):
        html = render_to_string("print/sign.html", {"pages": pages, "layout": layout, "city": settings.CITY})
    # PDF names a file by a number of its own; by default by chance.
    identifier = hashlib.sha256(html.encode()).digest()[:16]
    return HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=("data",))).write_pdf(pdf_identifier=identifier)


def qr_svg(text: str) -> str:
    """The QR code of a text as an SVG with its quiet zone. A quarter of it may be scratched."""
    out = io.BytesIO()
    code = segno.make(text, error="q", micro=False, boost_error=True)
    code.save(out, kind="svg", border=QUIET, xmldecl=False, svgns=True, omitsize=True, svgclass=None, lineclass=None, dark="#000")
    return out.getvalue().decode()


def _printed(sign: Sign) -> Printed:
    address = address_of(sign)
    code = f"{sign.code[:3]} {sign.code[3:]}"
    return Printed(sign.name, sign.name_en, code, address.removeprefix("https://").removeprefix("http://").rstrip("/"), qr_svg(address))
