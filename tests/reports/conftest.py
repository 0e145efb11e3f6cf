"""What the tests of reports share."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from citylab.cities.pack import city_pack
from reports.geography.city_load import load_city


@pytest.fixture
def invented(monkeypatch):
    """The invented city's pack, in force for this test: Spanish, southern, Monday to Saturday."""
    folder = Path(__file__).parents[1] / "cities" / "puerto_ceibal"
    monkeypatch.setenv("CITYLAB_CITY", str(folder))
    return city_pack()


@pytest.fixture
def second_city(invented, db):
    """The invented city loaded into the database."""
    load_city(invented)
    return invented


@pytest.fixture
def command():
    """Runs a management command: `command("load_areas", path)` → what it wrote to both streams."""

    def run(*arguments: object) -> str:
        out = StringIO()
        call_command(*map(str, arguments), stdout=out, stderr=out)
        return out.getvalue()

    return run
