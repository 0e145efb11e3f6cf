"""Every text of the code has its Vietnamese, and the Vietnamese is written as the design says."""

import ast
import re
import unicodedata
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "citylab" / "locale" / "vi" / "LC_MESSAGES" / "django.po"
FUNCTIONS = {"_": 0, "gettext": 0, "gettext_lazy": 0, "ngettext": 0, "ngettext_lazy": 0, "pgettext": 1, "pgettext_lazy": 1}
QUOTED = r"""(?:u?'((?:[^'\\]|\\.)*)'|u?"((?:[^"\\]|\\.)*)")"""


def entries() -> dict[str, str]:
    """Texts of the catalogue by msgid; plural forms by their singular."""
    found = {}
    for block in CATALOGUE.read_text("utf-8").split("\n\n")[1:]:
        parts = {"msgid": "", "msgstr": ""}
        key = ""
        for line in block.splitlines():
            if match := re.match(r'(msgid|msgstr)(?:\[0\])? "', line):
                key = match[1]
            elif line.startswith(("msgid_plural", "msgctxt", "#")):
                key = ""
            if key and (text := re.search(r'"(.*)"$', line)):
                parts[key] += ast.literal_eval(f'"{text[1]}"')
        found[parts["msgid"]] = parts["msgstr"]
    return found


def texts_of_python() -> set[str]:
    found = set()
    for room in ("citylab", "reports", "analytics"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
                    place = FUNCTIONS[node.func.id]
                    if len(node.args) > place and isinstance(node.args[place], ast.Constant) and isinstance(node.args[place].value, str):
                        found.add(node.args[place].value)
    return found


def texts_of_templates() -> set[str]:
    found = set()
    for path in (ROOT / "citylab" / "templates").rglob("*.html"):
        source = templatize(path.read_text("utf-8"))
        for match in re.finditer(rf"\b(n?gettext|pgettext)\({QUOTED}(?:, {QUOTED})?", source):
            first, second = match[2] or match[3], match[4] or match[5]
            found.add(ast.literal_eval(f'"""{(second if match[1] == "pgettext" else first)}"""'))
    return found


def test_every_text_of_the_code_is_in_the_catalogue():
    assert sorted(texts_of_python() - set(entries())) == []


def test_every_text_of_the_templates_is_in_the_catalogue():
    assert len(texts_of_templates()) > 200
    assert sorted(texts_of_templates() - set(entries())) == []


def test_every_text_has_its_vietnamese():
    assert [msgid for msgid, text in entries().items() if not text] == []


def test_translations_keep_the_places_for_values():
    holes = re.compile(r"%\(\w+\)s|\{\w+\}|<\w+:\w+>")
    wrong = [msgid for msgid, text in entries().items() if set(holes.findall(msgid)) != set(holes.findall(text)) and "%(n)s" not in msgid + text]
    assert wrong == []


def test_vietnamese_is_composed_unicode():
    assert [text for text in entries().values() if text != unicodedata.normalize("NFC", text)] == []


@pytest.mark.parametrize("word", ["bạn", "quý khách", "quý vị", "anh/chị", "khiếu nại", "tố cáo", "đã đóng"])
def test_words_that_are_not_used(word):
    allowed = {"khi đóng"}
    assert [text for text in entries().values() if re.search(rf"\b{word}\b", text.lower()) and text not in allowed] == []
