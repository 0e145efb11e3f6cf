"""What the server gives for the things that a phone keeps: the pages, the service worker, the manifest."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils import translation

from reports.pages.mine import shell_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(client):
    response = client.get("/sw.js")
    shell = json.loads(re.match(r"self\.SHELL = (\{.*?\});\n", response.content.decode())[1])
    return response, shell


@pytest.mark.parametrize("path", ["/cua-toi/", "/cho-gui/", "/khong-mang/", "/en/my-reports/", "/en/waiting/", "/en/offline/"])
def test_the_pages_open_without_cookie_and_are_not_for_search_engines(client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert not response.cookies
    assert '<meta name="robots" content="noindex">' in response.content.decode()


def test_without_javascript_the_list_says_how_to_keep_a_receipt_and_asks_for_a_code(client):
    page = client.get("/cua-toi/").content.decode()
    assert "Mỗi biên nhận có một link riêng." in page
    assert 'action="/" method="get"' in page and 'name="code"' in page


def test_the_worker_is_asked_for_anew_each_time_and_may_serve_the_whole_site(worker):
    response, _shell = worker
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Cache-Control"] == "no-cache"
    assert response["Service-Worker-Allowed"] == "/"
    assert "worker-src 'self'" in response["Content-Security-Policy"]


def test_the_worker_keeps_the_report_page_of_every_language(worker):
    _response, shell = worker
    assert {"/bao/", "/en/report/", "/khong-mang/", "/en/offline/"} <= set(shell["first"])
    assert shell["offline"] == [["/en/", "/en/offline/"], ["/", "/khong-mang/"]]


def test_every_page_that_the_worker_keeps_opens_and_says_that_it_may_be_kept(client, worker):
    _response, shell = worker
    for address in {*shell["first"], *shell["pages"]}:
        response = client.get(address)
        assert response.status_code == 200, address
        assert "no-store" not in response.get("Cache-Control", ""), address


def test_the_worker_keeps_no_secret_page_no_api_and_leaves_staff_pages_alone(worker):
    _response, shell = worker
    named = shell["first"] + shell["pages"]
    for language in settings.CITY.languages:
        with translation.override(language):
            staff = reverse("staff-home")
            assert staff in shell["leave"]
            assert not [address for address in named if address.startswith((staff, "/api/", reverse("receipt", args=["X"])[:-2], "/photos/"))]


def test_the_worker_is_what_the_build_made(worker):
    response, _shell = worker
    built = finders.find("build/service_worker.js")
    assert built, "needs the built front end: node citylab/frontend/build.mjs"
    with open(built, encoding="utf-8") as file:
        assert response.content.decode().endswith(file.read())


def test_another_style_is_another_version_of_the_shell(settings, tmp_path):
    style = tmp_path / "citylab" / "static" / "css" / "resident.css"
    style.parent.mkdir(parents=True)
    settings.BASE_DIR = tmp_path
    versions = set()
    for text in ("a {}", "b {}", "a {}"):
        style.write_text(text)
        shell_version.cache_clear()
        versions.add(shell_version())
    shell_version.cache_clear()
    assert len(versions) == 2


@pytest.mark.parametrize(("language", "name", "start"), [("vi", "Báo rác", "/"), ("en", "Report waste", "/en/")])
def test_the_manifest_speaks_the_language_of_the_phone(client, language, name, start):
    response = client.get("/manifest.webmanifest", headers={"Accept-Language": language})
    manifest = response.json()
    assert response["Content-Type"] == "application/manifest+json"
    assert "Accept-Language" in response["Vary"]
    assert (manifest["short_name"], manifest["start_url"], manifest["lang"]) == (name, start, language)


def test_every_icon_of_the_manifest_exists_in_the_size_it_says(client):
    from PIL import Image

    for icon in client.get("/manifest.webmanifest").json()["icons"]:
        path = finders.find(icon["src"].removeprefix(settings.STATIC_URL))
        assert path, icon
        if icon["sizes"] != "any":
            assert "x".join(map(str, Image.open(path).size)) == icon["sizes"]


