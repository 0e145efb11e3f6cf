// A form of the crew's page that is half filled in: what was chosen and typed, its photos, and where they were taken. It is kept on
// the phone after each change, since the phone's camera may close the page, and comes back with the page.

import { draftAt } from "../resident/outbox.js";

const OURS = ["key", "lon", "lat", "accuracy_m", "done_at", "do", "photos"]; // what the script fills in itself

/** `half.photos`: [{blob}], at most three, changed in place; `half.here`: {lon, lat, accuracy} of the photo, or null. The form
 * hears "restored" when something came back. */
export function halfFilled(form) {
  // by the waste site, not by the link: a new link for the same one finds it again
  const address = `visit:${form.closest(".stop")?.id ?? "new"}`;
  const kept = draftAt(address);
  const empty = JSON.stringify(written(form));
  const half = { address, photos: [], here: null, changed, fill, restored, rest };
  let changes = 0;
  let done = 0;
  let running = null;

  /** One save at a time, the last one of what is there then. */
  function changed() {
    changes += 1;
    running ??= (async () => {
      while (done < changes) {
        done = changes;
        const fields = written(form);
        const nothing = !half.photos.length && JSON.stringify(fields) === empty;
        await (nothing ? kept.clear() : kept.save({ fields, here: half.here }, half.photos.map(({ blob }) => blob))).catch(() => {});
        mark(!nothing);
      }
      running = null;
    })();
  }

  /** Wait until nothing is being written; resolves at once most of the time. */
  async function rest() {
    while (running) await running;
  }

  function fill({ fields, here }, photos) {
    for (const field of form.elements) {
      if (!field.name || OURS.includes(field.name)) continue;
      const values = fields.filter(([name]) => name === field.name).map(([, value]) => value);
      if (field.type === "radio") field.checked = values.includes(field.value);
      else if (values.length) field.value = values[0];
    }
    half.photos.splice(0, half.photos.length, ...photos.map((blob) => ({ blob })));
    half.here = here;
    form.dispatchEvent(new Event("restored"));
    changed();
  }

  /** What was kept comes back, unless somebody has begun anew meanwhile. */
  async function restored() {
    const found = await kept.load();
    if (found && !changes) fill(found.fields, found.photos);
  }

  function mark(begun) {
    const told = (form.closest(".stop") ?? form).querySelector("[data-slot=half]");
    if (told) told.hidden = !begun;
  }

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("cleared", () => mark(false));
  return half;
}

/** [[name, value]] of what a person filled in. */
const written = (form) => [...new FormData(form)].filter(([name, value]) => !OURS.includes(name) && typeof value === "string");
