"""Residents' pages on a cheap phone: what they weigh, how they score, and how long from photo to receipt.

The site is served as `bin/up` serves it, with a small lively city in it. Weights are what Chromium received, headers
included; Lighthouse simulates slow 4G and a processor four times slower; the scripted run applies the same to a real
Chromium, which taps its way from the first page to the receipt.

    bin/bench pages [--rounds 3] [--only NAME] [--no-lighthouse]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "bin"))
LIGHTHOUSE = Path(__file__).parent / "lighthouse"
FLAGS = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
# Lighthouse's slow 4G, as bytes a second and milliseconds; its processor is four times slower.
SLOW_4G = {"offline": False, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8, "latency": 150}
SLOWER = 4
KIB = 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench pages")
    parser.add_argument("--rounds", type=int, default=3, help="of Lighthouse and of the scripted run; medians are told")
    parser.add_argument("--only", default="", help="pages whose name contains this")
    parser.add_argument("--no-lighthouse", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as state:
        os.environ["CITYLAB_STATE"] = state
        pages = {name: path for name, path in prepare().items() if options.only in name}
        from tests.benchmarks.intake import served

        with served("citylab.wsgi:application") as port:
            base = f"http://127.0.0.1:{port}"
            found = {name: {"path": path} for name, path in pages.items()}
            for name, weight in weights(base, pages):
                found[name] |= weight
            if not options.no_lighthouse:
                for name, measured in scores(base, pages, options.rounds):
                    found[name] |= measured
            tell_pages(found)
            run = [photo_to_receipt(base) for _ in range(options.rounds)]
    tell(found, run)


def prepare() -> dict[str, str]:
    """Build the pages' files, fill the database; gives the addresses by name."""
    from stack.folders import Folders
    from stack.frontend import build_frontend

    build_frontend(Folders.of_checkout().make())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citylab.settings")
    os.environ["CITYLAB_ALLOWED_HOSTS"] = "localhost,127.0.0.1"
    import django
    from django.core.management import call_command
    from django.urls import reverse
    from django.utils import translation

    django.setup()
    call_command("collectstatic", interactive=False, verbosity=0)
    from tests.lively_city import fill
    from tests.resident_pages import resident_pages

    with translation.override("vi"):
        return resident_pages(fill(), reverse)


# --- weights ------------------------------------------------------------------------------------------
@contextmanager
def chromium() -> Iterator:
    from playwright.sync_api import sync_playwright

    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        try:
            yield browser
        finally:
            browser.close()


def weights(base: str, pages: dict[str, str]) -> Iterator[tuple[str, dict]]:
    """What each page costs with an empty cache: bytes as received, headers included."""
    with chromium() as browser:
        for name, path in pages.items():
            context = browser.new_context(viewport={"width": 360, "height": 780}, locale="vi-VN")
            page = context.new_page()
            devtools = context.new_cdp_session(page)
            devtools.send("Network.enable")
            kinds: dict[str, str] = {}
            sizes: dict[str, float] = {}
            devtools.on("Network.responseReceived", lambda event, kinds=kinds: kinds.update({event["requestId"]: event["type"]}))
            devtools.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.update({event["requestId"]: event["encodedDataLength"]}))
            page.goto(base + path, wait_until="networkidle")
            page.wait_for_timeout(500)
            scripts = sum(size for key, size in sizes.items() if kinds.get(key) == "Script")
            yield name, {"bytes": round(sum(sizes.values())), "script_bytes": round(scripts), "requests": len(sizes)}
            context.close()


# --- Lighthouse ---------------------------------------------------------------------------------------
def scores(base: str, pages: dict[str, str], rounds: int) -> Iterator[tuple[str, dict]]:
    """Medians of `rounds` runs for each page."""
    npm = str(ROOT / ".venv" / "bin")
    environment = os.environ | {"PATH": f"{npm}{os.pathsep}{os.environ['PATH']}", "CHROME_PATH": shutil.which("chromium") or ""}
    if not (LIGHTHOUSE / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=LIGHTHOUSE, env=environment, check=True, stdout=subprocess.DEVNULL)
    names = {base + path: name for name, path in pages.items()}
    runs: dict[str, list[dict]] = {name: [] for name in pages}
    for _round in range(rounds):
        done = subprocess.run(["node", "measure.mjs", *names], cwd=LIGHTHOUSE, env=environment, check=True, capture_output=True, text=True)
        for line in done.stdout.splitlines():
            measured = json.loads(line)
            runs[names[measured["url"]]].append(measured)
    for name, measured in runs.items():
        yield name, {
            "scores": {id_: min((run["scores"][id_] or 0) for run in measured) for id_ in ("accessibility", "best-practices", "seo")},
            "lcp_ms": _median(run["lcp_ms"] for run in measured),
            "tbt_ms": _median(run["tbt_ms"] for run in measured),
            "cls": max((round(run["cls"], 3) for run in measured if run["cls"] is not None), default=None),
            "errors": sorted({run["error"] for run in measured if run["error"]}),
            "failed": sorted({audit for run in measured for audit in run["failed"]}),
        }


def _median(values: Iterable[float | None]) -> int | None:
    """The median of those that could be measured; None when none could."""
    known = [value for value in values if value is not None]
    return round(statistics.median(known)) if known else None


# --- from photo to receipt ----------------------------------------------------------------------------
def photo_to_receipt(base: str) -> dict[str, float]:
    """Seconds from choosing the photo to the receipt on the screen, on slow 4G with a slower processor; and taps."""
    from tests.phone_journey import send_a_report
    from tests.photo_on_a_phone import photo_of

    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        photo.write_bytes(photo_of(4000, 3000))
        context = browser.new_context(
            viewport={"width": 360, "height": 780}, locale="vi-VN", has_touch=True, is_mobile=True, permissions=["geolocation"],
            geolocation={"latitude": 16.0605, "longitude": 108.2468, "accuracy": 12},
        )  # fmt: skip
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", SLOW_4G)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        began = time.monotonic()
        journey = send_a_report(page, base, photo)
        journey["with_first_page_s"] = round(time.monotonic() - began, 1)
        context.close()
    return journey


# --- telling ------------------------------------------------------------------------------------------
def tell_pages(found: dict[str, dict]) -> None:
    print(f"{'page':18}{'KB':>7}{'JS KB':>7}{'req':>5}{'LCP ms':>8}{'TBT':>6}{'CLS':>7}  a11y best seo  failed")
    for name, row in found.items():
        score = row.get("scores", {})
        told = " ".join(f"{score.get(id_, '-'):>4}" for id_ in ("accessibility", "best-practices", "seo"))
        print(
            f"{name:18}{row['bytes'] / KIB:7.1f}{row['script_bytes'] / KIB:7.1f}{row['requests']:5}{_shown(row, 'lcp_ms'):>8}"
            f"{_shown(row, 'tbt_ms'):>6}{_shown(row, 'cls'):>7}  {told}  {' '.join(row.get('failed', []) + row.get('errors', []))}"
        )


def tell(found: dict[str, dict], run: list[dict[str, float]]) -> None:
    print("photo to receipt:", "; ".join(f"{one['photo_to_code_s']} s to the code, {one['photo_to_sent_s']} s to the server's receipt, {one['taps']} taps" for one in run))
    print(json.dumps({"benchmark": "pages", "pages": found, "photo_to_receipt": run}))


def _shown(row: dict, name: str) -> object:
    return "-" if row.get(name) is None else row[name]


if __name__ == "__main__":
    main()
