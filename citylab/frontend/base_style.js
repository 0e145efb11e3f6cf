// The ground on which every map of the site draws: our own tiles, no glyph files, no sprite, no foreign host.
// Without `glyphs` MapLibre draws labels from the fonts of the device, which have Vietnamese.

export const FONTS = ["Noto Sans", "Roboto", "Segoe UI", "sans-serif"];

const INK = "#10212b";
const SOFT = "#3d4f59";
const BORDER = "#a99a7c";

const label = (size, colour = SOFT) => ({
  layout: { "text-font": FONTS, "text-size": size, "text-field": ["get", "name"], "text-max-width": 8, "text-padding": 6 },
  paint: { "text-color": colour, "text-halo-color": "#fffdf8", "text-halo-width": 1.6 },
});

/** A MapLibre style of basemap and area borders. `tiles`: addresses of the layers `basemap` and `areas`. */
export function baseStyle(tiles) {
  const source = (address) => ({ type: "vector", tiles: [new URL(address, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}")], maxzoom: 14 });
  const approximate = ["boolean", ["get", "approximate"], false];
  return {
    version: 8,
    sources: { basemap: source(tiles.basemap), areas: source(tiles.areas) },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#f4f1ea" } },
      { id: "area-border", type: "line", source: "areas", "source-layer": "areas", filter: ["!", approximate],
        paint: { "line-color": BORDER, "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 14, 1.8] } },
      { id: "area-border-approximate", type: "line", source: "areas", "source-layer": "areas", filter: approximate,
        paint: { "line-color": BORDER, "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 14, 1.6], "line-dasharray": [4, 3] } },
      { id: "place-name", type: "symbol", source: "basemap", "source-layer": "basemap", minzoom: 13.5, ...label(12) },
      { id: "area-name", type: "symbol", source: "areas", "source-layer": "areas", minzoom: 9, ...label(["interpolate", ["linear"], ["zoom"], 9, 11, 14, 15], INK) },
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
