"""What a page weighs on the way to a phone: requests and bytes, as a server with compression sends them."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field

import brotli


@dataclass
class Weight:
    """Everything that one page fetched. Sizes are bytes of compressed bodies: Brotli for files, gzip for pages."""

    parts: list[tuple[str, str, int]] = field(default_factory=list)  # address, kind, bytes

    @property
    def requests(self) -> int:
        return len(self.parts)

    @property
    def total(self) -> int:
        return sum(size for _, _, size in self.parts)

    def of(self, kind: str) -> int:
        return sum(size for _, found, size in self.parts if found == kind)

    def told(self) -> str:
        return "\n".join(f"{size:8} {kind:10} {url}" for url, kind, size in sorted(self.parts, key=lambda part: -part[2]))


def weigh(page, url: str, settle_ms: int = 500) -> Weight:
    """Open `url` on a fresh page and weigh what it fetches until nothing more comes."""
    answers = []
    page.on("response", lambda answer: answers.append(answer))  # a bare method is no handler to Playwright
    page.goto(url, wait_until="networkidle")
    page.wait_for_timeout(settle_ms)
    weight = Weight()
    for answer in answers:
        if answer.url.startswith(("data:", "blob:")) or 300 <= answer.status < 400:
            continue
        body = answer.body() if answer.status != 204 else b""
        kind = answer.request.resource_type
        weight.parts.append((answer.url, kind, _compressed(body, kind)))
    return weight


def _compressed(body: bytes, kind: str) -> int:
    if kind in ("script", "stylesheet"):
        return len(brotli.compress(body, quality=11))
    if kind in ("image", "font", "media") and body[:1] != b"<":
        return len(body)
    return len(gzip.compress(body, 6))
