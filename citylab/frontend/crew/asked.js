// What a visit asks for: only what the chosen outcome needs is shown, and what is still missing has a name.

import { isExact, metresTo, NEAR_M } from "./position.js";

const PROVEN = ["cleaned", "nothing_found"];

/** Whether this outcome needs a photo taken close by. */
export const proves = (outcome) => PROVEN.includes(outcome);

/** Whether nobody knows that the phone was close by. */
export function isFar(site, here) {
  const far = metresTo(site, here);
  return !isExact(here) || far === null || far > NEAR_M;
}

/** The name of the page's sentence for what is missing, or "". */
export function missingIn(kind, fields, photos) {
  const noted = fields.get("note")?.trim();
  if (kind === "new") return photos.length || noted ? "" : "photoOrWords";
  const outcome = fields.get("outcome");
  if (!outcome) return "outcomeNeeded";
  if (proves(outcome) && !photos.length) return "photoNeeded";
  if (outcome === "cleaned" && !fields.get("grade")) return "gradeNeeded";
  if (outcome === "not_reached" && !noted) return "noteNeeded";
  return "";
}

/** Only what the chosen outcome asks for is shown. */
export function showWhatIsAsked(form) {
  const draw = () => {
    const outcome = new FormData(form).get("outcome");
    form.querySelector(".grade").hidden = form.querySelector(".taken").hidden = !["cleaned", "partly"].includes(outcome);
    form.querySelector(".far").hidden = !form.dataset.far || !proves(outcome);
  };
  for (const heard of ["change", "cleared", "restored", "measured"]) form.addEventListener(heard, draw);
  draw();
}

/** How far away the phone is, in words; near by, nothing is asked about it. `watch`: {best, state}. */
export function tellWhere(form, site, watch) {
  const told = form.querySelector("[data-slot=far], [data-slot=where]");
  const looking = watch.state === "looking" && !watch.best;
  if (told.dataset.slot === "where") {
    told.textContent = watch.best ? told.dataset.found.replace("{n}", watch.best.accuracy) : looking ? told.dataset.looking : told.dataset.unknown;
    return;
  }
  const far = metresTo(site, watch.best);
  const coarse = far !== null && !isExact(watch.best);
  const length = far >= NEAR_M ? Math.round(far / 10) * 10 : Math.ceil(far);
  if (coarse) told.textContent = told.dataset.coarse.replace("{n}", watch.best.accuracy.toLocaleString(document.documentElement.lang));
  else told.textContent = far !== null ? told.dataset.far.replace("{n}", length.toLocaleString(document.documentElement.lang)) : looking ? told.dataset.looking : told.dataset.unknown;
  if (looking || (far !== null && !coarse && far <= NEAR_M)) delete form.dataset.far;
  else form.dataset.far = "yes";
  form.dispatchEvent(new Event("measured"));
}
