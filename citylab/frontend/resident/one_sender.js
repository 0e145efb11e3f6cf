// Only one page, or the service worker, sends at a time: by a Web Lock, or by a lease in the database where there are none.

import { write } from "./storage.js";

const LEASE_MS = 20000; // a page that died is replaced after this long
const me = Math.random();

/** Run `work` when nobody else on this phone does; waits for its turn. */
export function alone(work) {
  return navigator.locks ? navigator.locks.request("outbox", work) : leased(work);
}

async function leased(work) {
  while (!(await renew())) await new Promise((wake) => setTimeout(wake, 1000));
  const beat = setInterval(renew, LEASE_MS / 4);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await write(["lease"], (lease) => lease.delete("outbox"));
  }
}

/** Take the lease or keep it; false while it is another's. */
async function renew() {
  let mine = false;
  await write(["lease"], (lease) => {
    lease.get("outbox").onsuccess = ({ target: { result } }) => {
      const left = result ? result.until - Date.now() : 0;
      mine = !result || result.by === me || left <= 0 || left > LEASE_MS; // a clock that was set back does not lock anybody out
      if (mine) lease.put({ by: me, until: Date.now() + LEASE_MS }, "outbox");
    };
  });
  return mine;
}
