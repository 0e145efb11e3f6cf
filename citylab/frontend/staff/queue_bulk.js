// What is chosen, and the actions on all of it: rows by key or click, or everything in the list by its filter.
import { lines } from "./queue_lines.js";
import { rows } from "./queue_rows.js";

const FIELDS = { a: "#bulk-to", s: "#bulk-priority", r: "#bulk-reason", d: "#bulk-into" };

const box = () => document.getElementById("bulk-box");
const boxes = () => [...document.querySelectorAll("#rows input[name=case]")];
const whole = () => document.getElementById("all-of-view")?.checked;
const any = () => Boolean(whole() || boxes().some((one) => one.checked));

function tell() {
  const shown = document.getElementById("chosen-count");
  if (!shown) return;
  const n = whole() ? document.getElementById("list").dataset.total : boxes().filter((one) => one.checked).length;
  shown.textContent = Number(n) ? `(${n})` : "";
}

function toggle(row) {
  const one = row?.querySelector("input[name=case]");
  if (!one) return;
  one.checked = !one.checked;
  tell();
  rows.next(row);
}

/** Opens the actions and gives the field of a key the focus. */
function form(key) {
  box().open = true;
  box().querySelector(FIELDS[key])?.focus();
}

/** Sends one verb for all that is chosen. */
function send(verb) {
  const sent = new FormData(document.getElementById("bulk"));
  sent.set("verb", verb);
  // Only what is chosen goes along, whatever the list shows beside it.
  const chosen = new Set(sent.getAll("case"));
  const seen = sent.getAll("seen").filter((pair) => !whole() && chosen.has(pair.split(":")[0]));
  sent.delete("seen");
  seen.forEach((pair) => sent.append("seen", pair));
  return lines(document.getElementById("queue").dataset.act, sent).then(tell);
}

function listen() {
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("#rows input[name=case], #all-of-view")) tell();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "bulk") return;
    event.preventDefault();
    send(event.submitter?.value || implied());
  });
}

/** Enter in a field means the verb beside it. */
function implied() {
  return document.activeElement?.closest(".fields")?.querySelector("button")?.value ?? "";
}

export const bulk = { any, toggle, form, send, listen };
