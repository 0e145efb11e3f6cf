// Keeps the shell of the site for when there is no network, and sends what waits where there is Background Sync. Nothing
// needs it. It keeps only the pages it is told, never receipts, answers of the API or staff pages; a crew's round is kept by its own page.
// The server puts `self.SHELL` before this text: see shell_addresses in reports/pages/mine.py.

import { sendQueue } from "./sender.js";

const { version, first, pages, report, offline, leave, files, crew } = self.SHELL;
const NAME = `shell-${version}`;
const ROUND = "crew-round"; // kept by the crew's page itself (crew/kept_page.js), for as long as it is good
const PATIENCE = 4000; // ms for a page on a bad network, before the kept copy is shown
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("sync", (event) => event.tag === "outbox" && event.waitUntil(sendAll()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin || leave.some((start) => pathname.startsWith(start))) return;
  if (crew.some((start) => pathname.startsWith(start))) event.respondWith(ofRound(request, pathname));
  else if (request.mode === "navigate") event.respondWith(page(event));
  else if (pathname.startsWith(files)) event.respondWith(file(request));
});

async function install() {
  for (const address of first) await keep(address, await fetch(address, { credentials: "omit", cache: "no-cache" }));
  // The new one takes over at once, unless somebody is writing a report on a page of the old one.
  const open = await clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!open.some((client) => report.includes(new URL(client.url).pathname))) self.skipWaiting();
}

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith("shell-") && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
  await clients.claim();
}

/** Keep a page with every file it names, so that the two always fit. The policy and its nonces are kept with the page. */
async function keep(address, response) {
  if (!response.ok || response.redirected || /no-store/.test(response.headers.get("Cache-Control"))) return;
  const shell = await caches.open(NAME);
  const named = (await response.clone().text()).matchAll(/(?:href|src)="([^"?#]+)"/g);
  for (const [, name] of named) {
    if (name.startsWith(files) && !(await shell.match(name))) await shell.add(name);
  }
  await shell.put(address, response);
}

async function page(event) {
  const { pathname, search, searchParams } = new URL(event.request.url);
  const mayBeKept = pages.includes(pathname) && !searchParams.has("code"); // a look-up is no page of the shell
  const kept = mayBeKept && (await caches.match(pathname, { cacheName: NAME, ignoreVary: true }));
  const fresh = fetch(event.request).then((response) => {
    if (mayBeKept && !search) event.waitUntil(keep(pathname, response.clone()).catch(() => {}));
    return response;
  });
  try {
    return await (kept ? Promise.race([fresh, tooLong()]) : fresh);
  } catch {
    fresh.catch(() => {});
    return kept ? anew(kept) : offlinePage(pathname);
  }
}

const tooLong = () => new Promise((_, reject) => setTimeout(reject, PATIENCE));

/** A kept page with an id of its own: two reports written on it are two reports. */
async function anew(kept) {
  const id = crypto.randomUUID();
  const headers = new Headers(kept.headers);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  return new Response((await kept.text()).replaceAll(UUID, id), { headers });
}

async function offlinePage(pathname) {
  const [, address] = offline.find(([start]) => pathname.startsWith(start));
  return (await caches.match(address, { cacheName: NAME, ignoreVary: true })) ?? Response.error();
}

async function file(request) {
  return (await caches.match(request, { cacheName: NAME, ignoreVary: true })) ?? fetch(request).catch(() => keptOfRound(request.url));
}

/** A crew's page and its photos come from the server, and from what the page kept of them where there is no network. */
async function ofRound(request, pathname) {
  try {
    const answer = await fetch(request);
    if (request.mode === "navigate" && [404, 410].includes(answer.status)) await caches.delete(ROUND);
    return answer;
  } catch {
    return request.mode === "navigate" ? ((await keptRound(pathname)) ?? offlinePage(pathname)) : keptOfRound(request.url);
  }
}

/** The kept page, until the shift ends: then it goes, with the photos of it, though no network says so. */
async function keptRound(pathname) {
  const kept = await caches.match(pathname, { cacheName: ROUND, ignoreVary: true });
  const until = kept && /data-until="([^"]+)"/.exec(await kept.clone().text())?.[1];
  if (until && Date.parse(until) <= Date.now()) return void (await caches.delete(ROUND));
  return kept;
}

const keptOfRound = async (address) => (await caches.match(new URL(address).pathname, { cacheName: ROUND, ignoreVary: true })) ?? Response.error();

async function sendAll() {
  const pagesHear = new BroadcastChannel("outbox");
  const next = await sendQueue({ awake: true, tell: (detail) => pagesHear.postMessage(detail) });
  pagesHear.close();
  if (next !== null) throw new Error("something still waits"); // the browser calls again later
}
