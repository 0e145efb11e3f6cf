// The map under a fixed crosshair, fetched only after a tap: fingers, buttons and keys move the ground, the crosshair stays.
import { Map, setWorkerUrl } from "maplibre-gl";
import { baseStyle } from "../base_style.js";
import { circle, moved, offset } from "./distance.js";
import { given, metres, text } from "./texts.js";

const STEP_M = 5; // of one tap on an arrow
const NEAR = 17.5; // the scale at a known point: one street and its houses
const FAR = 13; // at a point that is only a guess
const FINGER_PX = 10; // what a finger can aim at
const ASIDE_PX = 2; // of a drag: less is a finger that trembles
const KEYS = { ArrowUp: "north", ArrowDown: "south", ArrowLeft: "west", ArrowRight: "east", "+": "in", "=": "in", "-": "out" };
const STEPS = { north: [0, STEP_M], south: [0, -STEP_M], west: [-STEP_M, 0], east: [STEP_M, 0] };
const SCALES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/** Draws the map into `box`. `start`: {lon, lat} or null; `phone`: {lon, lat, accuracy} or null, drawn with its error;
 * `onMove(centre, accuracy)`: the place under the crosshair after a person has moved it, and how well one can aim at this
 * scale, in metres. Returns `phone(fix)` and `moveTo(point)`. Throws where there is no WebGL. */
export function placeMap(box, { start, phone, onMove }) {
  const ground = box.querySelector(".ground");
  const [lon, lat] = given("centre").split(",").map(Number);
  let centre = start ?? phone ?? { lon, lat };
  let fix = phone;
  let touched = false; // whether a person has moved it: looking closer chooses nothing
  setWorkerUrl(given("worker"));
  const tiles = (layer) => given("tiles").replace("LAYER", layer).replace("/0/0/0", "/{z}/{x}/{y}");
  const map = new Map({
    container: ground, style: baseStyle({ basemap: tiles("basemap"), areas: tiles("areas") }, given("exact") === "true", given("names")),
    center: [centre.lon, centre.lat], zoom: start || phone ? NEAR : FAR, minZoom: 9, maxZoom: 20, locale: { "Map.Title": text("mapTitle") },
    attributionControl: false, dragRotate: false, pitchWithRotate: false, keyboard: false, fadeDuration: 0,
  });
  map.touchZoomRotate.disableRotation();
  map.on("load", () => {
    map.addSource("phone", { type: "geojson", data: drawn() });
    map.addLayer({ id: "phone-error", type: "fill", source: "phone", paint: { "fill-color": "#005a66", "fill-opacity": 0.14 } });
    map.addLayer({ id: "phone-edge", type: "line", source: "phone", paint: { "line-color": "#005a66", "line-width": 2 } });
    map.addLayer({ id: "places", type: "circle", source: "basemap", "source-layer": "basemap", minzoom: 14, paint: { "circle-radius": 3.5, "circle-color": "#5b6d76" } }, "place-name");
    map.setLayoutProperty("place-name", "text-anchor", "top").setLayoutProperty("place-name", "text-offset", [0, 0.5]);
    box.dataset.ready = "true";
  });
  map.on("moveend", ({ originalEvent, byPerson }) => {
    scale();
    if (!originalEvent && !byPerson) return;
    const at = map.getCenter();
    const now = byPerson ? centre : { lon: at.lng, lat: at.lat };
    if (!byPerson && offset(centre, now).far < ASIDE_PX * pixel()) return;
    centre = now;
    touched = true;
    told();
  });
  map.on("zoom", scale);

  const drawn = () => ({ type: "FeatureCollection", features: fix ? [circle(fix, fix.accuracy)] : [] });

  /** Metres of one pixel at the crosshair. */
  const pixel = () => (Math.cos((centre.lat * Math.PI) / 180) * 40_075_016.7) / (512 * 2 ** map.getZoom());

  function told() {
    box.dataset.lon = centre.lon;
    box.dataset.lat = centre.lat;
    say();
    onMove(centre, FINGER_PX * pixel());
  }

  function say() {
    if (fix) document.getElementById("map-status").textContent = fromPhone(offset(fix, centre));
  }

  /** “15 m north of the phone's position”, for those who do not see it. */
  function fromPhone({ east, north, far }) {
    if (far < 1) return text("mapAtPhone");
    const eighth = Math.round(Math.atan2(east, north) / (Math.PI / 4));
    return text("mapFromPhone", { length: metres(Math.round(far)), direction: text(`direction${(eighth + 8) % 8}`) });
  }

  function move([east, north]) {
    centre = moved(centre, east, north);
    map.jumpTo({ center: [centre.lon, centre.lat] }, { byPerson: true });
  }

  function act(name) {
    if (name in STEPS) move(STEPS[name]);
    else map.jumpTo({ zoom: map.getZoom() + (name === "in" ? 1 : -1) }, { byPerson: touched });
  }

  function scale() {
    const length = SCALES.findLast((one) => one <= 90 * pixel()) ?? 1;
    const bar = box.querySelector(".scale");
    bar.textContent = metres(length);
    bar.style.width = `${length / pixel()}px`;
  }

  box.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-move]");
    if (button) act(button.dataset.move);
  });
  ground.addEventListener("keydown", (event) => {
    const name = KEYS[event.key];
    if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(name);
  });
  scale();
  new ResizeObserver(() => map.resize()).observe(ground);

  return {
    phone(next) {
      fix = next;
      map.getSource("phone")?.setData(drawn());
    },
    moveTo(point) {
      if (point.lon === null) return;
      centre = { lon: point.lon, lat: point.lat };
      touched = false;
      map.jumpTo({ center: [centre.lon, centre.lat], zoom: NEAR });
      say();
    },
  };
}
