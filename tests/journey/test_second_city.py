"""The whole journey in an invented city of another language and hemisphere: nothing about the first city is in code."""

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.reliability.running_site import running_site, wait_until

pytestmark = pytest.mark.slow
PACK = Path(__file__).parents[1] / "cities" / "puerto_ceibal"


class Person:
    """A browser without JavaScript: cookies, pages, forms."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    @property
    def path(self) -> str:
        """Where the last answer led."""
        return urllib.parse.urlparse(self.at).path

    def get(self, path: str) -> str:
        with self.opener.open(self.url + path, timeout=20) as answer:
            self.at = answer.url
            return answer.read().decode("utf-8")

    def post(self, path: str, **fields: str) -> str:
        """Post a form as multipart, with the page's own hidden fields."""
        page = self.get(path)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        boundary, parts = uuid.uuid4().hex, []
        for name, value in {**hidden, **fields}.items():
            parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n')
        body = ("".join(parts) + f"--{boundary}--\r\n").encode()
        request = urllib.request.Request(
            self.url + path, body, {"Content-Type": f"multipart/form-data; boundary={boundary}", "Referer": self.url + path}
        )
        with self.opener.open(request, timeout=20) as answer:
            self.at = answer.url
            return answer.read().decode("utf-8")


@pytest.fixture(scope="module")
def site():
    with running_site(18432, city=str(PACK)) as site:
        yield site


@pytest.fixture(scope="module")
def resident(site):
    return Person(site.url)


@pytest.fixture(scope="module")
def administrator(site):
    link = site.manage("first_admin_link").strip()
    person = Person(site.url)
    person.post(urllib.parse.urlparse(link).path, username="ines", password1="arena blanca mar azul", password2="arena blanca mar azul")
    return person


def address(site, name: str) -> str:
    """The path of a page in the city's own language."""
    return site.manage(
        "shell", "--no-imports", "-c",
        "from django.conf import settings; from django.urls import reverse; from django.utils import translation; "
        f"translation.activate(settings.LANGUAGE_CODE); print(reverse({name!r}))",
    ).strip()  # fmt: skip


def report(site, lon: float, lat: float, **fields) -> dict:
    body = {
        "id": str(uuid.uuid4()), "location": {"type": "Point", "coordinates": [lon, lat]}, "location_source": "gps", "accuracy_m": 10,
        "observed_at": datetime.now(UTC).isoformat(), "problem": "litter", "waste_types": [], "amount": "bag",
        "description": "bolsas de plástico", "photos_expected": 0, "language": "es", **fields,
    }  # fmt: skip
    request = urllib.request.Request(f"{site.url}/api/v1/reports/", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def test_the_first_page_speaks_the_citys_language_and_gives_its_hotline(resident):
    page = resident.get("/")
    assert '<html lang="es"' in page
    assert "Puerto Ceibal" in page
    assert "1022" not in page
    assert "Nẵng" not in page


def test_a_resident_reports_by_the_plain_form_and_reads_the_receipt(site, resident):
    path = address(site, "report")
    assert f'href="{path}"' in resident.get("/")
    first = re.search(r'<form[^>]* action="([^"]+)"', resident.get(path))[1]
    resident.post(first, skip="1")
    option = re.search(r'<option value="([^"]+)"', resident.get(resident.path).split("<select", 1)[1].replace('value=""', ""))[1]
    resident.post(resident.path, area=option, where="junto al muelle")
    resident.post(resident.path, amount="bag")
    page = resident.post(resident.path, description="redes de pesca en la playa")
    assert re.search(r"PC\W+[0-9A-Z]{5}\W+[0-9A-Z]{5}", page), "the receipt shows the code with the city's own prefix"
    assert site.query("SELECT description, channel FROM reports_report") == [("Lugar: junto al muelle\nredes de pesca en la playa", "web")]


def test_reports_by_position_become_cases_with_area_body_and_the_citys_own_deadline(site):
    answer = report(site, -57.60, -34.95)
    assert answer["code"]
    assert wait_until(lambda: site.query("SELECT count(*) FROM reports_report WHERE processed_at IS NULL")[0][0] == 0, 60)
    area, body, opened, due = site.query(
        "SELECT a.name, b.name, c.opened_at, c.due_at FROM reports_case c JOIN reports_area a ON a.id = c.area_id "
        "LEFT JOIN reports_body b ON b.id = c.body_id WHERE c.location IS NOT NULL"
    )[0]
    assert area
    assert body
    assert timedelta(days=5) <= due - opened <= timedelta(days=13), "five working days here, not three"


def test_a_report_from_the_first_city_is_far_outside_here(site):
    with pytest.raises(urllib.error.HTTPError) as refused:
        report(site, 108.22, 16.06)
    assert refused.value.code == 400
    problem = json.load(refused.value)
    assert refused.value.headers["Content-Type"].startswith("application/problem+json")
    assert problem["errors"]


def test_weeks_hotspots_map_and_weekly_files_work_there(site, administrator, tmp_path):
    lines = ["lon,lat,time"]
    moment = datetime.now(UTC)
    for number in range(90):
        at = moment - timedelta(days=number % 28 + 1)
        lines.append(f"{-57.60 + number % 9 * 0.0005:.5f},{-34.95 + number // 9 * 0.0005:.5f},{at.isoformat()}")
    for number in range(60):
        at = moment - timedelta(days=number % 28 + 1)
        lines.append(f"{-57.63 + number % 10 * 0.006:.5f},{-34.97 + number // 10 * 0.007:.5f},{at.isoformat()}")
    file = tmp_path / "avisos.csv"
    file.write_text("\n".join(lines) + "\n")
    site.manage("import_reports", str(file), "--lon", "lon", "--lat", "lat", "--time", "time", "--anywhere")
    site.manage("refresh_hotspots")
    assert site.query("SELECT count(*) FROM analytics_hotspotrun")[0][0] >= 1
    week = (moment - timedelta(days=7)).strftime("%G-W%V")
    site.manage("export_week", week, "--out", str(tmp_path / "semana"))
    assert {path.suffix for path in (tmp_path / "semana").iterdir()} >= {".csv", ".xlsx", ".gpkg"}
    for name in ("staff-home", "hotspots", "blackspots", "cases", "weekly"):
        page = administrator.get(address(site, name))
        assert '<html lang="es"' in page
        assert "Nẵng" not in page
