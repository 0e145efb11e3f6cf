// Sends what waits: the text of a report first, then its photos one by one, then its voice note; a filled-in form goes whole. It
// runs in a page or in the service worker. Whatever answer is lost, the same bytes are sent again under the same id, and the server knows them.

import { remember } from "./mine.js";
import { alone } from "./one_sender.js";
import { accepted, bytesOf, change, filesOf, items, remove, settled } from "./outbox_store.js";

const FIRST_PAUSE = 5000; // ms after the first failure; doubled by each further one
const LONGEST_PAUSE = 300000;
const TEXT_TIMEOUT = 30000;
const SLOWEST = 8; // bytes a ms, 64 kbit/s: below that a connection is as good as lost
const LONGEST_TIMEOUT = 300000;
const NO_NETWORK = ["offline", "timeout", "stranger", "busy"]; // troubles that the next item would meet as well

/** How many of an item's photos and voice notes are still to go. */
export const left = (item) => item.files.filter((file) => file.state === "waiting").length;

/**
 * Send everything that may be sent now. `all`: also what is still in its pause; `awake`: also what paused for want of a network.
 * `tell` hears each step as {uuid, code, state, receipt, left, trouble, message}.
 * Resolves to the moment (ms) after which it is worth trying again, or null when nothing waits.
 */
export function sendQueue({ all = false, awake = false, tell = () => {} } = {}) {
  return alone(async () => {
    // All texts before any photo, and what failed least often first: one bad item holds up no other.
    for (const send of [sendTextOf, sendForm, sendFilesOf]) {
      const due = (await waiting()).filter((item) => all || isDue(item, awake)).sort((one, other) => one.tries - other.tries);
      for (const item of due) {
        const after = await send(item, tell);
        if (after?.state === "waiting" && NO_NETWORK.includes(after.trouble)) return after.next;
      }
    }
    const still = await waiting();
    return still.length ? Math.min(...still.map((item) => item.next)) : null;
  });
}

const waiting = async () => (await items()).filter((item) => item.state === "waiting");

function isDue(item, awake) {
  const pause = item.next - Date.now();
  return pause <= 0 || pause > 2 * LONGEST_PAUSE /* the clock was set back */ || (awake && ["offline", "timeout"].includes(item.trouble));
}

/** Send the text of a report, unless it has arrived. Returns the item as it is then; undefined when there was nothing to do. */
async function sendTextOf(item, tell) {
  if (item.receipt || item.address) return;
  tell(told(item, "sending"));
  const answer = await postReport(item);
  if (answer.state === "taken") await remember({ code: item.code, at: item.at, words: item.words });
  if (answer.later) item = await change(item.uuid, pause(item, answer));
  else if (answer.state) item = await change(item.uuid, { ...answer, trouble: "" });
  else item = await accepted(item.uuid, answer.receipt);
  if (item) tell(told(item, item.receipt && item.state === "waiting" ? "sent" : item.state));
  return item;
}

/** Send a filled-in form with its photos in one request. Returns the item as it is then; undefined when nothing is left of it. */
async function sendForm(item, tell) {
  if (!item.address) return;
  tell(told(item, "sending"));
  const answer = await postForm(item);
  if (!answer.later && !answer.state) {
    await remove(item.uuid);
    return void tell({ ...told(item, "sent"), left: 0 });
  }
  item = await change(item.uuid, answer.later ? pause(item, answer) : { ...answer, trouble: "" });
  if (item) tell(told(item));
  return item;
}

/** Send what is left of a report that has arrived. Returns the item as it is then; undefined when nothing is left of it. */
async function sendFilesOf(item, tell) {
  if (!item.receipt) return;
  for (const file of item.files.filter((one) => one.state === "waiting")) {
    const answer = await putFile(item, file);
    if (answer.unknown && !item.again) {
      // The report or its token is not known there (any more): the text brings both back, then this file has its turn again.
      return change(item.uuid, { receipt: null, again: true });
    }
    item = answer.later ? await change(item.uuid, pause(item, answer)) : await settled(item.uuid, file.name, answer.refusal);
    if (!item) return;
    if (answer.later) {
      tell(told(item));
      return item;
    }
    if (left(item)) tell(told(item, "sent"));
  }
  if (item.files.length) await change(item.uuid, { state: "sent" }); // what was refused stays until it was told
  else await remove(item.uuid);
  tell(told(item, "sent"));
}

/** What the pages hear about an item. */
export const told = (item, state = item.state) => ({
  uuid: item.uuid, code: item.receipt?.code ?? item.code, state, receipt: item.receipt, left: left(item), trouble: item.trouble,
  message: item.message || item.files.map((file) => file.message).filter(Boolean).join(" "),
});

const pause = (item, { trouble, message = "", after = 0 }) => {
  const wait = Math.min(FIRST_PAUSE * 2 ** item.tries, LONGEST_PAUSE) * (0.75 + Math.random() / 2);
  return { tries: item.tries + 1, next: Date.now() + Math.max(wait, after), trouble, message };
};

/** → {receipt}, {later, trouble…}, or {state: "refused" | "taken", …} */
async function postReport(item) {
  const { status, body, ...answer } = await ask("POST", "/api/v1/reports/", item.body, TEXT_TIMEOUT, {
    "Content-Type": "application/json", "Accept-Language": item.language,
  });
  if (answer.later) return answer;
  if (status < 300) {
    const { url, secret_url, code, id } = body;
    return id === item.uuid && secret_url ? { receipt: { url, secret_url, code } } : { later: true, trouble: "stranger" };
  }
  if (status === 409) return { state: "taken", receipt: { url: body.receipt, secret_url: "", code: item.code }, message: "" };
  return { state: "refused", message: sentence(body), errors: body.errors };
}

/** → {} when it has arrived, {later, trouble…}, or {state: "refused", …} */
async function postForm(item) {
  const form = new FormData();
  for (const [name, value] of JSON.parse(item.body)) form.append(name, value);
  const { photos } = await filesOf(item);
  photos.forEach((photo, index) => form.append("photos", photo, `${index + 1}.jpg`));
  const patience = Math.min(TEXT_TIMEOUT + item.size / SLOWEST, LONGEST_TIMEOUT);
  const { status, body, ...answer } = await ask("POST", item.address, form, patience, { Accept: "application/json", "Accept-Language": item.language });
  if (answer.later) return answer;
  if (status < 300) return body.id === item.uuid ? {} : { later: true, trouble: "stranger" };
  return { state: "refused", message: sentence(body) };
}

/** → {} when it has arrived, {refusal}, {unknown}, or {later, trouble…} */
async function putFile(item, file) {
  const kept = await bytesOf(item.uuid, file.name);
  if (!kept) return {};
  const patience = Math.min(TEXT_TIMEOUT + file.size / SLOWEST, LONGEST_TIMEOUT);
  const { status, body, ...answer } = await ask("PUT", `/api/v1/reports/${item.uuid}/${file.name}`, kept.bytes, patience, {
    "Content-Type": kept.type || "application/octet-stream", "Accept-Language": item.language,
    Authorization: `Bearer ${item.receipt.secret_url.split("/").filter(Boolean).pop()}`,
  });
  if (answer.later) return answer;
  if (status < 300) return {};
  return { refusal: sentence(body), unknown: status === 401 || status === 404 };
}

/** One request → {status, body}, or {later, trouble, message, after} when it is to be sent again. */
async function ask(method, address, body, patience, headers) {
  const stop = new AbortController();
  const clock = setTimeout(() => stop.abort(), patience);
  try {
    const answer = await fetch(address, {
      method, body, headers, signal: stop.signal, credentials: "omit", cache: "no-store", redirect: "error",
      keepalive: method === "POST" && typeof body === "string", // of more than 64 KB no browser takes one
    });
    const found = await answer.json().catch((error) => {
      if (stop.signal.aborted) throw error;
      return null;
    });
    const { status } = answer;
    const after = 1000 * (parseInt(answer.headers.get("Retry-After"), 10) || 0);
    if (status === 429 || status === 503) return { later: true, trouble: "busy", after };
    if (status >= 500 || status === 408 || status === 425) return { later: true, trouble: "server", message: found?.detail, after };
    // A refusal is believed only in our own server's words: a hotel's login page is no answer.
    if (!found || (status >= 400 && found.status !== status)) return { later: true, trouble: "stranger" };
    return { status, body: found };
  } catch {
    return { later: true, trouble: stop.signal.aborted ? "timeout" : "offline" };
  } finally {
    clearTimeout(clock);
  }
}

/** What a problem document says, in words. */
function sentence({ title = "", detail = "", errors }) {
  const sentences = Object.values(errors ?? {}).flat().filter((one) => typeof one === "string");
  return sentences.length ? [...new Set(sentences)].join(" ") : detail || title;
}
