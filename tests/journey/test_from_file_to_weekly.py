"""The whole way of the data on real input: a file becomes reports, cases, tested hotspots, and a line in the weekly file.

On the 22,156 real reports of the shared data where they are, and always on a small invented file.
"""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
from django.core.management import call_command

from analytics.models import Hotspot, HotspotRun
from reports.models import Case, Report
from tests.conftest import shared

COLUMNS = ("--lon", "X", "--lat", "Y", "--time", "T", "--days-since", "2024-01-01")
SMALL = Path(__file__).parent / "dumping_2024.csv"


@pytest.fixture(params=["invented", "real"])
def file(request):
    return SMALL if request.param == "invented" else shared("reports/philadelphia_dumping_2024.csv")


def lines(path) -> int:
    with open(path, newline="") as source:
        return sum(1 for _ in csv.reader(source)) - 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_file_of_reports_becomes_hotspots_and_a_week_and_analyse_agrees_with_the_database(file, tmp_path):
    call_command("import_reports", str(file), *COLUMNS, "--anywhere")
    assert Report.objects.count() == lines(file)
    assert not Report.objects.unprocessed().exists(), "the import groups what it brought"
    assert not Report.objects.filter(case=None).exists()

    call_command("import_reports", str(file), *COLUMNS, "--anywhere")
    assert Report.objects.count() == lines(file), "a second run changes nothing"

    call_command("refresh_hotspots", "--until", "2024-W52", "--domain", "data")
    run = HotspotRun.objects.get()
    assert run.hot > 0
    assert Hotspot.objects.filter(run=run, hot=True).count() == run.hot

    out = tmp_path / "cells.csv"
    call_command("analyse", str(file), *COLUMNS, "--until", "2024-W52", "--domain", "data", "--out", str(out))
    table = pd.read_csv(out).sort_values("cell", ignore_index=True)
    rows = pd.DataFrame(Hotspot.objects.filter(run=run).values("cell", "observed", "expected", "ratio", "p", "q", "gi_star", "hot"))
    rows["cell"] = [f"{cell:x}" for cell in rows["cell"]]
    rows = rows.sort_values("cell", ignore_index=True)
    both = table.merge(rows, on="cell", suffixes=("", "_db"))
    assert len(both) == len(rows), "the same cells"
    assert (both["observed"] == both["observed_db"]).all()
    for column in ("expected", "ratio", "p", "q", "gi_star"):
        np.testing.assert_allclose(both[column], both[f"{column}_db"], rtol=1e-9, atol=1e-12, err_msg=column)
    assert set(table.loc[table["hot"], "cell"]) == set(rows.loc[rows["hot"], "cell"])

    week = tmp_path / "week"
    call_command("export_week", "2024-W50", "--out", str(week))
    names = sorted(path.suffix for path in week.iterdir())
    assert {".csv", ".gpkg", ".xlsx"} <= set(names)
    book = pd.ExcelFile(next(week.glob("*.xlsx")))
    hotspots = pyogrio.read_dataframe(next(week.glob("*.gpkg")), layer="hotspots")
    assert len(hotspots) > 0
    assert any(len(book.parse(sheet)) >= len(hotspots) for sheet in book.sheet_names)


@pytest.mark.django_db(transaction=True)
def test_the_invented_sources_are_found_and_nothing_else_is(tmp_path):
    """The small file has three known sources; hot cells lie at them."""
    call_command("import_reports", str(SMALL), *COLUMNS, "--anywhere")
    call_command("refresh_hotspots", "--until", "2024-W52", "--domain", "data")
    import h3

    sources = ((-20.285, 30.115), (-20.271, 30.127), (-20.291, 30.131))
    hot = [h3.cell_to_latlng(f"{cell:x}") for cell in Hotspot.objects.filter(hot=True).values_list("cell", flat=True)]
    assert hot
    far = [point for point in hot if min(h3.great_circle_distance(point, source, unit="m") for source in sources) > 1200]
    assert len(far) <= len(hot) * 0.05
    assert Case.objects.count() < Report.objects.count(), "reports of the same pile share a case"
