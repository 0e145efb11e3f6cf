// The one report that is being written, kept after each change so that a closed page loses nothing.

import { packed, read, unpacked, write } from "./storage.js";

let kept = []; // the Blobs of the last save; packing photos again for each letter typed would be slow

/** What was kept: `{fields, photos, voice, at}` with Blobs, or null. */
async function load() {
  const found = await read(["draft"], (draft) => draft.getAll()).catch(() => []);
  const [fields, files] = [found.find((row) => row.fields), found.find((row) => row.photos)];
  if (!fields) return null;
  return { ...fields, photos: (files?.photos ?? []).map(unpacked), voice: files?.voice ? unpacked(files.voice) : null };
}

/** Keep this. `fields`: any plain values, `id` among them; `photos`: Blobs; `voice`: a Blob or null. */
async function save(fields, photos = [], voice = null) {
  const blobs = [...photos, voice];
  const same = blobs.length === kept.length && blobs.every((blob, index) => blob === kept[index]);
  const files = same ? null : { photos: await Promise.all(photos.map(packed)), voice: voice && (await packed(voice)) };
  await write(["draft"], (draft) => {
    draft.put({ fields, at: Date.now() }, "fields");
    if (files) draft.put(files, "files");
    draft.transaction.commit?.(); // a page that is being closed hears no more answers
  });
  kept = blobs;
}

/** Forget it. */
async function clear() {
  kept = [];
  await write(["draft"], (draft) => draft.clear());
}

export const draft = { load, save, clear };
