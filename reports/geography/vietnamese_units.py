"""Units of a Vietnamese province as rows, from the data files of the package `vietnamadminunits`.

The files are read directly: importing the package loads its address parsers, which takes half a second and is not needed.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from reports.geography.approximations import UnitRow

PACKAGE = "vietnamadminunits"

UNITS = """
    SELECT wardCode, wardShort, ward, wardType, wardKey, wardLon, wardLat, wardAreaKm2
    FROM admin_units WHERE provinceKey = ? AND wardCode IS NOT NULL ORDER BY wardCode
"""
FORMER = (
    "SELECT provinceKey || '_' || districtKey || '_' || coalesce(wardKey, ''), ward, district FROM admin_units_legacy"
)


def units_of_province(province: str, kinds: Mapping[str, str]) -> list[UnitRow]:
    """All units of today of the province with this key, with the names of the units they were made of as aliases.

    kinds: area kind by the word a full name begins with, such as {"Phường": "ward"}.
    Raises ValueError when the package knows no such province or a kind is not named.
    """
    folder = Path(find_spec(PACKAGE).submodule_search_locations[0]) / "data"
    with closing(sqlite3.connect(f"file:{folder / 'dataset.db'}?mode=ro", uri=True)) as database:
        rows = database.execute(UNITS, [province]).fetchall()
        former = {key: (ward, district) for key, ward, district in database.execute(FORMER)}
    if not rows:
        raise ValueError(f"The package {PACKAGE} knows no province with the key “{province}”.")
    unknown = {row[3] for row in rows} - kinds.keys()
    if unknown:
        raise ValueError(f"The city pack names no kind of area with the prefix “{sorted(unknown)[0]}”.")
    made_of = former_units(folder / "converter_2025.json", province)
    return [
        UnitRow(
            code=code,
            name=short,
            full_name=full,
            kind=kinds[word],
            lon=lon,
            lat=lat,
            km2=km2,
            aliases=tuple(dict.fromkeys(", ".join(filter(None, former[old])) for old in made_of[key] if old in former)),
        )
        for code, short, full, word, key, lon, lat, km2 in rows
    ]


def former_units(file: Path, province: str) -> dict[str, list[str]]:
    """Keys of the former units by the key of today's unit; a divided unit counts for each of its parts."""
    converter = json.loads(file.read_text(encoding="utf-8"))
    made_of: dict[str, list[str]] = defaultdict(list)
    for ward, olds in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].get(province, {}).items():
        made_of[ward].extend(olds)
    for old, parts in converter["DICT_PROVINCE_WARD_DIVIDED"].get(province, {}).items():
        for part in parts:
            made_of[part["newWardKey"]].append(old)
    return made_of
