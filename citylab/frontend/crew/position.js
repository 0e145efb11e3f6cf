// Where the phone is when a photo is taken, asked anew for each form and each photo: a crew walks on.

import { offset } from "../resident/distance.js";
import { positionWatch } from "../resident/position.js";

export const NEAR_M = 100; // as reports/casework has it; the server decides
const PATIENCE_MS = 8000; // what saving waits for a position that is still being looked for

let whose = null; // the form that is looking; another one's position is none for it
let listen = null;
const watch = positionWatch(() => listen?.(watch));

/** Begin to look for the position of this form, forgetting where the phone was before. `hear(watch)` hears what is new. */
export function lookAnew(form, hear) {
  [whose, listen] = [form, hear];
  watch.forget();
  watch.start();
}

/** The best position that is known for this form by now, or null. */
export const known = (form) => (whose === form ? watch.best : null);

/** Whether a position is exact enough to say that a place is close by; that of a mobile mast is not. */
export const isExact = (here) => Boolean(here) && here.accuracy <= NEAR_M;

/** The best position for this form, {lon, lat, accuracy}, or null; waits a little while where an exact one is being looked for. */
export async function found(form, hear, patience = PATIENCE_MS) {
  if (whose !== form) lookAnew(form, hear);
  const end = Date.now() + patience;
  if (watch.state === "idle") watch.start();
  while (!isExact(watch.best) && watch.state === "looking" && Date.now() < end) await new Promise((wake) => setTimeout(wake, 100));
  return watch.best;
}

/** Metres from the phone to a waste site; null where either is unknown. */
export function metresTo(site, here) {
  if (!here || !site?.dataset.lon) return null;
  return offset({ lon: Number(site.dataset.lon), lat: Number(site.dataset.lat) }, here).far;
}
