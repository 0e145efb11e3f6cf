// One form of the crew's page: its photos, its position, what is still missing, and its way into the outbox.

import { putForm } from "../resident/outbox.js";
import { isFar, missingIn, proves, showWhatIsAsked, tellWhere } from "./asked.js";
import { halfFilled } from "./half.js";
import { takePhotos } from "./photos.js";
import { found, isExact, known, lookAnew } from "./position.js";

/** The form is kept and sent by the outbox instead of being posted. `words`: the page's sentences; `line`: where trouble is told.
 * Returns what is half filled in, or null for a form that is a button alone. */
export function sendThroughOutbox(form, words, line) {
  const kind = form.dataset.send;
  const site = form.closest(".stop");
  const half = kind === "start" ? null : fillIn(form, kind, site, words);
  form.noValidate = true; // the sentences are ours
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button:not([type=button])");
    button.disabled = true;
    try {
      await (half ? saveFilledIn(form, kind, site, half, words, line) : keep(form, kind, site, null, new FormData(form), line));
    } finally {
      button.disabled = false;
    }
  });
  return half;
}

function fillIn(form, kind, site, words) {
  const half = halfFilled(form);
  half.hear = (watch) => {
    if (watch.best && half.photos.length) {
      half.here = { ...watch.best };
      half.changed();
    }
    tellWhere(form, site, watch);
  };
  takePhotos(form, half.photos, words, {
    before: () => site?.querySelector("[data-before]") ?? null,
    taken: () => {
      half.here = null; // that of the photo before
      lookAnew(form, half.hear);
    },
    changed: () => {
      half.here ??= known(form) && { ...known(form) };
      half.changed();
    },
    say: (sentence) => say(form, sentence),
  });
  if (kind === "visit") showWhatIsAsked(form);
  form.closest("details").addEventListener("toggle", ({ target }) => {
    if (!target.open) return;
    if (half.here) tellWhere(form, site, { best: half.here, state: "done" });
    else lookAnew(form, half.hear);
  });
  half.restored();
  return half;
}

async function saveFilledIn(form, kind, site, half, words, line) {
  say(form, "");
  const fields = new FormData(form);
  const outcome = fields.get("outcome");
  const missing = missingIn(kind, fields, half.photos);
  if (missing) return say(form, words[missing]);
  const here = await whereTaken(form, half, kind === "new" || proves(outcome));
  tellWhere(form, site, { best: here, state: here ? "done" : "absent" });
  if (kind === "new" && !here) return say(form, words.positionNeeded);
  if (proves(outcome) && isFar(site, here) && !fields.get("exception")) {
    form.querySelector("[name=exception]").focus();
    return say(form, words.exceptionNeeded);
  }
  if (proves(outcome) && fields.get("exception") === "other" && !fields.get("note").trim()) return say(form, words.noteNeeded);
  if (here) {
    fields.set("lon", here.lon.toFixed(6));
    fields.set("lat", here.lat.toFixed(6));
    if (fields.has("accuracy_m")) fields.set("accuracy_m", here.accuracy);
  }
  await half.rest();
  await keep(form, kind, site, half, fields, line);
}

/** Where the photo was taken, else where the phone is. Nothing waits for a position that proves nothing. */
async function whereTaken(form, half, matters) {
  if (isExact(half.here) || !matters) return half.here ?? (await found(form, half.hear, 0));
  const told = form.querySelector("[data-slot=saving]");
  told.hidden = false;
  const here = await found(form, half.hear);
  told.hidden = true;
  return here;
}

/** Into the outbox, and the form is empty again. */
async function keep(form, kind, site, half, fields, line) {
  const photos = half?.photos ?? [];
  const row = form.closest("details");
  fields.delete("photos");
  fields.set("key", crypto.randomUUID?.() ?? fields.get("key")); // without HTTPS browsers make none; the page brought one
  fields.set("done_at", new Date().toISOString());
  if (kind !== "new") fields.set("do", kind);
  try {
    await putForm({
      uuid: fields.get("key"), address: new URL(form.action).pathname, fields: [...fields], photos: photos.map(({ blob }) => blob), code: site?.id ?? "",
      words: site?.dataset.place ?? row.querySelector("summary").textContent.trim(), draft: half?.address,
    });
  } catch {
    if (navigator.onLine) return postAsItIs(form, fields, photos);
    line.hidden = false;
    line.textContent = line.dataset.full;
    return say(form, line.dataset.full);
  }
  if (half) {
    photos.length = 0;
    half.here = null;
    form.reset();
    form.dispatchEvent(new Event("cleared"));
    half.changed(); // and nothing of it stays
    row.open = false;
  }
  (row.querySelector("summary") ?? form).focus();
}

/** Nothing can be kept here (a private window, a full phone): the form goes as it would without scripts, with what they found out. */
function postAsItIs(form, fields, photos) {
  const input = form.querySelector("input[type=file]");
  if (input) {
    const files = new DataTransfer();
    photos.forEach(({ blob }, index) => files.items.add(new File([blob], `${index + 1}.jpg`, { type: blob.type })));
    input.files = files.files;
  }
  for (const [name, value] of fields) {
    const field = form.elements[name];
    if (field?.type === "hidden") field.value = value;
  }
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "do", value: fields.get("do") ?? "" }));
  form.submit();
}

export function say(form, sentence) {
  const fault = form.querySelector("[data-slot=fault]");
  if (!fault) return;
  fault.textContent = sentence;
  fault.hidden = !sentence;
}
