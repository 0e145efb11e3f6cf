"""docs/addresses.md lists every address of the site, in the city's language and in English, with whom it is for."""

import re
from pathlib import Path

from django.urls import get_resolver
from django.utils import translation

from citylab.permissions import ACCESS

PAGE = Path(__file__).parents[2] / "docs" / "addresses.md"


def patterns(language: str) -> dict[str, str]:
    """Name → path with its parts in capitals, as people read it."""
    with translation.override(language):
        return {name: "/" + re.sub(r"%\((\w+)\)s", lambda part: part[1].upper(), pattern(name)) for name in ACCESS}


def pattern(name: str) -> str:
    """The path of a name, which may have a namespace, in the language in force; its arguments as %(argument)s."""
    namespace, _, last = name.rpartition(":")
    before, resolver = get_resolver().namespace_dict[namespace] if namespace else ("", get_resolver())
    return before.replace("\\-", "-") + resolver.reverse_dict.getlist(last)[0][0][0][0]


def table() -> list[str]:
    """The rows that the page has to have."""
    own, english = patterns("vi"), patterns("en")
    return [f"| `{own[name]}` | `{english[name]}` | {audience} |" for name, audience in ACCESS.items()]


def test_every_address_is_documented_and_every_documented_address_is_real():
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted(table())
