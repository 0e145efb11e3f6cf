"""What holds for every page that a resident can open: its weight, its accessibility, its content policy, its two sizes."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import translation

from tests.lively_city import fill
from tests.page_weight import weigh
from tests.resident_pages import RECEIPTS, STEPS, resident_pages

pytestmark = pytest.mark.django_db(transaction=True)

KIB = 1024
NARROW = {"width": 320, "height": 640}
# Kind of page → most bytes in all, most bytes of script, most requests.
BUDGETS = {"step": (60 * KIB, 25 * KIB, 6), "receipt": (110 * KIB, 25 * KIB, None), "map": (600 * KIB, None, None), "other": (60 * KIB, 25 * KIB, 6)}
SMALLEST_TARGET = 44  # px that a finger must find; ours are 48, less what a border takes
NAMES = (
    "home", "report", "report-place", "report-kind", "report-send", "receipt", "receipt-cleaned", "receipt-refused", "receipt-secret", "spot",
    "spot-cleaned", "stop-messages", "clean-answer", "my-data", "mine", "waiting", "offline", "city-map", "units", "figures", "sign", "privacy", "sorting", "help", "accessibility", "about",
)  # fmt: skip


@pytest.fixture
def pages(site):
    """Name → path in Vietnamese, in a lively city."""
    call_command("load_city", verbosity=0)
    with translation.override("vi"):
        return resident_pages(fill(), reverse)


def test_the_list_of_pages_is_complete(pages):
    assert set(pages) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_accessible_keeps_the_content_policy_and_asks_no_other_host(name, site, pages, page, watched, accessible, picture):
    page.add_init_script("addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective, e.blockedURI))")
    watched(page)
    page.goto(site + pages[name], wait_until="networkidle")
    accessible(page)
    assert page.title() and page.locator("h1:visible").count() == 1
    picture(page, f"page-{name}")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_keeps_its_budget(name, site, pages, page):
    kind = "step" if name in STEPS else "receipt" if name in RECEIPTS else "map" if name == "city-map" else "other"
    most, most_script, most_requests = BUDGETS[kind]
    weight = weigh(page, site + pages[name])
    assert weight.total <= most, weight.told()
    assert most_script is None or weight.of("script") <= most_script, weight.told()
    assert most_requests is None or weight.requests <= most_requests, weight.told()
    assert weight.of("font") == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_a_narrow_phone_and_text_of_double_size(name, site, pages, page):
    page.set_viewport_size(NARROW)
    page.goto(site + pages[name], wait_until="networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], "320 px"
    page.set_viewport_size({"width": 360, "height": 780})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, "text of double size"


@pytest.mark.parametrize("name", NAMES)
def test_what_a_finger_has_to_find_is_large_enough(name, site, pages, page):
    page.goto(site + pages[name], wait_until="networkidle")
    small = page.evaluate(
        """least => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
            .filter(e => e.checkVisibility({opacityProperty: false, visibilityProperty: true}))
            .map(e => [e, (e.closest('label') || e).getBoundingClientRect()])
            .filter(([e, r]) => r.width > 1 && r.height > 1 && r.bottom > 0 && Math.max(r.height, 0) < least && !(e.tagName === 'A' && getComputedStyle(e).display === 'inline'))
            .map(([e, r]) => `${e.tagName} ${(e.textContent || e.name || '').trim().slice(0, 30)} ${Math.round(r.width)}×${Math.round(r.height)}`)""",
        SMALLEST_TARGET,
    )
    assert small == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_exists_in_english_and_says_so(name, site, pages, page):
    page.goto(site + pages[name])
    page.goto(urljoin(page.url, page.locator("link[rel=alternate][hreflang=en], a[hreflang=en]").first.get_attribute("href")))
    assert page.locator("html").get_attribute("lang") == "en"
    vietnamese_only = set("ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ")
    headings = " ".join(page.locator("h1:not(.place-name, #place-words), h2, button").all_inner_texts()).lower()
    assert not vietnamese_only & set(headings.replace("đà nẵng", "")), headings
