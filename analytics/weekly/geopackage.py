"""The GeoPackage of an edition: hotspots, cases and areas for a map, and the figures as a table without geometry."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas
import h3.api.basic_int as h3
import pandas as pd
import pyogrio
import shapely
from django.conf import settings

from analytics.weekly import sheets
from analytics.weekly.counts import COUNTS
from analytics.weekly.figures import Content
from analytics.weekly.tables import CASE_COLUMNS, HOTSPOT_COLUMNS
from reports.models import Area

WGS84 = "EPSG:4326"
AREA_COLUMNS = ("code", "name", "kind", "layer", "approximate", *COUNTS)
WHOLE = {"cases", "cell_reports", "observed", *COUNTS}
REAL = {"expected", "ratio", "p", "q", "gi_star", "longitude", "latitude", "value", "last_week_value", "four_week_mean", "new"}


def geopackage(content: Content) -> bytes:
    """The edition as GeoPackage. Names of columns are English, as programs want them; texts are in the active language."""
    hot = geopandas.GeoDataFrame(
        _frame(HOTSPOT_COLUMNS, sheets.hotspots(content).rows), geometry=[_hexagon(row["cell"]) for row in content.hotspots], crs=WGS84
    )
    layers: dict[str, tuple[pd.DataFrame, str | None]] = {
        "hotspots": (hot, "Polygon"),
        "hotspots_projected": (hot.to_crs(settings.CITY.projection), "Polygon"),
        "cases": (_cases(content), "Point"),
        "areas": (_areas(content), "MultiPolygon"),
        "figures": (_frame(sheets.SUMMARY_COLUMNS, sheets.summary(content).rows), None),
    }
    with tempfile.TemporaryDirectory(prefix="weekly-") as folder:
        path = Path(folder) / "week.gpkg"
        for number, (name, (frame, kind)) in enumerate(layers.items()):
            shaped = {"geometry_type": kind} if kind else {}
            pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", append=number > 0, **shaped)
        return path.read_bytes()


def _frame(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """A table whose columns have the same types when it is empty."""
    frame = pd.DataFrame(rows, columns=list(columns))
    for name in columns:
        if name in WHOLE:
            frame[name] = frame[name].astype("int64")
        elif name in REAL:
            frame[name] = frame[name].astype("float64")
        elif name.endswith("_on"):
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[ms]")
        else:
            frame[name] = frame[name].astype("object")
    return frame


def _hexagon(cell: str) -> shapely.Polygon:
    return shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(int(cell, 16))])


def _cases(content: Content) -> geopandas.GeoDataFrame:
    frame = _frame(CASE_COLUMNS, sheets.cases(content).rows)
    points = [None if row["longitude"] is None else shapely.Point(row["longitude"], row["latitude"]) for row in content.cases]
    return geopandas.GeoDataFrame(frame, geometry=geopandas.GeoSeries(points, crs=WGS84), crs=WGS84)


def _areas(content: Content) -> geopandas.GeoDataFrame:
    """The units in force on the last day of the week, with their counts; those with a guessed border have none."""
    lines = {line["code"]: line for line in content.figures["units"]}
    rows, shapes = [], []
    for area in Area.objects.units().current(content.period.sunday).order_by("code"):
        counted = lines.get(area.code, {}) if not area.approximate else {}
        values = (area.code, str(area), area.kind, area.layer, int(area.approximate))
        rows.append([*values, *(None if area.approximate else counted.get(name, 0) for name in COUNTS)])
        shapes.append(shapely.from_wkb(bytes(area.polygon.wkb)))
    frame = pd.DataFrame(rows, columns=list(AREA_COLUMNS))
    frame = frame.astype({name: "Int64" for name in ("approximate", *COUNTS)})
    return geopandas.GeoDataFrame(frame, geometry=geopandas.GeoSeries(shapes, crs=WGS84), crs=WGS84)
