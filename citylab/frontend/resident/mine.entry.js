// “My reports”: shows what this phone has sent, asks what became of it, and lets the list be carried to another phone.

import { openReceipt } from "./code_box.js";
import { grouped } from "./code.js";
import { addresses, adopt, all, forget, markSeen, putBack, refresh } from "./mine.js";
import { list as outbox } from "./outbox.js";
import { counted, momentInWords } from "./plural.js";
import { roomForPhotos } from "./storage.js";

const $ = (id) => document.getElementById(id);
document.querySelector(".without-script").remove(); // for browsers that do not know @media (scripting)
const status = $("mine-status");
const words = status.dataset;
const TONES = { handled: "warn", cleaned: "good", verified: "good", refused: "bad" }; // by status of GET /api/v1/receipts/
const news = new Set(); // codes that were news when the page was opened: they stay marked until it is left
let removed = null;
let said = 0; // sentences so far: what a person's own tap brought is not talked over by a late answer

function say(sentence) {
  said += 1;
  status.textContent = sentence;
}

async function show() {
  const rows = await all();
  $("mine-list").replaceChildren(...rows.map(card));
  $("mine-list").hidden = !rows.length;
  $("mine-links").value = await addresses();
  $("mine-move").hidden = false;
  const waiting = (await outbox()).filter((item) => item.state !== "sent").length;
  $("mine-waiting").hidden = !waiting;
  const link = $("mine-waiting").firstElementChild;
  if (waiting) link.textContent = counted(link.dataset, "", waiting);
  return rows;
}

function card(row) {
  const item = $("mine-item").content.firstElementChild.cloneNode(true);
  const slot = Object.fromEntries([...item.querySelectorAll("[data-slot]")].map((part) => [part.dataset.slot, part]));
  if (row.changed_at && row.seen && row.changed_at !== row.seen) news.add(row.code);
  item.dataset.tone = TONES[row.status] ?? "";
  slot.link.href = row.secret_url || row.url || `/p/${row.code}/`;
  slot.link.textContent = row.words || grouped(row.code);
  slot.title.textContent = row.title ?? "";
  slot.title.hidden = !row.title;
  slot.code.textContent = grouped(row.code);
  slot.at.textContent = momentInWords(row.at);
  slot.at.dateTime = new Date(row.at).toISOString();
  slot.new.hidden = !news.has(row.code);
  slot.photo.hidden = !row.photo;
  if (row.photo) slot.photo.src = row.photo;
  slot.remove.setAttribute("aria-label", `${slot.remove.textContent}: ${slot.link.textContent}`);
  slot.remove.onclick = async () => {
    removed = row;
    await forget(row.code);
    await show();
    say(words.removed);
    $("mine-undo").hidden = false;
    $("mine-undo").focus();
  };
  return item;
}

$("mine-undo").onclick = async () => {
  await putBack(removed);
  $("mine-undo").hidden = true;
  await show();
  say("");
  status.focus();
};

$("mine-copy").onclick = async () => {
  const box = $("mine-links");
  box.select();
  const copied = await navigator.clipboard?.writeText(box.value).then(() => true, () => false);
  say(copied ? words.copied : words.copyByHand);
};

$("mine-adopt").onsubmit = async (event) => {
  event.preventDefault();
  const found = await adopt($("mine-paste").value);
  say(found ? counted(words, "added", found) : words.nothingAdded);
  if (!found) return $("mine-paste").focus();
  $("mine-paste").value = "";
  await show();
  if (await refresh()) await show();
};

async function open() {
  const rows = await show();
  if (!(await roomForPhotos()).ok && !rows.length) return say(words.missing);
  if (!rows.length) return say(words.none);
  say(words.asking);
  const before = said;
  const asked = await refresh();
  const now = await show();
  if (said === before) say(asked ? words.fresh : words.notAsked);
  if (document.visibilityState === "visible") await markSeen(now.map((row) => row.code));
}

openReceipt($("code-box"));
document.addEventListener("outbox", show);
addEventListener("pageshow", (event) => event.persisted && open());
open();
