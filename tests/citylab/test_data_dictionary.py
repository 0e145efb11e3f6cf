"""The data dictionary has a line for each column of each table of ours, and no other."""

import re
from pathlib import Path

from django.apps import apps

DICTIONARY = Path(__file__).parents[2] / "docs" / "data-dictionary.md"


def documented() -> dict[str, set[str]]:
    tables: dict[str, set[str]] = {}
    table = ""
    for line in DICTIONARY.read_text("utf-8").splitlines():
        if heading := re.match(r"## (\w+)", line):
            table = heading[1]
            tables[table] = set()
        elif row := re.match(r"\| `(\w+)` \|", line):
            tables[table].add(row[1])
    return tables


def actual() -> dict[str, set[str]]:
    return {
        model._meta.db_table: {field.column for field in model._meta.concrete_fields}
        for name in ("citylab", "reports", "analytics")
        for model in apps.get_app_config(name).get_models()
        if not model._meta.proxy  # its table is another app's
    }


def test_every_table_and_column_has_a_line_and_every_line_a_column():
    assert documented() == actual()
