// What is half written: the one report of this phone, and forms such as a crew's visit, each under its own address. Kept after each
// change, so that a closed page loses nothing; what is put into the outbox takes its draft along (outbox_store.js).

import { packed, read, unpacked, write } from "./storage.js";

/** The rows of a draft: its fields, and apart from them its files, which are slow to write. */
export const keysOf = (address = "") => ["fields", "files"].map((part) => (address ? `${address} ${part}` : part));

export function draftAt(address = "") {
  const [fieldsKey, filesKey] = keysOf(address);
  let kept = []; // the Blobs of the last save; packing photos again for each letter typed would be slow

  /** What was kept: `{fields, photos, voice, at}` with Blobs, or null. */
  async function load() {
    let fields, files;
    await read(["draft"], (draft) => {
      draft.get(fieldsKey).onsuccess = ({ target }) => (fields = target.result);
      draft.get(filesKey).onsuccess = ({ target }) => (files = target.result);
    }).catch(() => {});
    if (!fields) return null;
    return { ...fields, photos: (files?.photos ?? []).map(unpacked), voice: files?.voice ? unpacked(files.voice) : null };
  }

  /** Keep this. `fields`: any plain values, of a report `id` among them; `photos`: Blobs; `voice`: a Blob or null. */
  async function save(fields, photos = [], voice = null) {
    const blobs = [...photos, voice];
    const same = blobs.length === kept.length && blobs.every((blob, index) => blob === kept[index]);
    const files = same ? null : { photos: await Promise.all(photos.map(packed)), voice: voice && (await packed(voice)) };
    await write(["draft"], (draft) => {
      draft.put({ fields, at: Date.now() }, fieldsKey);
      if (files) draft.put(files, filesKey);
      draft.transaction.commit?.(); // a page that is being closed hears no more answers
    });
    kept = blobs;
  }

  /** Forget it. */
  async function clear() {
    kept = [];
    await write(["draft"], (draft) => keysOf(address).forEach((key) => draft.delete(key)));
  }

  return { load, save, clear };
}

export const draft = draftAt();

/** Forget the forms that nobody has touched since this moment (ms); the report that is being written stays. */
export async function forgetForms(before) {
  await write(["draft"], (draft) => {
    draft.openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor) return;
      const [address, part] = cursor.key.split(" ");
      if (part === "fields" && cursor.value.at < before) keysOf(address).forEach((key) => draft.delete(key));
      cursor.continue();
    };
  });
}
