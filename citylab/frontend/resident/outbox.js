// What this phone has still to send. Importing this file starts it: it sends when the page opens, is shown again, gets a
// network, and by a timer while it is visible; the service worker does where there is Background Sync. Every page hears, on
// `document`, "outbox" events: {uuid, code, state: "waiting"|"sending"|"sent"|"taken"|"refused", receipt, left, trouble, message}.

import { codeOf } from "./code.js";
import { isFull, items, keep, remove as removeItem } from "./outbox_store.js";
import { sendQueue, told } from "./sender.js";
import { roomForPhotos } from "./storage.js";

export { draft, draftAt, forgetForms } from "./draft.js";
export { filesOf } from "./outbox_store.js";

const SOONEST = 1000; // ms between two runs of the timer
const between = "BroadcastChannel" in self ? new BroadcastChannel("outbox") : null;
let timer;

/** Whether a report can be kept here, asked before a photo is taken: {ok, reason: ""|"missing"|"full", free: bytes or null}. */
export async function storageState() {
  const room = await roomForPhotos();
  return room.ok && isFull(await items()) ? { ok: false, reason: "full", free: 0 } : room;
}

/**
 * Keep a report; it is on the disk when this resolves to {uuid, code}, and then begins to be sent. Rejects when there is no room.
 * `report`: the body of POST /api/v1/reports/ (`photos_expected` and `voice_expected` follow from the files); `photos`: Blobs;
 * `voice`: a Blob or null; `words`: the place in words, for “my reports”; `fields`: those of the draft, to correct it by.
 */
export async function put({ report, photos = [], voice = null, words = "", fields = null }) {
  const uuid = report.id.toLowerCase();
  const whole = { ...report, id: uuid, photos_expected: photos.length, ...(voice && { voice_expected: true }) };
  const item = await keep(
    {
      uuid, code: await codeOf(uuid), at: Date.now(), body: JSON.stringify(whole), words, fields,
      language: report.language || document.documentElement.lang,
    },
    photos,
    voice,
  );
  begin(item);
  return { uuid, code: item.code };
}

/**
 * Keep a filled-in form with its photos, such as a crew's visit, to be posted to its own address as if its button was pressed;
 * the server knows it again by `uuid`. On the disk when this resolves. `fields`: [[name, value]]; `code`, `words`: what it is about;
 * `draft`: the address of the draft it was written as, which goes.
 */
export async function putForm({ uuid, address, fields, photos = [], code = "", words = "", draft = "" }) {
  const item = await keep(
    { uuid, code, at: Date.now(), address, body: JSON.stringify(fields), words, fields: null, language: document.documentElement.lang },
    photos,
    null,
    draft,
  );
  begin(item);
  return item;
}

/** What was kept begins to be sent, by this page or, where there is Background Sync, without one. */
function begin(item) {
  tell(told(item));
  navigator.storage?.persist?.().catch(() => {});
  navigator.serviceWorker?.ready.then((worker) => worker.sync?.register("outbox")).catch(() => {});
  send({ awake: true });
}

/** Send now whatever waits. Resolves when everything was tried once. */
export const sendAll = () => send({ all: true });

/** What waits, the oldest first: the items of outbox_store.js, each with `message` in the page's words. */
export async function list() {
  return (await items().catch(() => [])).map((item) => ({ ...item, message: inWords(item) }));
}

/** Delete a report and its files from this phone. */
export async function remove(uuid) {
  await removeItem(uuid);
  tell({ uuid, state: "removed", receipt: null, left: 0, trouble: "", message: "" });
}

/** The last trouble as a sentence: the server's own, or the page's (`<template id="outbox-words" data-offline=…>`). */
const inWords = ({ message, trouble }) => message || document.getElementById("outbox-words")?.dataset[trouble] || "";

function hear(detail) {
  document.dispatchEvent(new CustomEvent("outbox", { detail: { ...detail, message: inWords(detail) } }));
}

function tell(detail) {
  hear(detail);
  between?.postMessage(detail);
}

async function send(how) {
  clearTimeout(timer);
  try {
    const next = await sendQueue({ ...how, tell });
    if (next !== null && document.visibilityState === "visible") {
      clearTimeout(timer);
      timer = setTimeout(send, Math.max(SOONEST, next - Date.now()), {});
    }
  } catch {} // no database here: nothing waits
}

const wake = () => document.visibilityState === "visible" && send({ awake: true });

if (between) between.onmessage = ({ data }) => hear(data);
addEventListener("online", wake);
addEventListener("pageshow", wake);
if (document.readyState === "complete") wake(); // loaded late: the page was shown before
document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? wake() : clearTimeout(timer)));
// A bonus where it exists: the shell without a network, and sending after the page was closed. Nothing waits for it.
addEventListener("load", () => navigator.serviceWorker?.register("/sw.js").catch(() => {}));
