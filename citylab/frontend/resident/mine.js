// “My reports”: what this phone has sent, kept on it alone. Statuses are asked for by code, never by who asks.
// A row: {code, secret_url, at, words, status, title, changed_at, seen, url, photo}; `at` in ms, `changed_at` and `seen`
// (the last change that was shown) as the server writes moments, `asked` in ms.

import { read, write } from "./storage.js";

const AT_ONCE = 20; // codes that one request may ask for
const MOST_ASKED = 60; // of the newest; what became of older ones is on their own pages
const JUST_NOW = 600000; // ms; clocks differ
const ADDRESS = /\/p\/([0-9A-HJKMNP-TV-Z]{10})(?:\/([\w-]{16,}))?/i;

/** The row with what is new in it; what is known stays where nothing new is said. */
export const merged = (old, fresh) => ({
  at: Date.now(), words: "", secret_url: "", ...old, ...Object.fromEntries(Object.entries(fresh).filter(([, value]) => value)),
});

/**
 * Keep a report `{code, secret_url, at, words}`: when it is accepted, and when its secret page is opened. A page that shows
 * how far it is says so with `changed_at` and `seen`, both the moment of the last change. Resolves when it is on the disk.
 */
export function remember(report) {
  return write(["mine"], (mine) => {
    mine.get(report.code).onsuccess = ({ target }) => mine.put(merged(target.result, report));
  });
}

/** All reports kept here, the newest first; none where nothing can be kept. */
export async function all() {
  const rows = await read(["mine"], (mine) => mine.getAll()).catch(() => []);
  return rows.sort((one, other) => other.at - one.at);
}

/** Those of which something is new since they were last looked at. */
export async function unseen() {
  return (await all()).filter((row) => row.changed_at && row.seen && row.changed_at !== row.seen);
}

/** They have been looked at: nothing about them is news any more. */
export function markSeen(codes) {
  return write(["mine"], (mine) => {
    for (const code of codes) {
      mine.get(code).onsuccess = ({ target: { result } }) => result && mine.put({ ...result, seen: result.changed_at });
    }
  });
}

/** Forget a report on this phone. The report itself goes on. */
export const forget = (code) => write(["mine"], (mine) => mine.delete(code));

/** Keep a forgotten row again, as it was. */
export const putBack = (row) => write(["mine"], (mine) => mine.put(row));

/** Ask the server what became of all of them. Resolves to false when it could not be asked. */
export async function refresh() {
  const codes = (await all()).slice(0, MOST_ASKED).map((row) => row.code);
  try {
    for (let at = 0; at < codes.length; at += AT_ONCE) {
      const query = codes.slice(at, at + AT_ONCE).map((code) => `code=${code}`).join("&");
      const answer = await fetch(`/api/v1/receipts/?${query}`, {
        headers: { "Accept-Language": document.documentElement.lang },
        credentials: "omit",
        signal: AbortSignal.timeout?.(15000),
      });
      if (!answer.ok) return false;
      await take((await answer.json()).receipts);
    }
    return true;
  } catch {
    return false;
  }
}

function take(receipts) {
  return write(["mine"], (mine) => {
    for (const { code, status, title, changed_at, url, photo } of receipts) {
      mine.get(code).onsuccess = ({ target: { result } }) => {
        if (!result) return;
        const told = Date.parse(changed_at) < result.at + JUST_NOW; // what was so when it was sent is no news
        mine.put({ ...result, status, title, changed_at, url, photo, asked: Date.now(), seen: result.seen ?? (told ? changed_at : "nothing") });
      };
    }
  });
}

/** The addresses of all of them, one a line, to carry over to another phone. */
export async function addresses() {
  return (await all()).map((row) => row.secret_url || new URL(row.url || `/p/${row.code}/`, location.origin).href).join("\n");
}

/** The path of the receipt in a pasted address with its secret part, or "". Only the path: never to another site. */
export function receiptIn(text) {
  const [, code, token] = text.match(ADDRESS) ?? [];
  return token ? `/p/${code.toUpperCase()}/${token}/` : "";
}

/** Take over such a list, or any text with receipts' addresses in it; returns how many were found. */
export async function adopt(text) {
  const found = [...text.matchAll(new RegExp(ADDRESS, "gi"))];
  for (const [, code, token] of found) {
    const secret_url = token ? new URL(receiptIn(`/p/${code}/${token}`), location.origin).href : "";
    await remember({ code: code.toUpperCase(), secret_url });
  }
  return new Set(found.map(([, code]) => code.toUpperCase())).size;
}
