"""Which map formats GDAL opens in this process: the ones that are listed here, and nothing over the network.

GDAL looks at what is in a file, not at its name. Out of the box a `.geojson` that holds a VRT, GDALG or WFS description makes
it read any other file of this machine, run a pipeline or fetch an address. Files come from strangers, so everything
that is not listed is switched off before the first one is opened.
"""

import ctypes

import pyogrio

FORMATS = frozenset({"ESRI Shapefile", "FlatGeobuf", "GPKG", "GeoJSON", "GeoJSONSeq", "MVT"})  # MVT: our own tiles, read back

# The way out that GDAL is told to take; nobody listens there. A GeoJSON may name its reference system by an address.
NOWHERE = "http://127.0.0.1:9"


def only_listed_formats(library: str) -> None:
    """Switch the other drivers off, for pyogrio and for Django, which share one GDAL. library: path of that libgdal."""
    others = sorted(set(pyogrio.list_drivers()) - FORMATS)
    if others:
        pyogrio.set_gdal_config_options({"GDAL_SKIP": ",".join(others), "GDAL_HTTP_PROXY": NOWHERE})
        ctypes.CDLL(library).GDALAllRegister()  # ends by dropping what GDAL_SKIP names
    if left := set(pyogrio.list_drivers()) - FORMATS:
        raise RuntimeError(f"GDAL still opens {', '.join(sorted(left))}.")
