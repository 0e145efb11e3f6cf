// The cases of the tiles as small dots: green where the waste is gone.
import { tilesAt } from "../base_style.js";

/** Adds the layer `cases`. `tiles`: the address of the layer's tiles. */
export function addCaseDots(map, tiles) {
  map.addSource("cases", { type: "vector", tiles: tilesAt(tiles), maxzoom: 16 });
  map.addLayer({
    id: "cases", type: "circle", source: "cases", "source-layer": "cases",
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 2.5, 16, 5], "circle-stroke-color": "#ffffff", "circle-stroke-width": 1.5, "circle-opacity": 0.75,
      "circle-color": ["match", ["coalesce", ["get", "status"], ""], ["cleaned", "verified"], "#1d6138", "#5b6d76"],
    },
  });
}

/** The hand over what can be clicked. */
export function handOver(map, layer) {
  map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
}
