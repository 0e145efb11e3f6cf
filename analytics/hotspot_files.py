"""Writes an analysis as a file that other tools open: GeoPackage, GeoJSON or CSV, by the extension of its name."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import h3ronpy
import pandas as pd
import pyarrow as pa
import shapely
from h3ronpy.vector import cells_to_wkb_polygons

from analytics.analysis import Analysis
from analytics.weeks import week_label

DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".csv": ""}
_LAYER_OPTIONS = {
    "GeoJSON": {"RFC7946": "YES"},
    "GPKG": {},
}  # the standard: longitude, latitude to 1 cm, no "crs" member


def require_writable(path: Path) -> None:
    """Raises ValueError with a sentence when no hotspot file can be called so; cheap, so ask it before the work."""
    if path.suffix.lower() not in DRIVERS:
        raise ValueError(f"{path.name} must end in .gpkg, .geojson or .csv, so that it is known what to write.")


def write_hotspots(analysis: Analysis, path: Path) -> None:
    """One row per tested cell: cell, week, observed, expected, ratio, p, q, gi_star, hot; polygons except in CSV.

    `cell` is H3's usual hexadecimal text, `week` the last week of the window. Numbers are written with all their digits.
    The file appears whole or not at all; one that was there is replaced. Raises ValueError for other extensions.
    """
    require_writable(path)
    table = hotspot_table(analysis)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".hotspots-") as folder:
        written = Path(folder) / path.name
        driver = DRIVERS[path.suffix.lower()]
        if driver:
            rows = _with_polygons(table, analysis)
            rows.to_file(written, driver=driver, layer="hotspots", engine="pyogrio", **_LAYER_OPTIONS[driver])
        else:
            table.assign(hot=table["hot"].map({True: "true", False: "false"})).to_csv(written, index=False)
        os.replace(written, path)


def hotspot_table(analysis: Analysis) -> pd.DataFrame:
    """The rows without geometry, in ascending order of cell."""
    return pd.DataFrame(
        {
            "cell": pa.array(h3ronpy.cells_to_string(analysis.cell)).to_pylist(),
            "week": week_label(analysis.until),
            "observed": analysis.observed,
            "expected": analysis.expected,
            "ratio": analysis.ratio,
            "p": analysis.p,
            "q": analysis.q,
            "gi_star": analysis.gi_star,
            "hot": analysis.hot,
        }
    )


def _with_polygons(table: pd.DataFrame, analysis: Analysis):  # type: ignore[no-untyped-def]
    import geopandas  # slow to import, and CSV does not need it

    outlines = shapely.from_wkb(pa.array(cells_to_wkb_polygons(analysis.cell)).to_numpy(zero_copy_only=False))
    return geopandas.GeoDataFrame(table, geometry=outlines, crs=4326)
