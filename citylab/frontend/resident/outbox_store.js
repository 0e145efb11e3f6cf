// What waits to be sent. An item is one report, or with an `address` one filled-in form that goes there: {uuid, code, at, body, language, words, fields, files, size, state, tries,
// next, trouble, message, receipt}. `body` is the very text that is sent, however often, so that the server knows it again.
// `files`: [{name: "photos/1"… or "voice", size, state: "waiting"|"refused", message}]; their bytes lie apart, so that a list is cheap.
// `state`: "waiting" (text, or photos of a report that has arrived), "sent" (only things to tell are left), "taken" (409), "refused".

import { keysOf } from "./draft.js";
import { merged } from "./mine.js";
import { packed, read, unpacked, write } from "./storage.js";

export const MOST_REPORTS = 20;
export const MOST_BYTES = 60 * 2 ** 20;

/** All items, the oldest first. */
export async function items() {
  return (await read(["outbox"], (outbox) => outbox.getAll())).sort((one, other) => one.at - other.at);
}

/** Whether one more report of this size would be more than is kept. A crew without a network has two forms for each site of its
 * shift: their number has no limit, only their size. */
export const isFull = (kept, bytes = 0, most = MOST_REPORTS) =>
  kept.filter(({ address }) => !address).length >= most || kept.reduce((sum, item) => sum + item.size, bytes) > MOST_BYTES;

/** Keep a report or a form with its files. Its draft, of a form the one at the address `form`, goes in the same breath. Rejects when there is no room. */
export async function keep(item, photos, voice, form = "") {
  const blobs = photos.map((photo, index) => [`photos/${index + 1}`, photo]);
  if (voice) blobs.push(["voice", voice]);
  const files = blobs.map(([name, blob]) => ({ name, size: blob.size, state: "waiting", message: "" }));
  const size = blobs.reduce((sum, [, blob]) => sum + blob.size, item.body.length);
  const others = (await items()).filter((other) => other.uuid !== item.uuid);
  if (isFull(others, size, item.address ? Infinity : MOST_REPORTS)) throw new DOMException("The outbox is full", "QuotaExceededError");
  const bytes = await Promise.all(blobs.map(([, blob]) => packed(blob)));
  const whole = { ...item, files, size, state: "waiting", tries: 0, next: 0, trouble: "", message: "", receipt: null };
  await write(["outbox", "files", "draft"], (outbox, store, draft) => {
    files.forEach(({ name }, index) => store.put(bytes[index], `${item.uuid}/${name}`));
    outbox.put(whole);
    const forget = () => keysOf(form).forEach((key) => draft.delete(key));
    if (form) forget();
    else draft.get("fields").onsuccess = ({ target: { result } }) => result?.fields.id === item.uuid && forget();
  });
  return whole;
}

/** The bytes of one file of an item. */
export const bytesOf = (uuid, name) => read(["files"], (files) => files.get(`${uuid}/${name}`));

/** Change an item. One that was deleted meanwhile stays deleted; resolves to the item, or undefined. */
export async function change(uuid, changes) {
  let item;
  await write(["outbox"], (outbox) => {
    outbox.get(uuid).onsuccess = ({ target: { result } }) => {
      if (result) outbox.put((item = { ...result, ...changes }));
    };
  });
  return item;
}

/** The server has the report: note the receipt, here and among “my reports”, in one breath. */
export async function accepted(uuid, receipt) {
  let item;
  await write(["outbox", "mine"], (outbox, mine) => {
    outbox.get(uuid).onsuccess = ({ target: { result } }) => {
      if (!result) return;
      outbox.put((item = { ...result, receipt, tries: 0, next: 0, trouble: "", message: "" }));
      mine.get(receipt.code).onsuccess = ({ target }) =>
        mine.put(merged(target.result, { code: receipt.code, secret_url: receipt.secret_url, at: result.at, words: result.words }));
    };
  });
  return item;
}

/** A file has arrived, or was refused with a sentence, and then stays until it was told. Returns the item, with what is left of it. */
export async function settled(uuid, name, refusal = "") {
  let item;
  await write(["outbox", "files"], (outbox, files) => {
    if (!refusal) files.delete(`${uuid}/${name}`);
    outbox.get(uuid).onsuccess = ({ target: { result } }) => {
      if (!result) return;
      const left = result.files.filter((file) => file.name !== name || refusal);
      const told = left.map((file) => (file.name === name ? { ...file, state: "refused", message: refusal } : file));
      const size = told.reduce((sum, file) => sum + file.size, result.body.length);
      outbox.put((item = { ...result, files: told, size, tries: 0, next: 0, trouble: "", message: "" }));
    };
  });
  return item;
}

/** Delete an item and its files. */
export async function remove(uuid) {
  await write(["outbox", "files"], (outbox, files) => {
    outbox.delete(uuid);
    files.delete(IDBKeyRange.bound(`${uuid}/`, `${uuid}/\uffff`));
  });
}

/** Turn an item back into the draft, to be corrected. False when another report is being written: that one is not lost. */
export async function reopen(uuid, fields) {
  const item = (await items()).find((one) => one.uuid === uuid);
  if (!item) return false;
  const waiting = item.files.filter((file) => file.state === "waiting");
  const found = await Promise.all(waiting.map(({ name }) => bytesOf(uuid, name)));
  const photos = found.filter((_, index) => waiting[index].name !== "voice");
  const voice = found.find((_, index) => waiting[index].name === "voice") ?? null;
  let done = false;
  await write(["outbox", "files", "draft"], (outbox, files, draft) => {
    draft.get("fields").onsuccess = ({ target: { result } }) => {
      if (result && result.fields.id !== uuid) return;
      draft.put({ fields: { ...fields, id: uuid }, at: Date.now() }, "fields");
      draft.put({ photos, voice }, "files");
      outbox.delete(uuid);
      files.delete(IDBKeyRange.bound(`${uuid}/`, `${uuid}/\uffff`));
      done = true;
    };
  });
  return done;
}

/** The files of an item as Blobs, to be kept again under another id. */
export async function filesOf(item) {
  const whole = item.files.filter((file) => file.state === "waiting");
  const blobs = (await Promise.all(whole.map(({ name }) => bytesOf(item.uuid, name)))).map(unpacked);
  return { photos: blobs.filter((_, index) => whole[index].name !== "voice"), voice: blobs.find((_, index) => whole[index].name === "voice") ?? null };
}
