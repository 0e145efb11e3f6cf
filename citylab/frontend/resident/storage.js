// The phone's own database, shared by the pages and the service worker. Bytes are kept as ArrayBuffers, because some
// browsers cannot keep a Blob (Safari in a private window).

const STORES = { outbox: { keyPath: "uuid" }, files: {}, draft: {}, mine: { keyPath: "code" }, lease: {} };
const PROBE = 1 << 20; // bytes written to see whether there is room: about three photos as they are sent
const NEEDED = 4 << 20; // bytes that should be free before a photo is taken

let opened = null;

/** The open database. Rejects where there is none. */
function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("citylab", 1);
    asked.onupgradeneeded = () => Object.entries(STORES).forEach(([name, how]) => asked.result.createObjectStore(name, how));
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
      const base = asked.result;
      base.onclose = () => (opened = null); // iOS closes it under a page that slept
      base.onversionchange = () => {
        base.close(); // a newer page wants to change the tables
        opened = null;
      };
      resolve(base);
    };
  });
  opened.catch(() => (opened = null));
  return opened;
}

async function begin(names, mode) {
  try {
    // "strict": what is told to be kept is on the disk, not in a buffer
    return (await database()).transaction(names, mode, { durability: "strict" });
  } catch (error) {
    if (error?.name !== "InvalidStateError") throw error;
    opened = null; // closed under us: once more
    return (await database()).transaction(names, mode, { durability: "strict" });
  }
}

async function run(names, mode, work) {
  const transaction = await begin(names, mode);
  return new Promise((resolve, reject) => {
    let outcome;
    transaction.oncomplete = () => resolve(outcome instanceof IDBRequest ? outcome.result : outcome);
    transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
    try {
      outcome = work(...names.map((name) => transaction.objectStore(name)));
    } catch (error) {
      reject(error);
      transaction.abort();
    }
  });
}

/** Read in one transaction: `work(...stores)` gives a request, whose result is what comes back. */
export const read = (names, work) => run(names, "readonly", work);

/** Write in one transaction: all of it or nothing; on the disk when it resolves. */
export const write = (names, work) => run(names, "readwrite", work);

/** A Blob as it is kept. */
export const packed = async (blob) => ({ type: blob.type, bytes: await blob.arrayBuffer() });

/** A kept thing as a Blob. */
export const unpacked = ({ type, bytes }) => new Blob([bytes], { type });

/** Whether something can be kept here, found out by keeping it. `free`: bytes the browser says are left, or null. */
export async function roomForPhotos() {
  const free = await freeBytes();
  const bytes = new Uint8Array(PROBE);
  try {
    for (let at = 0; at < PROBE; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536)); // nothing to squeeze
    await write(["files"], (files) => files.put({ type: "", bytes: bytes.buffer }, "probe"));
    await write(["files"], (files) => files.delete("probe"));
  } catch (error) {
    return { ok: false, reason: error?.name === "QuotaExceededError" ? "full" : "missing", free };
  }
  if (free !== null && free < NEEDED) return { ok: false, reason: "full", free };
  return { ok: true, reason: "", free };
}

async function freeBytes() {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return Math.max(0, quota - usage);
  } catch {
    return null;
  }
}
