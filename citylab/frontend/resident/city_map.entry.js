// The residents' map: the same waste sites as the list beside it, and the hotspots in words. Loaded when somebody asks for it.
import { Map, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import { FONTS, baseStyle, hatch, tilesAt } from "../base_style.js";

const SEA = "#005a66";
const GOOD = "#1d6138";
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Draws the map into `stage`, in place of the picture. Resolves when it can be used; throws where there is no WebGL. */
export async function open(stage, asked) {
  const settings = JSON.parse(stage.dataset.map);
  const picture = [...stage.children];
  const live = Object.assign(document.createElement("div"), { className: "live" });
  stage.append(sheet(stage.dataset.sheet), live);
  try {
    const map = draw(live, settings);
    await new Promise((resolve, reject) => {
      map.once("load", resolve);
      map.once("error", ({ error }) => (map.loaded() ? null : error?.message?.includes("WebGL") && reject(error)));
    });
    for (const old of picture) old.remove();
    add(map, settings);
    link(map, stage, settings);
    map.on("idle", () => (stage.dataset.idle = "true"));
    if (asked) map.getCanvas().focus({ preventScroll: true });
    window.map = map; // for the console and the tests
  } catch (error) {
    live.remove();
    throw error;
  }
}

const sheet = (href) => Object.assign(document.createElement("link"), { rel: "stylesheet", href });

function draw(live, settings) {
  setWorkerUrl(settings.worker);
  const [west, south, east, north] = settings.bounds;
  const map = new Map({
    container: live, style: baseStyle(settings.tiles, settings.exact, settings.names), bounds: [west, south, east, north],
    locale: settings.words, minZoom: 5, maxZoom: 17, dragRotate: false, pitchWithRotate: false, attributionControl: false,
    cooperativeGestures: false, fadeDuration: still ? 0 : 200, canvasContextAttributes: { preserveDrawingBuffer: true },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-left");
  return map;
}

function add(map, settings) {
  const before = "place-name";
  const cells = { source: "hotspots", "source-layer": "hotspots" };
  const hot = ["==", ["get", "class"], "hot"];
  map.addImage("hatch", hatch(), { pixelRatio: 2 });
  // What nobody has reported from is hatched: the ground first, and the cells with reports upon it.
  map.addLayer({ id: "unseen", type: "background", paint: { "background-pattern": "hatch", "background-opacity": 0.35 } }, "border");
  map.addSource("hotspots", { type: "vector", tiles: tilesAt(settings.tiles.hotspots), maxzoom: 14 });
  map.addLayer({ id: "reported", type: "fill", ...cells, paint: { "fill-color": ["case", hot, "#f28a3c", "#fff3c4"], "fill-opacity": 0.75 } }, before);
  map.addLayer({ id: "hot", type: "line", ...cells, filter: hot, paint: { "line-color": "#10212b", "line-width": ["interpolate", ["linear"], ["zoom"], 9, 0.7, 15, 2] } }, before);
  map.addSource("sites", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  const count = ["case", ["==", ["typeof", ["get", "count"]], "number"], ["get", "count"], 3];
  map.addLayer({ id: "sites", type: "circle", source: "sites", paint: {
    "circle-color": ["case", ["get", "open"], SEA, GOOD], "circle-opacity": 0.9, "circle-stroke-color": "#ffffff", "circle-stroke-width": 1.5,
    "circle-radius": ["case", ["has", "count"], ["interpolate", ["linear"], ["sqrt", count], 1, 8, 20, 26], 8] } });
  map.addLayer({ id: "counts", type: "symbol", source: "sites", filter: ["==", ["typeof", ["get", "count"]], "number"],
    layout: { "text-font": FONTS, "text-size": 13, "text-field": ["to-string", ["get", "count"]], "text-allow-overlap": true }, paint: { "text-color": "#ffffff" } });
}

function link(map, stage, settings) {
  let asking = null;
  const fill = async () => {
    asking?.abort();
    asking = new AbortController();
    const { _sw, _ne } = map.getBounds();
    const box = [_sw.lng, _sw.lat, _ne.lng, _ne.lat].map((edge) => edge.toFixed(4)).join(",");
    const address = new URL(settings.points, location.href);
    address.searchParams.set("format", "geojson");
    address.searchParams.set("box", box);
    stage.dataset.box = box;
    try {
      const answer = await fetch(address, { signal: asking.signal });
      if (answer.ok) map.getSource("sites").setData(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") console.warn(error); // the list still says everything
    }
  };
  map.on("moveend", fill);
  fill();
  addHere(map, stage, settings);
  map.on("click", "sites", ({ features: [site] }) => {
    const { code, count } = site.properties;
    if (code) return show(stage, site.properties, settings);
    if (count) map[still ? "jumpTo" : "easeTo"]({ center: site.geometry.coordinates, zoom: map.getZoom() + 2 });
  });
  for (const [event, cursor] of [["mouseenter", "pointer"], ["mouseleave", ""]]) {
    map.on(event, "sites", () => (map.getCanvas().style.cursor = cursor));
  }
}

/** The button that narrows the list to what is in view: the map and the list share one address. */
function addHere(map, stage, settings) {
  const here = Object.assign(document.createElement("a"), { className: "alt here", textContent: settings.here, href: settings.points });
  stage.after(here);
  here.addEventListener("click", (event) => {
    event.preventDefault();
    const address = new URL(settings.points, location.href);
    address.searchParams.set("box", stage.dataset.box);
    address.hash = "map";
    location.assign(address);
  });
}

function show(stage, site, settings) {
  stage.querySelector(".chosen")?.remove();
  const card = Object.assign(document.createElement("div"), { className: "chosen" });
  card.setAttribute("role", "status");
  const words = (name, text) => Object.assign(document.createElement(name), { textContent: text });
  const close = Object.assign(words("button", "×"), { type: "button" });
  close.setAttribute("aria-label", settings.words["Popup.Close"]);
  close.addEventListener("click", () => {
    card.remove();
    stage.querySelector("canvas")?.focus();
  });
  card.append(words("b", site.place), words("p", site.state), Object.assign(words("a", settings.see), { href: site.url }), close);
  stage.append(card);
}
