// The keys of the queue. Silent while somebody types or an input method composes, and with their switch off, which this computer remembers.
import htmx from "htmx.org";
import { bulk } from "./queue_bulk.js";
import { drawer } from "./queue_drawer.js";
import { rows } from "./queue_rows.js";
import { undo } from "./queue_undo.js";

const OFF = "queue-keys-off";
const COMPOSING = 229; // what browsers say of a key that goes to an input method

const isOn = () => localStorage.getItem(OFF) !== "1";

const isComposing = (event) => event.isComposing || event.keyCode === COMPOSING;

/** Whether the key belongs to what is being typed, and not to the queue. */
function isTyping(event) {
  if (isComposing(event) || event.ctrlKey || event.metaKey || event.altKey) return true;
  const field = event.target;
  if (field.isContentEditable || field.closest?.("dialog[open]")) return true;
  return field.matches?.("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])") ?? false;
}

/** Confirms at once: the row says what was seen, so nothing has to be open for it. */
function confirm() {
  const row = rows.current();
  if (!row || row.dataset.busy) return;
  row.dataset.busy = "true"; // a second press before the answer is no second wish
  const values = { verb: "publish", case: row.dataset.code, seen: `${row.dataset.code}:${row.dataset.version}`, back: document.getElementById("list").dataset.back };
  htmx.ajax("POST", document.getElementById("queue").dataset.act, { source: "#drawer", target: "#drawer", swap: "innerHTML", values }).finally(() => delete row.dataset.busy);
}

let early = null; // what is typed while a form is on its way: words for it, never keys of the queue

/** Opens the form of a key for a row; what was typed until it is there goes into its field. */
async function fillIn(row, key) {
  const typed = (early = []);
  const there = await drawer.form(row.dataset.code, key).catch(() => false);
  if (early !== typed) return; // given up meanwhile
  early = null;
  const field = document.activeElement;
  if (!there || !typed.length || !field.matches("input:not([type]), input[type=text], textarea")) return;
  field.setRangeText(typed.join(""), field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The form of a key: for all that are chosen, else for the row with the focus. */
function open(key) {
  if (bulk.any()) return bulk.form(key);
  const row = rows.current();
  if (row) fillIn(row, key);
}

const KEYS = {
  j: () => rows.step(1),
  k: () => rows.step(-1),
  p: () => (bulk.any() ? bulk.send("confirm") : confirm()),
  a: () => open("a"),
  d: () => open("d"),
  s: () => open("s"),
  r: () => open("r"),
  e: () => rows.current() && fillIn(rows.current(), "e"),
  x: () => bulk.toggle(rows.current()),
  z: () => undo.now(),
  "/": () => document.getElementById("search").focus(),
  "?": () => document.getElementById("keys").showModal(),
};

function listen() {
  const dialog = document.getElementById("keys");
  const button = document.getElementById("keys-open");
  const box = document.getElementById("keys-on");
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
  box.checked = isOn();
  box.addEventListener("change", () => (box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !isComposing(event) && !dialog.open && event.target.closest?.("#drawer, #bulk-box, .filters")) return rows.enter(rows.current());
    if (event.key === "Enter" && event.target.value && event.target.matches?.("#act select, #bulk select")) {
      event.preventDefault(); // a choice is sent as a typed word is: by the verb beside it
      return event.target.closest(".fields").querySelector("button").click();
    }
    if (event.key === "Escape") early = null;
    if (!isOn() || isTyping(event)) return;
    if (early) {
      if (event.key.length === 1) early.push(event.key);
      return event.key === "Tab" || event.preventDefault();
    }
    if (event.key === "Enter" && event.target.matches("a.row")) {
      event.preventDefault();
      return location.assign(document.getElementById("queue").dataset.page.replace("CODE", event.target.closest(".item").dataset.code));
    }
    const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    if (event.repeat && act !== KEYS.j && act !== KEYS.k) return; // a key held down walks the list, and never acts on one row after the other
    act();
  });
  document.addEventListener("queue-back", () => rows.enter(rows.current()));
}

export const keys = { listen };
