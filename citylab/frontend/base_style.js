// The ground on which every map of the site draws: our own tiles, no glyph files, no sprite, no foreign host.
// Without `glyphs` MapLibre draws labels from the fonts of the device, which have Vietnamese.

export const FONTS = ["Noto Sans", "Roboto", "Segoe UI", "sans-serif"];

const INK = "#10212b";
const SOFT = "#3d4f59";
const BORDER = "#a99a7c";
const SAND = "#f4f1ea";
const SEA = "#d3e6ea";

const label = (names, size, colour = SOFT) => ({
  layout: { "text-font": FONTS, "text-size": size, "text-field": textOf(names), "text-max-width": 8, "text-padding": 6 },
  paint: { "text-color": colour, "text-halo-color": "#fffdf8", "text-halo-width": 1.6 },
});

/** The name in the page's language where there is one, else the city's own. */
const textOf = (names) => ["case", ["!=", ["coalesce", ["get", names], ""], ""], ["get", names], ["get", "name"]];

/** The address of a tile layer as MapLibre wants it: absolute, with its placeholders in braces. */
export const tilesAt = (address) => [new URL(address, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}")];

/** The layers under every map. Exact borders stand on water; while only approximate ones are known there is no coast to
 * draw, and the ground is sand. `tiles`: addresses of the layers `basemap` and `areas`; `exact`: whether any border is;
 * `names`: the property that holds names in the page's language. */
export function baseStyle(tiles, exact, names) {
  const source = (address) => ({ type: "vector", tiles: tilesAt(address), maxzoom: 16 });
  const from = { source: "areas", "source-layer": "areas" };
  const approximate = ["boolean", ["get", "approximate"], false];
  const unit = ["==", ["get", "layer"], "unit"];
  const width = ["interpolate", ["linear"], ["zoom"], 8, 0.6, 14, 1.7];
  return {
    version: 8,
    sources: { basemap: source(tiles.basemap), areas: source(tiles.areas) },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": exact ? SEA : SAND } },
      { id: "land", type: "fill", ...from, filter: ["all", unit, ["!", approximate]], paint: { "fill-color": SAND, "fill-antialias": false } },
      { id: "overlay", type: "fill", ...from, filter: ["!", unit], paint: { "fill-color": "#005a66", "fill-opacity": 0.08 } },
      { id: "border", type: "line", ...from, filter: ["!", approximate], paint: { "line-color": BORDER, "line-width": width } },
      { id: "border-approximate", type: "line", ...from, filter: approximate,
        paint: { "line-color": BORDER, "line-width": width, "line-dasharray": [2, 4] } },
      { id: "place-name", type: "symbol", source: "basemap", "source-layer": "basemap", ...label(names, 12) },
      { id: "area-name", type: "symbol", source: "areas", "source-layer": "area-names", minzoom: 8,
        ...label(names, ["interpolate", ["linear"], ["zoom"], 9, 11, 14, 15], INK) },
    ],
  };
}

/** A hatch of thin diagonal lines: nobody has reported here. */
export function hatch(size = 16) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d");
  pen.strokeStyle = "#5b6d7680";
  pen.lineWidth = 1.4;
  for (const start of [-size, 0, size]) {
    pen.beginPath();
    pen.moveTo(start, size);
    pen.lineTo(start + size, 0);
    pen.stroke();
  }
  return pen.getImageData(0, 0, size, size);
}
