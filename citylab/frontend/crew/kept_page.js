// The page of the round on the phone, so that it opens again without a network after the browser was closed; the service worker
// shows it then. Only one is kept, and none that is over: its address is as secret there as anywhere on this phone.

const NAME = "crew-round";

/** Keep the page as it is now, with the photos on it. Nothing waits for this. */
export async function keepPage() {
  if (!("caches" in self)) return;
  try {
    const answer = await fetch(location.pathname, { credentials: "omit", cache: "no-store" });
    if (answer.status === 404 || answer.status === 410) return await forgetPage();
    if (!answer.ok) return;
    const page = await answer.clone().text();
    const kept = await caches.open(NAME);
    for (const request of await kept.keys()) {
      if (!new URL(request.url).pathname.startsWith(location.pathname)) await kept.delete(request); // another day's
    }
    await kept.put(location.pathname, answer);
    for (const [, name] of page.matchAll(/(?:src|href)="([^"?#]+)"/g)) {
      const wanted = name.startsWith("/static/") || (name.startsWith(location.pathname) && name.endsWith("/small/"));
      if (wanted && !(await kept.match(name))) await kept.add(name).catch(() => {});
    }
  } catch {} // no network, or no room: the page that is open goes on
}

/** Its shift is over: nothing of it stays. */
export const forgetPage = async () => void (await self.caches?.delete(NAME));
