// The map beside the list: every case of the tiles, those of the list larger, and the one that has the focus.
import { Map, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import { baseStyle } from "../base_style.js";
import { addCaseDots, handOver } from "./case_dots.js";

const settings = JSON.parse(document.getElementById("map-settings").textContent);
const place = document.getElementById("map");
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const opened = location.hash.startsWith("#map=");
let map = null;

const EMPTY = { type: "FeatureCollection", features: [] };
const pointOf = ({ code, lon, lat }) => ({ type: "Feature", properties: { code }, geometry: { type: "Point", coordinates: [Number(lon), Number(lat)] } });
const listed = () => [...document.querySelectorAll("#rows > .item[data-lon]")].map((row) => pointOf(row.dataset));

function addCases() {
  const ring = { "circle-stroke-color": "#ffffff", "circle-stroke-width": 1.5 };
  addCaseDots(map, settings.tiles.cases);
  map.addSource("listed", { type: "geojson", data: EMPTY });
  map.addSource("open", { type: "geojson", data: EMPTY });
  map.addLayer({ id: "listed", type: "circle", source: "listed", paint: { ...ring, "circle-radius": 6.5, "circle-color": "#005a66" } });
  map.addLayer({ id: "open", type: "circle", source: "open", paint: { "circle-radius": 11, "circle-color": "#ffd66b", "circle-stroke-color": "#10212b", "circle-stroke-width": 3 } });
}

/** The points of the list; the view moves only when some lie outside of it. */
function show({ fit = false } = {}) {
  const points = listed();
  map.getSource("listed")?.setData({ type: "FeatureCollection", features: points });
  if (!points.length || (opened && !fit)) return;
  const seen = map.getBounds();
  if (!fit && points.every((point) => seen.contains(point.geometry.coordinates))) return;
  const [lons, lats] = [0, 1].map((axis) => points.map((point) => point.geometry.coordinates[axis]));
  const bounds = [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
  map.fitBounds(bounds, { padding: { top: 40, bottom: 40, left: 40, right: Math.min(400, place.clientWidth / 2) }, maxZoom: 15, animate: false });
}

/** The case with the focus; it is brought into sight beside the drawer. */
function point(row) {
  const there = row.lon !== undefined;
  map.getSource("open")?.setData(there ? pointOf(row) : EMPTY);
  if (!there) return;
  const at = map.project([Number(row.lon), Number(row.lat)]);
  const free = place.clientWidth - (matchMedia("(max-width: 62rem)").matches ? 0 : 380);
  if (at.x > 20 && at.x < free && at.y > 20 && at.y < place.clientHeight - 20) return;
  map[still ? "jumpTo" : "easeTo"]({ center: [Number(row.lon), Number(row.lat)], offset: [-(place.clientWidth - free) / 2, 0] });
}

function listen() {
  map.on("click", (event) => {
    const field = document.querySelector("details[data-key=e][open] #point");
    if (field) {
      field.value = `${event.lngLat.lat.toFixed(6)}, ${event.lngLat.lng.toFixed(6)}`;
      field.focus();
      return map.getSource("open").setData(pointOf({ code: "", lon: event.lngLat.lng, lat: event.lngLat.lat }));
    }
    const [found] = map.queryRenderedFeatures(event.point, { layers: ["listed", "cases"] });
    if (!found?.properties.code) return;
    const row = document.getElementById(`row-${found.properties.code}`);
    if (row) row.querySelector("a.row").focus();
    document.dispatchEvent(new CustomEvent("queue-open", { detail: { code: found.properties.code } }));
  });
  for (const layer of ["listed", "cases"]) handOver(map, layer);
  document.addEventListener("queue-focus", ({ detail }) => point(detail));
  document.addEventListener("htmx:afterSettle", ({ detail }) => ["list", "rows"].includes(detail.target?.id) && show());
}

function draw() {
  place.replaceChildren();
  setWorkerUrl(settings.worker);
  map = new Map({
    container: place, style: baseStyle(settings.tiles, settings.exact, settings.names), center: settings.centre, zoom: settings.zoom, hash: "map", locale: settings.words,
    minZoom: 5, maxZoom: 18, dragRotate: false, pitchWithRotate: false, attributionControl: false, fadeDuration: still ? 0 : 200,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-left");
  map.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-left");
  map.on("load", () => {
    addCases();
    listen();
    show({ fit: !opened });
    const on = document.querySelector("#rows > .item.on");
    if (on) point(on.dataset);
  });
  map.on("idle", () => (place.dataset.idle = "true"));
  window.map = map; // for the console and the tests
}

try {
  draw();
} catch (error) {
  console.warn(error);
  const sentence = Object.assign(document.createElement("p"), { className: "nomap", textContent: place.dataset.nowebgl });
  place.replaceChildren(sentence);
}
