// The first page says what this phone keeps: news, what waits, and a report half written. For everybody else it stays as it is.

import { draft, list } from "./outbox.js";
import { openReceipt } from "./code_box.js";
import { all, refresh, unseen } from "./mine.js";
import { counted } from "./plural.js";

const ASK_AGAIN = 120000; // ms between two looks for news
const place = document.getElementById("kept-here");
const words = place?.dataset ?? {};

function note(title, more, href) {
  const link = document.createElement("a");
  const bold = document.createElement("b");
  link.className = "note";
  link.href = href;
  bold.textContent = title;
  link.append(bold);
  if (more) link.append(document.createElement("br"), more);
  return link;
}

async function show() {
  const [news, kept, items, half] = await Promise.all([unseen(), all(), list(), draft.load()]);
  const waiting = items.filter((item) => item.state === "waiting").length;
  const name = items.some((item) => item.address) ? "things" : "waiting"; // a crew's visits are no reports
  const toTell = items.length - waiting;
  const notes = [];
  if (news.length) {
    const [first] = news;
    const more = news.length === 1 && first.title ? [first.words, first.title].filter(Boolean).join(": ") : "";
    notes.push(note(counted(words, "news", news.length), more, words.newsHref));
  }
  if (toTell) notes.push(note(counted(words, "told", toTell), words.toldMore, words.waitingHref));
  if (waiting) notes.push(note(counted(words, name, waiting), words.waitingMore, words.waitingHref));
  if (half) notes.push(note(words.draft, words.draftMore, words.draftHref));
  if (kept.length && !news.length) {
    const link = note("", words.mine, words.newsHref);
    link.className = "alt";
    link.replaceChildren(words.mine);
    notes.push(link);
  }
  place.replaceChildren(...notes);
  place.hidden = !notes.length;
}

if (place) {
  show();
  document.addEventListener("outbox", show);
  addEventListener("pageshow", (event) => event.persisted && show());
  lookForNews();
}

/** Not at every visit: a phone that comes back within two minutes has asked just now. */
async function lookForNews() {
  if (!(await all()).some((row) => !(Date.now() - row.asked < ASK_AGAIN))) return;
  if (await refresh()) show();
}

openReceipt(document.querySelector("form:has([name=code])"));
