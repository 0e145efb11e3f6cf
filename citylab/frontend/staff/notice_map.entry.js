// The map on which a notice's stretch is drawn, as a line with a width or as an area. What is drawn goes into the form as
// GeoJSON; without this map the same field takes GeoJSON that was made elsewhere.
import { Map, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import { baseStyle } from "../base_style.js";

const settings = JSON.parse(document.getElementById("map-settings").textContent);
const place = document.getElementById("map");
const field = document.getElementById("geojson");
const width = document.getElementById("width_m");
const status = document.getElementById("draw-status");
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const EMPTY = { type: "FeatureCollection", features: [] };
const EQUATOR_M = 40075016.686;

let map = null;
let corners = [];
let given = null; // what the form brought along, and nobody has touched
const shape = () => document.querySelector("input[name=shape]:checked")?.value ?? "line";

/** The drawn shape as GeoJSON, or null while there are too few corners. */
function geometry() {
  if (shape() === "area") return corners.length > 2 ? { type: "Polygon", coordinates: [[...corners, corners[0]]] } : null;
  if (corners.length === 1) return { type: "Point", coordinates: corners[0] };
  return corners.length ? { type: "LineString", coordinates: corners } : null;
}

/** What is shown while drawing: the shape, and its corners. */
function sketch() {
  if (given) return { type: "Feature", properties: {}, geometry: given };
  const drawn = geometry() ?? (corners.length > 1 ? { type: "LineString", coordinates: corners } : null);
  const points = corners.map((corner) => ({ type: "Feature", properties: { corner: true }, geometry: { type: "Point", coordinates: corner } }));
  return { type: "FeatureCollection", features: [...(drawn ? [{ type: "Feature", properties: {}, geometry: drawn }] : []), ...points] };
}

/** Width of a line in pixels for a width in metres at each zoom: twice as wide with each step. */
function wide() {
  const metres = Number(width.value.replace(",", ".")) || 0;
  const latitude = (map.getCenter().lat * Math.PI) / 180;
  const atZero = (metres * 512) / (EQUATOR_M * Math.cos(latitude));
  return ["interpolate", ["exponential", 2], ["zoom"], 0, Math.max(atZero, 1e-6), 22, Math.max(atZero, 1e-6) * 2 ** 22];
}

function show() {
  map.getSource("drawn")?.setData(sketch());
  if (!given) {
    const drawn = geometry();
    field.value = drawn ? JSON.stringify(drawn) : "";
    status.textContent = corners.length ? status.dataset.corners.replace("{n}", corners.length) : status.dataset.none;
  }
}

function add({ lng, lat }) {
  given = null;
  corners.push([Number(lng.toFixed(6)), Number(lat.toFixed(6))]);
  show();
}

function listen() {
  map.on("click", (event) => add(event.lngLat));
  const buttons = { "draw-here": () => add(map.getCenter()), "draw-undo": () => (corners.pop(), show()), "draw-clear": () => ((corners = []), (given = null), show()) };
  for (const [id, act] of Object.entries(buttons)) document.getElementById(id).addEventListener("click", act);
  for (const choice of document.querySelectorAll("input[name=shape]")) choice.addEventListener("change", show);
  width.addEventListener("input", () => map.setPaintProperty("drawn-line", "line-width", wide()));
  field.addEventListener("change", () => {
    corners = [];
    given = read(field.value);
    show();
  });
}

/** GeoJSON from the field, or null where it is none. */
function read(text) {
  try {
    const found = JSON.parse(text);
    return found.type === "Feature" ? found.geometry : found.coordinates ? found : null;
  } catch {
    return null;
  }
}

/** West, south, east, north of everything that is shown; null when nothing is. */
function extent(features) {
  const flat = (values) => (typeof values[0] === "number" ? [values] : values.flatMap(flat));
  const points = features.flatMap((feature) => flat(feature.geometry.coordinates));
  if (!points.length) return null;
  const [lon, lat] = [points.map((point) => point[0]), points.map((point) => point[1])];
  return [Math.min(...lon), Math.min(...lat), Math.max(...lon), Math.max(...lat)];
}

function layers() {
  const before = "place-name";
  map.addSource("notices", { type: "geojson", data: { type: "FeatureCollection", features: settings.notices } });
  map.addLayer({ id: "notices", type: "fill", source: "notices", paint: { "fill-color": "#7d4400", "fill-opacity": 0.18 } }, before);
  map.addLayer({ id: "notices-edge", type: "line", source: "notices", paint: { "line-color": "#7d4400", "line-width": 2 } }, before);
  if (!settings.drawing) return;
  map.addSource("drawn", { type: "geojson", data: EMPTY });
  map.addLayer({ id: "drawn-area", type: "fill", source: "drawn", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": "#005a66", "fill-opacity": 0.3 } }, before);
  map.addLayer({ id: "drawn-line", type: "line", source: "drawn", filter: ["==", ["geometry-type"], "LineString"],
    layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#005a66", "line-opacity": 0.35, "line-width": wide() } }, before);
  map.addLayer({ id: "drawn-edge", type: "line", source: "drawn", paint: { "line-color": "#005a66", "line-width": 2.5 } });
  map.addLayer({ id: "drawn-corners", type: "circle", source: "drawn", filter: ["==", ["geometry-type"], "Point"],
    paint: { "circle-radius": 6, "circle-color": "#ffffff", "circle-stroke-color": "#005a66", "circle-stroke-width": 3 } });
}

function draw() {
  place.replaceChildren();
  setWorkerUrl(settings.worker);
  const box = extent(settings.notices);
  const view = box ? { bounds: box, fitBoundsOptions: { padding: 60, maxZoom: 16 } } : { center: settings.centre, zoom: settings.zoom };
  map = new Map({
    container: place, style: baseStyle(settings.tiles, settings.exact, settings.names), ...view, locale: settings.words, minZoom: 5, maxZoom: 19,
    dragRotate: false, pitchWithRotate: false, attributionControl: false, fadeDuration: still ? 0 : 200,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-left");
  map.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-left");
  map.on("load", () => {
    layers();
    if (!settings.drawing) return;
    document.getElementById("draw-tools").hidden = false;
    given = field.value ? read(field.value) : null;
    if (given) map.fitBounds(extent([{ geometry: given }]), { padding: 60, maxZoom: 17, animate: false });
    listen();
    show();
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
