// Where the phone is when the photo is taken, asked anew for each waste site: a crew walks on.

import { offset } from "../resident/distance.js";
import { positionWatch } from "../resident/position.js";

const PATIENCE_MS = 8000; // what saving waits for a position that is still being looked for

const watch = positionWatch(() => listeners.forEach((listen) => listen(watch)));
const listeners = new Set();

/** Begin to look for the position, forgetting where the phone was before. `listen(watch)` hears what is new. */
export function lookAnew(listen) {
  listeners.clear();
  if (listen) listeners.add(listen);
  watch.forget();
  watch.start();
}

/** The best position, {lon, lat, accuracy}, or null; waits a little while one is being looked for. */
export async function found() {
  const end = Date.now() + PATIENCE_MS;
  if (watch.state === "idle") watch.start();
  while (!watch.best && watch.state === "looking" && Date.now() < end) await new Promise((wake) => setTimeout(wake, 100));
  return watch.best;
}

/** Metres from the phone to a waste site; null where either is unknown. */
export function metresTo(site, here) {
  if (!here || !site?.dataset.lon) return null;
  return offset({ lon: Number(site.dataset.lon), lat: Number(site.dataset.lat) }, here).far;
}
