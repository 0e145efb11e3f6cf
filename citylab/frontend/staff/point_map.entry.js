// Maps around one place. On one the place is looked at; on the other a point is chosen, by a click or with the keyboard, and goes
// into a field as "latitude, longitude"; without the map the same field takes coordinates from elsewhere.
import { Map, Marker, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import { baseStyle } from "../base_style.js";
import { addCaseDots, handOver } from "./case_dots.js";

const DIGITS = 5; // of a degree: a metre
const AROUND = 14.5; // the zoom at which the names around a place can be read

function styled(address) {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = address;
  document.head.append(sheet);
}

function dot() {
  const made = document.createElement("div");
  made.className = "here";
  return made;
}

function read(text) {
  const [lat, lng] = text.split(/[,;\s]+/).map(Number);
  return Math.abs(lat) <= 90 && Math.abs(lng) <= 180 ? { lat, lng } : null;
}

/** The map of `settings` in `box`; throws where the browser cannot draw one. */
function drawn(box, settings) {
  styled(settings.style);
  setWorkerUrl(settings.worker);
  const map = new Map({
    container: box, style: baseStyle({ basemap: settings.tiles.basemap, areas: settings.tiles.areas }, settings.exact, settings.names), center: settings.centre,
    zoom: settings.zoom, locale: settings.words, minZoom: 5, maxZoom: 19, dragRotate: false, pitchWithRotate: false, attributionControl: false, fadeDuration: 0,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-left");
  map.addControl(new ScaleControl({ maxWidth: 100 }), "bottom-left");
  if (settings.here) new Marker({ element: dot() }).setLngLat(settings.here).addTo(map); // where it is now
  map.on("idle", () => (box.dataset.idle = "true"));
  return map;
}

/** Where a case lies, with the others around it; a click on another one opens it. The box goes where no map can be drawn. */
export function placeMap(box, settings) {
  box.hidden = false;
  try {
    const map = drawn(box, { ...settings, zoom: Math.min(settings.zoom, AROUND), words: { ...settings.words, "Map.Title": settings.titleOfPlace } });
    map.scrollZoom.disable(); // the page scrolls under it
    box.map = map; // for the console and the tests
    map.on("load", () => addCaseDots(map, settings.tiles.cases));
    map.on("click", "cases", ({ features }) => {
      const { code } = features[0].properties;
      if (code && !location.pathname.includes(code)) location.href = settings.casePage.replace("CODE", code);
    });
    handOver(map, "cases");
  } catch (error) {
    console.warn(error);
    box.hidden = true;
  }
}

/** Draws the map into `box` and writes the chosen point into `field`; `onChoose` is told of each choice. */
export function pointMap(box, field, status, settings, onChoose = () => {}) {
  box.hidden = false;
  try {
    const map = drawn(box, settings);
    const mark = new Marker({ color: "#005a66" });
    const show = (at) => (at ? mark.setLngLat(at).addTo(map) : mark.remove());
    const choose = (at) => {
      field.value = `${at.lat.toFixed(DIGITS)}, ${at.lng.toFixed(DIGITS)}`;
      show(at);
      onChoose();
    };
    map.on("click", (event) => choose(event.lngLat));
    map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      choose(map.getCenter());
    });
    field.addEventListener("change", () => {
      const at = read(field.value);
      show(at);
      if (at) map.jumpTo({ center: at });
    });
    show(field.value ? read(field.value) : null);
    status.hidden = false;
    return map;
  } catch (error) {
    console.warn(error);
    box.textContent = box.dataset.nowebgl;
    return null;
  }
}
