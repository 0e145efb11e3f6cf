// What a person can do about a report that the server did not take: open it again to correct it, or send it under a new id.

import { filesOf, items, remove, reopen } from "./outbox_store.js";
import { put } from "./outbox.js";

/** Make it the report that is being written again. False when another one is half written: that one is not thrown away. */
export async function correct(uuid) {
  const item = (await items()).find((one) => one.uuid === uuid);
  return Boolean(item) && reopen(uuid, item.fields ?? { ...JSON.parse(item.body), id: uuid });
}

/** Send it once more as a report of its own; the new one is kept before the old one goes. */
export async function sendAsNew(uuid) {
  const item = (await items()).find((one) => one.uuid === uuid);
  if (!item) return;
  const id = crypto.randomUUID();
  const fields = item.fields && { ...item.fields, id };
  await put({ report: { ...JSON.parse(item.body), id }, ...(await filesOf(item)), words: item.words, fields });
  await remove(uuid);
}
