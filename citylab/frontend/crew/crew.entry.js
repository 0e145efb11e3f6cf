// The crew's page with scripts: position and camera for the photo, and everything goes through the outbox, so that it waits for a
// network and sends itself. Without this file the same forms are posted as they are.

import { list } from "../resident/outbox.js";
import { copyButton } from "../resident/pass_on.js";
import { counted } from "../resident/plural.js";
import { forgetPage, keepPage } from "./kept_page.js";
import { sendThroughOutbox } from "./visit.js";

const words = document.getElementById("crew-words").dataset;
const line = document.getElementById("outbox-line");
let hadAny = false;

for (const form of document.querySelectorAll("form[data-send]")) sendThroughOutbox(form, words, line);
for (const button of document.querySelectorAll("[data-copy]")) {
  const told = button.appendChild(Object.assign(document.createElement("span"), { role: "status" }));
  copyButton(button, () => button.dataset.copy, told, { copied: ` · ${button.dataset.copied}`, byHand: ` · ${button.dataset.copy}` });
}

/** The rows of what waits say so; how much it is stands above the list. */
async function show() {
  const here = location.pathname;
  const items = (await list()).filter((item) => item.address?.startsWith(here));
  hadAny ||= items.length > 0;
  const waiting = items.filter((item) => item.state === "waiting").length;
  line.hidden = !hadAny;
  if (hadAny) line.textContent = waiting ? counted(line.dataset, "", waiting) : items.length ? "" : line.dataset.done;
  for (const item of items) mark(item);
  const refused = items.filter((item) => item.state === "refused");
  if (refused.length) line.append(...refused.map((item) => Object.assign(document.createElement("span"), { className: "bad whole", textContent: `${item.code} ${words.refused} ${item.message}` })));
}

function mark(item) {
  const row = item.code && document.getElementById(item.code);
  if (!row) return;
  const state = row.querySelector("[data-slot=state]");
  state.textContent = item.state === "refused" ? `${words.refused} ${item.message}` : words.waiting;
  state.className = `state ${item.state === "refused" ? "bad" : "warn"}`;
}

/** What has arrived is shown as the server has it now; a form that is being filled in is left alone. */
async function renew(code) {
  const row = code && document.getElementById(code);
  if (!row) return;
  try {
    const answer = await fetch(location.pathname, { credentials: "omit", cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(code);
    if (!fresh) return;
    row.querySelector("[data-slot=state]").replaceWith(fresh.querySelector("[data-slot=state]"));
    row.classList.toggle("over", fresh.classList.contains("over"));
    if (fresh.classList.contains("over")) row.querySelector("form.visit")?.remove();
    if (!fresh.querySelector("[data-send=start]")) row.querySelector("[data-send=start]")?.remove();
    keepPage();
  } catch {} // it is shown when the page is opened again
}

document.addEventListener("outbox", async ({ detail }) => {
  await show();
  if (detail.state === "sent") await renew(detail.code);
});
addEventListener("pageshow", show);
show();
if (Date.now() < Date.parse(line.dataset.until)) keepPage();
else forgetPage();
if (location.hash) document.getElementById(location.hash.slice(1))?.querySelector("details")?.setAttribute("open", "");
