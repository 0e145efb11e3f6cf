// On the reporter's own receipt: the photos that were not sent yet go on from here, and the page says how many are left.
import { whereKept } from "./in_app.js";
import { list } from "./outbox.js";

const line = document.getElementById("still-to-send");
const path = (address) => new URL(address, location.href).pathname;

/** Says how many photos and recordings are left; `left` of the report that this page is about. */
function say(left) {
  const { one, many, done, keep, keepIn } = line.dataset;
  const where = whereKept();
  line.hidden = false;
  line.textContent = left ? `${left === 1 ? one : many.replace("{n}", left)} ${where ? keepIn.replace("{app}", where) : keep}` : done;
}

/** What the page lists as sent, as it is now. */
async function renew() {
  try {
    const page = await (await fetch(location.pathname, { credentials: "omit", cache: "no-store" })).text();
    const fresh = new DOMParser().parseFromString(page, "text/html").querySelector(".sent");
    if (fresh) document.querySelector(".sent")?.replaceWith(fresh);
  } catch {} // it is told when the page is opened again
}

if (line) {
  const here = location.pathname;
  document.addEventListener("outbox", ({ detail: { receipt, left, state } }) => {
    if (!receipt?.secret_url || path(receipt.secret_url) !== here || state === "removed") return;
    if (left || !line.hidden) say(left);
    if (!left) renew();
  });
  list().then((items) => {
    const mine = items.find(({ receipt }) => receipt?.secret_url && path(receipt.secret_url) === here);
    const left = mine?.files.filter(({ state }) => state === "waiting").length;
    if (left) say(left);
  });
}
