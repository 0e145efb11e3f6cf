// What waits on this phone: how large, how often tried, why not, and what can be done about it.

import { correct, sendAsNew } from "./amend.js";
import { grouped } from "./code.js";
import { appName, forgetsAfterAWeek, whereKept } from "./in_app.js";
import { draft, list, remove, sendAll, storageState } from "./outbox.js";
import { counted, momentInWords, sizeInWords } from "./plural.js";

const $ = (id) => document.getElementById(id);
document.querySelector(".without-script").remove(); // for browsers that do not know @media (scripting)
const status = $("waiting-status");
const words = status.dataset;
const heading = document.querySelector("h1");
const reports = heading.textContent;
const cards = new Map(); // uuid → card, so that a card with an open question is not replaced under the finger
let hadAny = false;

async function show() {
  const items = await list();
  hadAny ||= items.length > 0;
  for (const [uuid, card] of cards) {
    if (items.some((item) => item.uuid === uuid)) continue;
    card.remove();
    cards.delete(uuid);
  }
  for (const item of items) {
    if (!cards.has(item.uuid)) {
      cards.set(item.uuid, $("waiting-item").content.firstElementChild.cloneNode(true));
      $("waiting-list").append(cards.get(item.uuid));
    }
    fill(cards.get(item.uuid), item);
  }
  const waiting = items.filter((item) => item.state === "waiting").length;
  $("waiting-list").hidden = !items.length;
  $("waiting-keep").hidden = $("send-now").hidden = !waiting;
  $("report-waste").hidden = waiting > 0;
  $("waiting-draft").hidden = !(await draft.load());
  const things = items.some((item) => item.address); // a crew's visits are no reports
  heading.textContent = things ? heading.dataset.things : reports;
  say(waiting ? counted(words, things ? "things" : "", waiting) : items.length ? "" : hadAny ? words.none : words.never);
  if (!items.length && (await storageState()).reason === "missing") say(words.missing);
}

function say(sentence) {
  if (status.textContent !== sentence) status.textContent = sentence;
}

const slotsOf = (card) => Object.fromEntries([...card.querySelectorAll("[data-slot]")].map((part) => [part.dataset.slot, part]));

function fill(card, item, sending = false) {
  const slot = slotsOf(card);
  const left = item.files.filter((file) => file.state === "waiting").length;
  const photos = item.files.filter((file) => file.name !== "voice").length;
  const state = slot.state.dataset;
  card.dataset.tone = { refused: "bad", taken: "warn", sent: "warn" }[item.state] ?? "";
  slot.code.textContent = item.address ? item.code : grouped(item.receipt?.code ?? item.code);
  slot.words.textContent = item.words;
  slot.words.hidden = !item.words;
  slot.at.textContent = momentInWords(item.at);
  slot.at.dateTime = new Date(item.at).toISOString();
  slot.kind.hidden = !item.address;
  if (item.address) slot.kind.textContent = slot.kind.dataset[new Map(JSON.parse(item.body)).get("do") ?? "new"];
  const parts = [photos ? counted(slot.size.dataset, "", photos) : slot.size.dataset.none];
  if (item.files.some((file) => file.name === "voice")) parts.push(slot.size.dataset.voice);
  slot.size.textContent = [...parts, sizeInWords(item.size)].join(", ");
  slot.state.textContent = sending ? state.sending : item.state === "waiting" && item.receipt && left ? counted(state, "left", left) : item.address && item.state === "refused" ? state.formRefused : state[item.state];
  slot.message.textContent = [item.message, ...item.files.map((file) => file.message)].filter(Boolean).join(" ");
  slot.message.hidden = !slot.message.textContent;
  slot.tries.textContent = item.tries ? counted(slot.tries.dataset, "", item.tries) : "";
  slot.tries.hidden = !item.tries;
  slot.correct.hidden = item.state !== "refused" || Boolean(item.address); // a form is filled in on its own page
  slot.form.hidden = !item.address;
  if (item.address) slot.form.href = `${new URL("..", new URL(item.address, location.origin)).pathname}#${item.code || "new"}`;
  slot["as-new"].hidden = item.state !== "taken";
  slot.seen.hidden = item.state !== "sent";
  slot.delete.hidden = item.state === "sent";
  slot.receipt.hidden = !item.receipt;
  if (item.receipt) slot.receipt.href = item.receipt.secret_url || item.receipt.url;
  slot.question.textContent = item.address ? slot.question.dataset.form : item.receipt && item.state === "waiting" ? slot.question.dataset.rest : slot.question.dataset.all;
  slot.delete.onclick = () => ask(slot, true);
  slot.no.onclick = () => ask(slot, false);
  slot.yes.onclick = slot.seen.onclick = async () => {
    await remove(item.uuid);
    await show();
    say(words.deleted);
    $("main").focus();
  };
  slot.correct.onclick = async () => {
    if (await correct(item.uuid)) location.assign($("waiting-draft").href);
    else say(words.busyDraft);
  };
  slot["as-new"].onclick = () => sendAsNew(item.uuid).catch(show);
}

/** Deleting is asked about: the question takes the place of the buttons. */
function ask(slot, asking) {
  slot.actions.hidden = asking;
  slot.confirm.hidden = !asking;
  (asking ? slot.no : slot.delete).focus();
}

function sayWhere() {
  const slot = slotsOf($("waiting-keep"));
  const [name, where] = [whereKept(), slot.where.dataset];
  slot.where.textContent = (!name ? where.somewhere : appName() ? where.inside : where.browser).replaceAll("{app}", name);
  slot.forgets.hidden = !forgetsAfterAWeek();
  slot.background.hidden = !("SyncManager" in self && navigator.serviceWorker?.controller);
}

$("send-now").onclick = async () => {
  say(words.sending);
  await sendAll();
  await show();
};

document.addEventListener("outbox", async ({ detail }) => {
  await show();
  if (detail.state !== "sending") return;
  const item = (await list()).find((one) => one.uuid === detail.uuid);
  if (item?.state === "waiting") fill(cards.get(item.uuid), item, true);
});
addEventListener("pageshow", (event) => event.persisted && show());
sayWhere();
show();
