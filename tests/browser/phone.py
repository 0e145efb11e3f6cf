"""The modules that keep things on the phone, put into an open page, so that a test can call them by name: `kept.put(…)`."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "citylab" / "frontend" / "resident"
MODULES = ("outbox", "mine", "code", "in_app", "amend", "plural")


@cache
def modules() -> str:
    """All of them as one script that defines `kept`."""
    names = "".join(f'export * from "./{name}.js";' for name in MODULES) + 'export * as store from "./outbox_store.js";'
    done = subprocess.run(
        [str(ROOT / "node_modules" / ".bin" / "esbuild"), "--bundle", "--format=iife", "--global-name=kept", "--target=es2022"],
        input=names, cwd=FRONTEND, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.replace("var kept =", "globalThis.kept =", 1)


class Phone:
    """A page with the modules in it. The page itself is one without scripts, unless another is named."""

    def __init__(self, page, site: str, path: str = "/khong-mang/") -> None:
        self.page, self.site, self.path = page, site, path
        self.open()

    def open(self) -> None:
        self.page.goto(self.site + self.path)
        self.start()

    def start(self) -> None:
        """Put the modules into the page that is open, and note what they tell."""
        self.page.evaluate(modules())
        self.page.evaluate("globalThis.heard = []; document.addEventListener('outbox', (event) => heard.push(event.detail))")

    def put(self, photos: list[bytes] = (), voice: bytes | None = None, **members: object) -> str:
        """Keep a report as the last panel does; returns its id. `photos`: bytes of JPEG files."""
        report = {
            "id": str(uuid.uuid4()), "channel": "web", "language": "vi", "location": {"type": "Point", "coordinates": [108.205, 16.055]},
            "accuracy_m": 12, "location_source": "gps", "waste_types": [], "amount": "bag", "problem": "litter",
            "description": "túi ni lông", **members,
        }  # fmt: skip
        self.page.evaluate(
            """async ([report, photos, voice]) => {
                const blob = ([type, bytes]) => new Blob([Uint8Array.from(bytes)], {type});
                await kept.put({report, photos: photos.map(blob), voice: voice && blob(voice), words: "Gần bãi biển Mỹ Khê"});
            }""",
            [report, [["image/jpeg", list(photo)] for photo in photos], voice and ["audio/webm", list(voice)]],
        )
        return str(report["id"])

    def list(self) -> list[dict]:
        return self.page.evaluate("kept.list()")

    def mine(self) -> list[dict]:
        return self.page.evaluate("kept.all()")

    def heard(self, state: str) -> None:
        """Wait until the page has heard of this state."""
        self.wait(f"heard.some((detail) => detail.state === {json.dumps(state)})")

    def wait(self, question: str) -> None:
        """Ask again and again, for at most half a minute; nothing is timed, it only must come."""
        end = time.monotonic() + 30
        while not self.page.evaluate(question):  # wait_for_function is not allowed by the pages' content policy
            assert time.monotonic() < end, f"{question}: {self.page.evaluate('[heard, location.href]')}"
            self.page.wait_for_timeout(50)

    def tried(self, times: int = 1) -> dict:
        """Wait until the first item was tried that often in vain; returns it."""
        return self._until(f"(items) => items[0]?.tries >= {times}")[0]

    def emptied(self) -> None:
        """Wait until nothing waits any more."""
        self._until("(items) => items.length === 0")

    def until(self, state: str) -> dict:
        return self._until(f"(items) => items[0]?.state === {json.dumps(state)}")[0]

    def _until(self, question: str) -> list[dict]:
        """Wait until the list is so; returns it."""
        end = time.monotonic() + 30
        while True:
            items = self.list()
            if self.page.evaluate(question, items):
                return items
            assert time.monotonic() < end, f"{question}: {items}"
            self.page.wait_for_timeout(50)
