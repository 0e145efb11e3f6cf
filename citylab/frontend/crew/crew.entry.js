// The crew's page with scripts: position and camera for the photo, and everything goes through the outbox, so that it waits for a
// network and sends itself. Without this file the same forms are posted as they are.

import { filesOf, forgetForms, list, remove } from "../resident/outbox.js";
import { copyButton } from "../resident/pass_on.js";
import { counted } from "../resident/plural.js";
import { forgetPage, keepPage } from "./kept_page.js";
import { sendThroughOutbox } from "./visit.js";

const OLDEST_MS = 3 * 86400e3; // no link takes anything so late
const words = document.getElementById("crew-words").dataset;
const line = document.getElementById("outbox-line");
const halves = new Map(); // form → what is half filled in there
let hadAny = false;

for (const form of document.querySelectorAll("form[data-send]")) halves.set(form, sendThroughOutbox(form, words, line));
for (const button of document.querySelectorAll("[data-copy]")) {
  const told = button.appendChild(Object.assign(document.createElement("span"), { role: "status" }));
  copyButton(button, () => button.dataset.copy, told, { copied: ` · ${button.dataset.copied}`, byHand: ` · ${button.dataset.copy}` });
}

/** The rows of what waits say so; how much it is stands above the list. */
async function show() {
  const here = location.pathname;
  const items = (await list()).filter((item) => item.address?.startsWith(here));
  hadAny ||= items.length > 0;
  const waiting = items.filter((item) => item.state === "waiting");
  const refused = items.filter((item) => item.state === "refused");
  line.hidden = !hadAny;
  if (hadAny) line.textContent = waiting.length ? counted(line.dataset, "", waiting.length) : items.length ? "" : line.dataset.done;
  line.append(...refused.map(toldOf));
  for (const item of items) mark(item);
  // What waits is not asked for a second time; it can be looked at, and deleted, where everything waits.
  for (const form of document.querySelectorAll("form[data-send=visit], form[data-send=start]")) {
    form.hidden = waiting.some((item) => item.code === form.closest(".stop").id && ["visit", form.dataset.send].includes(kindOf(item)));
    if (form.dataset.send === "visit") form.closest(".stop").querySelector("[data-slot=kept]").hidden = !form.hidden;
  }
}

const kindOf = (item) => Object.fromEntries(JSON.parse(item.body)).do ?? "new";

/** What was not taken, with why, and a way back into its form. */
function toldOf(item) {
  const told = Object.assign(document.createElement("span"), { className: "bad whole", textContent: `${item.words}: ${item.message} ` });
  const kind = kindOf(item);
  const form = document.querySelector(kind === "new" ? "form[data-send=new]" : `[id="${item.code}"] form[data-send=visit]`);
  if (kind !== "start" && form) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "alt", textContent: words.correct });
    button.addEventListener("click", () => correct(item, form));
    told.append(button);
  }
  return told;
}

/** Everything goes back into the form, on the disk, before it leaves the outbox. */
async function correct(item, form) {
  const half = halves.get(form);
  const fields = JSON.parse(item.body);
  const { lon, lat, accuracy_m: accuracy } = Object.fromEntries(fields);
  half.fill({ fields, here: lon && lat ? { lon: Number(lon), lat: Number(lat), accuracy: Number(accuracy) || 0 } : null }, (await filesOf(item)).photos);
  await half.rest();
  await remove(item.uuid);
  form.closest("details").open = true;
  form.closest("details").querySelector("summary").focus();
}

function mark(item) {
  const row = item.code && document.getElementById(item.code);
  if (!row) return;
  const state = row.querySelector("[data-slot=state]");
  state.textContent = words[item.state === "refused" ? "refused" : "waiting"]; // why, is told above the list
  state.className = `state ${item.state === "refused" ? "bad" : "warn"}`;
}

/** What has arrived is shown as the server has it now; a form that is being filled in is left alone. */
async function renew(code) {
  try {
    const answer = await fetch(location.pathname, { credentials: "omit", cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const replace = (old, fresh) => old && fresh && old.replaceWith(fresh);
    replace(document.getElementById("counts"), page.getElementById("counts"));
    const [row, fresh] = [code && document.getElementById(code), code && page.getElementById(code)];
    if (row && fresh) {
      replace(row.querySelector("[data-slot=state]"), fresh.querySelector("[data-slot=state]"));
      row.classList.toggle("over", fresh.classList.contains("over"));
      for (const form of row.querySelectorAll("form[data-send]")) if (!fresh.querySelector(`[data-send=${form.dataset.send}]`)) form.remove();
    }
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
forgetForms(Date.now() - OLDEST_MS).catch(() => {});
if (location.hash) document.getElementById(location.hash.slice(1))?.querySelector("details")?.setAttribute("open", "");
