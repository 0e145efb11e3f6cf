// One form of the crew's page: its photos made small, its position, what is still missing, and its way into the outbox.

import { putForm } from "../resident/outbox.js";
import { resized } from "../resident/resize.js";
import { mayOpen, openCamera } from "./camera.js";
import { found, lookAnew, metresTo } from "./position.js";

const MOST = 3;
const NEAR_M = 100; // as reports/casework has it; the server decides

/** The form is kept and sent by the outbox instead of being posted. `words`: the page's sentences; `line`: where trouble is told. */
export function sendThroughOutbox(form, words, line) {
  const kind = form.dataset.send;
  const site = form.closest(".stop");
  const photos = kind === "start" ? [] : photosOf(form, site, words);
  form.noValidate = true; // the sentences are ours
  if (kind === "visit") showWhatIsAsked(form);
  form.closest("details")?.addEventListener("toggle", ({ target }) => target.open && kind !== "start" && lookAnew((watch) => tellWhere(form, site, watch)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button:not([type=button])");
    button.disabled = true;
    try {
      await save(form, kind, site, photos, words, line);
    } finally {
      button.disabled = false;
    }
  });
}

async function save(form, kind, site, photos, words, line) {
  say(form, "");
  const fields = new FormData(form);
  fields.delete("photos");
  const missing = kind === "visit" ? missingIn(fields, photos) : kind === "new" && !photos.length && !fields.get("note").trim() ? "photoOrWords" : "";
  if (missing) return say(form, words[missing]);
  if (kind !== "start") {
    const here = await found();
    tellWhere(form, site, { best: here, state: here ? "done" : "absent" });
    if (kind === "new" && !here) return say(form, words.positionNeeded);
    const far = metresTo(site, here);
    const proves = kind === "visit" && ["cleaned", "nothing_found"].includes(fields.get("outcome"));
    if (proves && (far === null || far > NEAR_M) && !fields.get("exception")) {
      form.querySelector("[name=exception]").focus();
      return say(form, words.exceptionNeeded);
    }
    if (proves && fields.get("exception") === "other" && !fields.get("note").trim()) return say(form, words.noteNeeded);
    if (here) {
      fields.set("lon", here.lon.toFixed(6));
      fields.set("lat", here.lat.toFixed(6));
      if (fields.has("accuracy_m")) fields.set("accuracy_m", here.accuracy);
    }
  }
  const uuid = crypto.randomUUID?.() ?? fields.get("key"); // without HTTPS browsers make none; the page brought one
  fields.set("key", uuid);
  fields.set("done_at", new Date().toISOString());
  if (kind !== "new") fields.set("do", kind);
  try {
    await putForm({
      uuid, address: new URL(form.action).pathname, fields: [...fields], photos: photos.map((photo) => photo.blob), code: site?.id ?? "",
      words: site?.dataset.place ?? form.closest("details").querySelector("summary").textContent.trim(),
    });
  } catch {
    if (navigator.onLine) return postAsItIs(form, fields, photos);
    line.hidden = false;
    line.textContent = line.dataset.full;
    return say(form, line.dataset.full);
  }
  photos.length = 0;
  form.reset();
  form.dispatchEvent(new Event("cleared"));
  if (kind !== "start") form.closest("details").open = false;
  (form.closest("details").querySelector("summary") ?? form).focus();
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

function missingIn(fields, photos) {
  const outcome = fields.get("outcome");
  if (!outcome) return "outcomeNeeded";
  if (["cleaned", "nothing_found"].includes(outcome) && !photos.length) return "photoNeeded";
  if (outcome === "cleaned" && !fields.get("grade")) return "gradeNeeded";
  if (outcome === "not_reached" && !fields.get("note").trim()) return "noteNeeded";
  return "";
}

/** Only what the chosen outcome asks for is shown. */
function showWhatIsAsked(form) {
  const draw = () => {
    const outcome = new FormData(form).get("outcome");
    form.querySelector(".grade").hidden = !["cleaned", "partly"].includes(outcome);
    form.querySelector(".taken").hidden = !["cleaned", "partly"].includes(outcome);
    form.querySelector(".far").hidden = !form.dataset.far || !["cleaned", "nothing_found"].includes(outcome);
  };
  form.addEventListener("change", draw);
  form.addEventListener("cleared", draw);
  form.addEventListener("measured", draw);
  draw();
}

/** How far away the phone is, in words; near by, nothing is asked about it. */
function tellWhere(form, site, watch) {
  const told = form.querySelector("[data-slot=far], [data-slot=where]");
  if (!told) return;
  const looking = watch.state === "looking" && !watch.best;
  if (told.dataset.slot === "where") {
    told.textContent = watch.best ? told.dataset.found.replace("{n}", watch.best.accuracy) : looking ? told.dataset.looking : told.dataset.unknown;
    return;
  }
  const far = metresTo(site, watch.best);
  const length = far >= NEAR_M ? Math.round(far / 10) * 10 : Math.ceil(far);
  told.textContent = far !== null ? told.dataset.far.replace("{n}", length.toLocaleString(document.documentElement.lang)) : looking ? told.dataset.looking : told.dataset.unknown;
  if (far === null ? looking : far <= NEAR_M) delete form.dataset.far;
  else form.dataset.far = "yes";
  form.dispatchEvent(new Event("measured"));
}

/** The photos of a form, [{blob}], at most three, changed in place: from the camera over the page or from the file field. */
function photosOf(form, site, words) {
  const photos = [];
  const input = form.querySelector("input[type=file]");
  const shown = form.querySelector("[data-slot=previews]");
  const button = form.querySelector("[data-camera]");
  const taken = () => lookAnew((watch) => tellWhere(form, site, watch));

  function draw() {
    for (const picture of shown.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
    shown.replaceChildren(
      ...photos.map((photo, index) => {
        const name = `${words.photo} ${index + 1}`;
        const item = document.createElement("li");
        const remove = Object.assign(document.createElement("button"), { type: "button", textContent: words.remove });
        remove.setAttribute("aria-label", `${words.remove}: ${name}`);
        remove.addEventListener("click", () => {
          photos.splice(photos.indexOf(photo), 1);
          draw();
          input.focus();
        });
        item.append(Object.assign(new Image(), { src: URL.createObjectURL(photo.blob), alt: name }), remove);
        return item;
      }),
    );
    shown.hidden = !photos.length;
  }

  function add(blob) {
    if (photos.length < MOST) photos.push({ blob });
    draw();
  }

  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    taken();
    for (const file of files) {
      if (!file.size || (file.type && !file.type.startsWith("image/"))) {
        say(form, words.photoUnreadable);
        continue;
      }
      const small = await resized(file);
      add(small === file ? new Blob([await file.arrayBuffer()], { type: file.type || "image/heic" }) : small);
    }
  });
  if (button && mayOpen()) {
    button.hidden = false;
    button.addEventListener("click", () => {
      taken();
      openCamera(site?.querySelector("[data-before]") ?? null, add, (sentence) => say(form, sentence));
    });
  }
  form.addEventListener("cleared", draw);
  return photos;
}

function say(form, sentence) {
  const fault = form.querySelector("[data-slot=fault]");
  if (!fault) return;
  fault.textContent = sentence;
  fault.hidden = !sentence;
}
