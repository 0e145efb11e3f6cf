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
        resolver = get_resolver()
        return {
            name: "/" + re.sub(r"%\((\w+)\)s", lambda part: part[1].upper(), resolver.reverse_dict.getlist(name)[0][0][0][0])
            for name in ACCESS
        }


def table() -> list[str]:
    """The rows that the page has to have."""
    own, english = patterns("vi"), patterns("en")
    return [f"| `{own[name]}` | `{english[name]}` | {audience} |" for name, audience in ACCESS.items()]


def test_every_address_is_documented_and_every_documented_address_is_real():
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted(table())
