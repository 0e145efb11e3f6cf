"""Help pages: the law cited right, the figures those of the code, every link leading somewhere, in every language and city."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from citylab.cities.complaints import Complaints
from citylab.cities.pack import city_pack
from citylab.cities.page_texts import read_page_texts
from citylab.permissions import ACCESS, Audience
from citylab.templatetags.search_engines import LISTED
from reports import drafts, periods
from reports.follow_up.requests import WORKING_DAYS

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
PAGES = ("privacy", "sorting", "help", "accessibility", "about")
EVERY_PAGE = pytest.mark.parametrize("name", PAGES)
EVERY_LANGUAGE = pytest.mark.parametrize("language", ["vi", "en"])


def address(name: str, language: str = "vi") -> str:
    with override(language):
        return reverse(name)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def page(client):
    """The HTML of a help page: `page("privacy", "en")`."""
    return lambda name, language="vi": client.get(address(name, language)).content.decode()


@EVERY_PAGE
@EVERY_LANGUAGE
def test_a_page_answers_and_every_link_on_it_leads_somewhere(client, page, name, language):
    html = page(name, language)
    assert f'<html lang="{language}">' in html and html.count("<h1") == 1
    for link in set(re.findall(r'<a [^>]*href="(/[^"]*)"', html)):
        assert client.get(link.replace("&amp;", "&")).status_code in (200, 302), link
    for anchor in re.findall(r'href="#([^"]+)"', html):
        assert f'id="{anchor}"' in html, anchor


@EVERY_PAGE
def test_the_vietnamese_page_is_vietnamese_and_addresses_nobody(page, name):
    main = words(page(name).split("<main")[1].split("</main>")[0])
    english = re.findall(r"\b(?:the|and|with|your|is|are|when|which)\b", main)
    assert english == []
    assert not re.search(r"\b(?:bạn|quý vị|của mình)\b", main, re.I)


@EVERY_PAGE
def test_sentences_are_short(page, name):
    for sentence in re.split(r"(?<=[.!?:])\s", words(re.sub(r"</(?:li|dt|dd|h\d|p)>", ". ", page(name).split("<main")[1].split("</main>")[0]))):
        assert len(sentence.split()) <= 40, sentence


@EVERY_LANGUAGE
def test_the_law_in_force_is_cited_and_the_one_that_it_replaced_is_not(page, language):
    text = words(page("privacy", language))
    assert "91/2025/QH15" in text and "356/2025/NĐ-CP" in text
    assert not re.search(r"\b13/2023", text)


def test_nothing_that_people_read_cites_the_old_decree():
    files = [*ROOT.glob("citylab/templates/**/*.html"), *ROOT.glob("citylab/cities/**/*.toml"), *ROOT.glob("citylab/locale/**/*.po"), *ROOT.glob("docs/*.md")]
    assert [str(path) for path in files if "13/2023" in path.read_text("utf-8")] == []


def test_how_long_things_are_kept_is_what_the_code_does(page, monkeypatch):
    def told(html: str) -> dict[str, str]:
        return {words(term): words(said) for term, said in re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", html, re.S)}

    kept = told(page("privacy", "en"))
    figures = {
        "Photo as it was sent": periods.ORIGINAL_DAYS, "Voice note": periods.VOICE_DAYS, "Phone number, e-mail": periods.CONTACT_DAYS,
        "Mark of the phone": periods.DEVICE_DAYS, "Request about data": periods.REQUEST_DAYS, "Report that was begun and not sent": drafts.HOURS,
    }  # fmt: skip
    assert {name: int(re.search(r"\d+", kept[name])[0]) for name in figures} == figures
    # Two of them are the same number today: other numbers show that each stands where it belongs.
    for number, name in enumerate(("ORIGINAL_DAYS", "VOICE_DAYS", "CONTACT_DAYS", "DEVICE_DAYS", "REQUEST_DAYS"), 71):
        monkeypatch.setattr(periods, name, number)
    again = told(page("privacy", "en"))
    assert [int(re.search(r"\d+", again[name])[0]) for name in figures] == [71, 72, 73, 74, 75, drafts.HOURS]


@EVERY_LANGUAGE
def test_the_rights_name_the_first_answer_and_the_place_to_ask(page, language):
    html = page("privacy", language)
    rights = html.split('id="rights"')[1].split("</section>")[0]
    assert f"{WORKING_DAYS} " in words(rights)
    assert address("my-data", language) in rights


def test_fines_carry_their_source_and_a_warning(page):
    html = page("sorting")
    fines = next(part for part in html.split("<section>") if "500.000" in part)
    assert "Nguồn:" in fines and "45/2022" in fines and "Có thể đã thay đổi" in fines


def test_help_names_the_apps_and_what_waiting_means(page):
    text = words(page("help"))
    for expected in ("Zalo", "Facebook", "Chưa có mạng", "Chrome", "Safari"):
        assert expected in text


def test_no_help_page_sets_a_cookie_or_names_another_host(client):
    for name in PAGES:
        answer = client.get(address(name))
        assert not answer.cookies
        assert re.findall(r'(?:src|href)="(?:https?:)?//(?!localhost)[^"]*"', answer.content.decode()) == []


@EVERY_PAGE
def test_another_city_says_its_own_words_and_none_of_this_one(client, second_city, settings, name):
    settings.CITY, settings.LANGUAGE_CODE, settings.LANGUAGES = second_city, "es", [("es", "Español"), ("en", "English")]
    text = words(client.get(address(name, "en")).content.decode())
    assert "Puerto Ceibal" in text
    for foreign in ("Đà Nẵng", "Da Nang", "Zalo", "1022", "91/2025", "Vietnam", "UNDP"):
        assert foreign not in text, foreign
    if name == "sorting":
        assert "Invented ordinance 7" in text


def test_a_city_without_texts_says_so(client, tmp_path, settings):
    from dataclasses import replace

    settings.CITY = replace(settings.CITY, pages=read_page_texts(tmp_path / "pages.toml", Complaints()))
    assert "not known here yet" in client.get("/en/sorting/").content.decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[section]", "file"), ('[[note]]\nx = 1', "note"), ('[[section]]\npage = "privacy"\ntitle = "A"', "title_en"),
        ('[[section]]\npage = "news"\ntitle = "A"\ntitle_en = "A"', "page"), ('[[section]]\npage = "help"\ntitle = "A"\ntitle_en = "A"\ntext = ["x"]', "English"),
        ('[[section]]\npage = "help"\ntitle = "A"\ntitle_en = "A"\nunsure = "yes"', "unsure"), ('[[section]]\npage = "help"\ntitle = "A"\ntitle_en = "A"\nsource = "x"', "source"),
        ('[[app]]\nname = "Zalo"', "leave"), ('[[app]]\nname = "Zalo"\nleave = "x"\nleave_en = "y"\nlogo = "z"', "logo"),
    ],
)  # fmt: skip
def test_texts_that_cannot_be_used_are_complained_of_with_file_and_line(tmp_path, text, said):
    path = tmp_path / "pages.toml"
    path.write_text(text, "utf-8")
    complaints = Complaints()
    read_page_texts(path, complaints)
    assert complaints.sentences and said in " ".join(complaints.sentences) and "pages.toml" in complaints.sentences[0]


# --- languages and search engines ------------------------------------------------------------------
def test_the_switch_of_language_keeps_the_page_and_its_query(client):
    html = client.get("/en/map/?status=open&page=2").content.decode()
    assert 'href="/ban-do/?status=open&amp;page=2"' in html
    back = client.get("/ban-do/?status=open&page=2").content.decode()
    assert 'href="/en/map/?status=open&amp;page=2"' in back


@pytest.mark.parametrize("name", sorted(LISTED - {"unit", "spot"}))
def test_a_listed_page_names_its_one_address_and_its_other_languages(client, name):
    html = client.get(address(name, "en") + "?x=1").content.decode()
    assert f'<link rel="canonical" href="{settings.SITE_URL}{address(name, "en")}">' in html
    for code, target in (("vi", "vi"), ("en", "en"), ("x-default", "vi")):
        assert f'<link rel="alternate" hreflang="{code}" href="{settings.SITE_URL}{address(name, target)}">' in html
    assert 20 < len(re.search(r'<meta name="description" content="([^"]+)">', html)[1]) <= 170
    assert "noindex" not in html


def test_what_carries_a_secret_or_is_for_one_phone_is_not_listed(client, report):
    mine = report()
    for path in (f"/p/{mine.code}/", address("mine"), address("waiting"), address("my-data")):
        html = client.get(path).content.decode()
        assert "canonical" not in html and "noindex" in html, path
    assert all(ACCESS[name] == Audience.PUBLIC for name in LISTED)


def test_the_sitemap_lists_every_page_that_answers_in_each_language(client, two_areas):
    answer = client.get("/sitemap.xml")
    assert answer["Content-Type"].startswith("application/xml")
    tree = ET.fromstring(answer.content)
    locations = [node.text for node in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert len(locations) == len(set(locations)) >= 2 * (10 + 2)
    for location in locations:
        assert client.get(location.removeprefix(settings.SITE_URL)).status_code == 200, location


def test_robots_txt_names_the_sitemap_and_keeps_crawlers_out_of_the_desk(client):
    answer = client.get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    text = answer.content.decode()
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in text
    assert f"Disallow: {address('staff-home')}" in text and f"Disallow: {address('staff-home', 'en')}" in text
    assert "Disallow: /p/" not in text  # a page that says noindex must be open to be read


def test_the_shipped_texts_are_complete():
    assert {section.page for section in city_pack().pages.sections} >= {"privacy", "sorting", "help", "about"}
