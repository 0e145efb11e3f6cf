// Where the waste is, as far as it is known: from the phone, the map, a named place, or the ward alone.

/** What is not known yet. `source` is what the API calls location_source; `accuracy` is in metres or null; `trouble` is why the city
 * does not take it, or "". */
export const NOWHERE = { source: "", lon: null, lat: null, accuracy: null, place: "", area: "", words: "", trouble: "" };

export const fromPhone = ({ lon, lat, accuracy }) => ({ ...NOWHERE, source: "gps", lon, lat, accuracy });

/** A point put under the crosshair; nobody hits better than a finger's width of the map. */
export const fromMap = ({ lon, lat }, accuracy) => ({ ...NOWHERE, source: "map", lon, lat, accuracy: Math.max(1, Math.ceil(accuracy)) });

/** An answer of the search: "place:CODE" or "area:CODE". */
export function fromSearch({ pick, label, detail, lon, lat }) {
  const [kind, code] = [pick.slice(0, pick.indexOf(":")), pick.slice(pick.indexOf(":") + 1)];
  const words = detail ? `${label}, ${detail}` : label;
  return kind === "place" ? { ...NOWHERE, source: "place", lon, lat, place: code, words } : { ...NOWHERE, source: "area", lon, lat, area: code, words: label };
}

export const fromWard = (code, words) => (code ? { ...NOWHERE, source: "area", area: code, words } : { ...NOWHERE });

/** The members of a report's body that say where it is. A report that knows only its ward gives no point. */
export function members({ source, lon, lat, accuracy, place, area }) {
  if (source === "area") return { area, location_source: source };
  if (place) return { place, location_source: source };
  const point = { type: "Point", coordinates: [Number(lon.toFixed(6)), Number(lat.toFixed(6))] };
  return { location: point, location_source: source, ...(accuracy ? { accuracy_m: accuracy } : {}) };
}
