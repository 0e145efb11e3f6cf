// The report that is being written: what is in the fields of all panels, and what no field holds.
import { draft } from "./outbox.js";
import { NOWHERE } from "./spot.js";

const PAUSE_MS = 200; // letters typed within it are kept together

/** A report without anything in it. `at`: when its first photo was taken, ISO 8601. `here`: whether the phone is where the
 * waste is, "yes", "no" or "ask"; `answered`: the person has said so. `sameCase`: a case's code, "new", or null: not asked. */
export const blank = () => ({
  id: uuid(), step: "photo", at: "", here: "yes", answered: false, spot: { ...NOWHERE }, sameCase: null, sameWords: "", photos: [], voice: null,
});

/** A random UUID, version 4, also where crypto.randomUUID is missing. */
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const controls = (panels) => panels.flatMap((panel) => [...panel.querySelectorAll("input, select, textarea")])
  .filter(({ name, type }) => name && !["hidden", "file", "search"].includes(type) && name !== "q" && name !== "pick");

const choice = ({ type }) => type === "checkbox" || type === "radio";

/** What stands in the fields, by name: lists for what can be ticked. */
export function answers(panels) {
  const found = {};
  for (const control of controls(panels)) {
    if (!choice(control)) found[control.name] = control.value;
    else if (control.checked) (found[control.name] ??= []).push(control.value);
    else found[control.name] ??= [];
  }
  return found;
}

/** Puts answers back into the fields; what they do not name becomes as the page had it. */
export function fill(panels, given) {
  for (const control of controls(panels)) {
    const value = given[control.name];
    if (choice(control)) control.checked = value ? value.includes(control.value) : control.defaultChecked;
    else if (control.tagName === "SELECT") control.value = value ?? "";
    else control.value = value ?? control.defaultValue;
  }
}

/** Keeps the report as a draft after every change: `now()` at once, `later()` in a moment, while somebody types, `last()` when
 * the page may be going away, `end()` never again. `onTrouble` is called when the phone cannot keep it. */
export function keeper(report, panels, onTrouble) {
  let timer = null;
  let writing = Promise.resolve();
  let waiting = false; // one write at a time, and at most one after it
  let ended = false;
  let saved = false;

  /** Whether somebody would miss it: what the phone found out by itself is found out again. */
  function worthKeeping(values) {
    const typed = ["description", "where", "email", "phone"].some((name) => values[name]?.trim());
    return typed || report.photos.length > 0 || report.voice || values.waste_types?.length > 0 || !["", "gps"].includes(report.spot.source);
  }

  function write() {
    waiting = false;
    if (ended) return;
    const { photos, voice, ...rest } = report;
    const values = answers(panels);
    const worth = worthKeeping(values);
    if (!worth && !saved) return;
    saved = worth;
    if (!worth) return draft.clear().catch(onTrouble);
    const save = (list) => {
      const about = { sources: list.map(({ source }) => source), large: list.map(({ blob }) => !blob) };
      return draft.save({ ...rest, values, ...about }, list.map(({ blob, file }) => blob ?? file), voice);
    };
    // A photo that is still being made small is kept as it came, where there is room: a page that closes now loses nothing.
    const small = photos.filter(({ blob }) => blob);
    return save(photos).catch((error) => (small.length < photos.length ? save(small) : Promise.reject(error))).catch(onTrouble);
  }

  function now() {
    clearTimeout(timer);
    timer = null;
    if (!waiting) writing = writing.then(write);
    waiting = true;
    return writing;
  }

  return {
    now,
    later() {
      timer ??= setTimeout(now, PAUSE_MS);
    },
    /** Without waiting for its turn: there may be no later. */
    last() {
      if (timer !== null || waiting) write();
    },
    /** Resolves when nothing is being written any more. */
    async end() {
      ended = true;
      clearTimeout(timer);
      timer = null;
      await writing;
    },
    resume() {
      ended = false;
    },
  };
}

/** A kept draft as a report, or null. */
export async function kept() {
  const found = await draft.load().catch(() => null);
  if (!found?.fields?.id) return null;
  const { values, sources = [], large = [], ...rest } = found.fields;
  const photos = found.photos.map((kept, index) => ({ [large[index] ? "file" : "blob"]: kept, source: sources[index] ?? "gallery" }));
  return { report: { ...blank(), ...rest, photos, voice: found.voice ?? null }, values: values ?? {}, at: found.at };
}

export const forget = () => draft.clear();
