"""From a file of reports to the map and the weekly files, as an analyst sees it; on real reports where they are."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from analytics.models import HotspotRun
from tests.journey.test_from_file_to_weekly import COLUMNS, file  # noqa: F401  the fixture: an invented and a real file

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_an_analyst_signs_in_sees_the_hotspots_of_the_file_opens_their_cases_and_takes_the_week_home(
    page, site, member, watched, file, tmp_path, picture  # noqa: F811
):
    call_command("import_reports", str(file), *COLUMNS, "--anywhere")
    call_command("refresh_hotspots", "--until", "2024-W52", "--domain", "data")
    call_command("export_week", "2024-W50", "--out", str(tmp_path))
    run = HotspotRun.objects.filter(until="2024-12-23").latest("id")
    member("analyst", "lan", first_name="Lan")
    watched(page)
    page.set_viewport_size({"width": 1280, "height": 800})

    page.goto(f"{site}/dieu-hanh/diem-nong/?week=2024-W52")
    expect(page).to_have_url(re.compile("dang-nhap"))
    page.fill("input[name=username]", "lan")
    page.fill("input[name=password]", "a long password")
    page.press("input[name=password]", "Enter")

    expect(page.locator("#map[data-idle=true]")).to_be_attached(timeout=60_000)
    best = run.rows.filter(hot=True).order_by("-observed", "q").first()
    rows = page.locator("#hotspots tbody tr")
    expect(rows).to_have_count(min(run.hot, 100))
    expect(rows.first.locator("td").nth(1)).to_have_text(str(best.observed))
    drawn = page.evaluate("window.map.queryRenderedFeatures({layers: ['heat']}).length")
    assert drawn > 0, "the map shows them"
    picture(page, "journey")

    page.set_viewport_size({"width": 1280, "height": 800})
    rows.first.locator("td").nth(1).locator("a").click()
    expect(page.locator("tbody tr")).to_have_count(best.observed)

    page.goto(f"{site}/dieu-hanh/bao-cao/")
    page.get_by_role("link", name=re.compile("50")).first.click()
    for kind in ("xlsx", "gpkg", "csv"):
        with page.expect_download() as download:
            page.locator(f"a[href$='.{kind}']").first.click()
        assert download.value.path().stat().st_size > 0
