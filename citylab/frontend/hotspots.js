// The map of hotspots beside the list of hotspots: one chosen cell, in both, and in the address.
import { Map, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import { baseStyle, hatch, tilesAt } from "./base_style.js";

const HEAT = ["#fff3c4", "#fdc96b", "#f28a3c", "#cf4a2a", "#8a1538"];
const NEAR = 14; // from this scale on single cases are drawn, too
const settings = JSON.parse(document.getElementById("map-settings").textContent);
const place = document.getElementById("map");
const panel = document.getElementById("panel");
const rows = () => document.querySelectorAll("#hotspots tr[data-cell]");
const rowOf = (cell) => document.querySelector(`#hotspots tr[data-cell="${CSS.escape(cell)}"]`);
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

const opened = location.hash.startsWith("#map="); // the address says where to look; MapLibre writes it there later on
let map = null;
let chosen = settings.chosen;

// --- the chosen cell: panel, row, hexagon, address -------------------------------------------
function mark(cell) {
  for (const row of rows()) {
    const on = row.dataset.cell === cell;
    row.classList.toggle("on", on);
    row.querySelector("a.row").toggleAttribute("aria-current", on);
  }
  outline("chosen", cell);
}

/** Draws the outline `layer` around one cell; before the map is ready there is nothing to draw on. */
function outline(layer, cell) {
  if (map?.getLayer(layer)) map.setFilter(layer, ["==", ["get", "cell"], cell || ""]);
}

async function show(cell) {
  const answer = await fetch(settings.page.replace("CELL", encodeURIComponent(cell)), { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const article = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("cell");
  if (!article || chosen !== cell) return;
  panel.querySelector("#cell")?.remove();
  panel.append(article);
  panel.hidden = false;
}

function choose(cell, { push = true, fly = false, scroll = false } = {}) {
  chosen = cell;
  mark(cell);
  if (push) {
    const address = new URL(location.href);
    if (cell) address.searchParams.set("cell", cell);
    else address.searchParams.delete("cell");
    history.pushState({ cell }, "", address);
  }
  if (!cell) {
    panel.hidden = true;
    return;
  }
  const row = rowOf(cell);
  if (scroll) row?.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
  show(cell).then(() => {
    const article = panel.querySelector("#cell");
    if (fly && article?.dataset.cell === cell) goTo(article.dataset);
  });
}

function goTo({ lon, lat }) {
  if (!map) return;
  const centre = [Number(lon), Number(lat)];
  const zoom = Math.max(map.getZoom(), settings.resolution + 3.5);
  map[still ? "jumpTo" : "easeTo"]({ center: centre, zoom, padding: { right: panel.offsetWidth, left: 0, top: 0, bottom: 80 } });
}

document.getElementById("hotspots")?.addEventListener("click", (event) => {
  const link = event.target.closest("a.row");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  choose(link.closest("tr").dataset.cell, { fly: true });
});
document.getElementById("close").addEventListener("click", (event) => {
  event.preventDefault();
  const row = rowOf(chosen);
  choose("");
  (row?.querySelector("a.row") ?? place.querySelector("canvas"))?.focus();
});
panel.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.getElementById("close").click();
});
addEventListener("popstate", () => choose(new URL(location.href).searchParams.get("cell") ?? "", { push: false, fly: true }));

// A week is opened with the same view of the map: the part after # goes along.
document.addEventListener("click", (event) => {
  const link = event.target.closest("nav.weeks a");
  if (link && location.hash) (link.href instanceof SVGAnimatedString ? (value) => link.setAttribute("href", value) : (value) => (link.href = value))((link.href.baseVal ?? link.href) + location.hash);
});

// --- the map -----------------------------------------------------------------------------------
function heatColour() {
  const steps = settings.firsts.flatMap((first, number) => [first, HEAT[number]]);
  return ["step", ["get", "observed"], "rgba(0,0,0,0)", ...steps];
}

/** How strong a colour is where nobody reported from the very cell, and elsewhere. */
const opacity = (unseen, seen) => ["case", ["==", ["get", "reports"], 0], unseen, seen];

function addHotspots() {
  map.addImage("hatch", hatch(), { pixelRatio: 2 });
  const before = "place-name";
  const from = { source: "hotspots", "source-layer": "hotspots" };
  map.addSource("hotspots", { type: "vector", tiles: tilesAt(settings.tiles.hotspots), maxzoom: 14 });
  map.addLayer({ id: "heat", type: "fill", ...from, paint: { "fill-color": heatColour(), "fill-opacity": ["interpolate", ["linear"], ["zoom"], 13.5, opacity(0.3, 0.88), 16, opacity(0.12, 0.4)], "fill-outline-color": "rgba(255,255,255,.6)" } }, before);
  map.addLayer({ id: "unseen", type: "fill", ...from, filter: ["==", ["get", "reports"], 0], paint: { "fill-pattern": "hatch" } }, before);
  map.addLayer({ id: "hot", type: "line", ...from, filter: ["to-boolean", ["get", "hot"]], paint: { "line-color": "#10212b", "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0.8, 15, 2] } }, before);
  map.addLayer({ id: "pointed", type: "line", ...from, filter: ["==", ["get", "cell"], ""], paint: { "line-color": "#005a66", "line-width": 4 } }, before);
  map.addLayer({ id: "chosen", type: "line", ...from, filter: ["==", ["get", "cell"], chosen], paint: { "line-color": "#005a66", "line-width": 5 } }, before);
}

function addCases() {
  map.addSource("cases", { type: "vector", tiles: tilesAt(settings.tiles.cases), minzoom: NEAR, maxzoom: 16 });
  map.addLayer({ id: "cases", type: "circle", source: "cases", "source-layer": "cases", minzoom: NEAR, paint: {
    "circle-radius": ["interpolate", ["linear"], ["zoom"], 14, 3.5, 17, 7], "circle-stroke-color": "#ffffff", "circle-stroke-width": 1.5,
    "circle-color": ["match", ["get", "status"], ["new", "confirmed"], "#10212b", "#1d6138"] } });
}

function link() {
  map.on("click", ({ point }) => {
    const [sighting] = map.queryRenderedFeatures(point, { layers: ["cases"] });
    if (sighting?.properties.code) return location.assign(settings.casePage.replace("CODE", sighting.properties.code));
    const [cell] = map.queryRenderedFeatures(point, { layers: ["heat"] });
    if (cell) choose(cell.properties.cell, { scroll: true });
  });
  map.on("mousemove", "heat", ({ features }) => {
    map.getCanvas().style.cursor = "pointer";
    const cell = features[0].properties.cell;
    outline("pointed", cell);
  });
  map.on("mouseleave", "heat", () => {
    map.getCanvas().style.cursor = "";
    outline("pointed", "");
  });
  for (const row of rows()) {
    row.addEventListener("mouseenter", () => outline("pointed", row.dataset.cell));
    row.addEventListener("mouseleave", () => outline("pointed", ""));
    row.addEventListener("focusin", () => outline("pointed", row.dataset.cell));
    row.addEventListener("focusout", () => outline("pointed", ""));
  }
}

function draw() {
  place.replaceChildren();
  setWorkerUrl(settings.worker);
  const view = settings.extent
    ? { bounds: settings.extent, fitBoundsOptions: { padding: { top: 40, bottom: 100, left: 40, right: 40 }, maxZoom: settings.resolution + 4 } }
    : { center: settings.centre, zoom: settings.zoom };
  map = new Map({
    container: place, style: baseStyle(settings.tiles, settings.exact, settings.names), ...view, hash: "map", locale: settings.words, minZoom: 5, maxZoom: 18,
    dragRotate: false, pitchWithRotate: false, attributionControl: false, fadeDuration: still ? 0 : 200,
    canvasContextAttributes: { preserveDrawingBuffer: true }, // so that the map is on paper, too
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-left");
  map.addControl(new ScaleControl({ maxWidth: 120 }), "top-left");
  map.on("load", () => {
    addHotspots();
    addCases();
    link();
    const article = panel.querySelector("#cell");
    if (article && !opened) goTo(article.dataset);
  });
  map.on("idle", () => (place.dataset.idle = "true"));
  window.map = map; // for the console and the tests
}

try {
  draw();
} catch (error) {
  console.warn(error);
  map = null;
  const sentence = document.createElement("p");
  sentence.className = "nomap";
  sentence.textContent = place.dataset.nowebgl;
  place.replaceChildren(sentence);
}
