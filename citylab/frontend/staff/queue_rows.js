// The rows and which of them has the focus. The place in the list is never lost: an action leaves its row where it was and
// goes to the next one; a list that is drawn anew is entered at the same place.

let here = { code: "", at: 0 };

const all = () => [...document.querySelectorAll("#rows > .item")];
const rowOf = (code) => document.getElementById(`row-${code}`);
const current = () => rowOf(here.code) ?? all()[Math.min(here.at, all().length - 1)];

/** Gives a row the focus, and tells the drawer and the map (`queue-focus` on the document). */
function enter(row) {
  row?.querySelector("a.row")?.focus();
}

function mark(row) {
  here = { code: row.dataset.code, at: all().indexOf(row) };
  for (const other of all()) {
    const on = other === row;
    other.classList.toggle("on", on);
    other.querySelector("a.row").toggleAttribute("aria-current", on);
  }
  row.scrollIntoView({ block: "nearest" });
  const address = new URL(location.href);
  address.searchParams.set("case", here.code);
  history.replaceState(history.state, "", address);
  document.dispatchEvent(new CustomEvent("queue-focus", { detail: { ...row.dataset } }));
}

/** The row so many places on; at the end of the page the next page comes in below. */
function step(by) {
  const list = all();
  const at = list.indexOf(current());
  if (at < 0) return enter(list[0]);
  if (!document.activeElement?.closest?.(".item") && !list[at].classList.contains("on")) return enter(list[at]);
  if (at + by >= list.length) return document.getElementById("next-page")?.click();
  enter(list[Math.max(0, at + by)]);
}

/** Behind the rows that were just done: the next that was not, else the one before. */
function afterActing(codes) {
  const list = all();
  const last = Math.max(...codes.map((code) => list.indexOf(rowOf(code))), -1);
  if (last < 0) return enter(current());
  enter(list.slice(last + 1).find((row) => !row.classList.contains("acted")) ?? list[last]);
}

function listen() {
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest?.("#rows > .item");
    if (row && !(row.dataset.code === here.code && row.classList.contains("on"))) mark(row);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("#rows a.row");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    link.focus();
    document.dispatchEvent(new CustomEvent("queue-open", { detail: { code: link.closest(".item").dataset.code } }));
  });
  document.addEventListener("htmx:oobAfterSwap", () => {
    // A row that was drawn anew stays the one with the focus.
    const row = rowOf(here.code);
    row?.classList.add("on");
    if (row && document.activeElement === document.body) enter(row);
  });
  document.addEventListener("queue-acted", ({ detail }) => afterActing(detail.codes));
  document.addEventListener("queue-undone", ({ detail }) => enter(rowOf(detail.codes[0]) ?? current()));
  let first = -1; // of the next page, while it is on its way
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.elt.id === "next-page") first = all().length;
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (first < 0 || detail.target?.id !== "rows") return; // told once for each row that came
    const at = first;
    first = -1;
    enter(all()[at]);
  });
  const opened = new URL(location.href).searchParams.get("case");
  if (opened && rowOf(opened)) enter(rowOf(opened));
}

/** The row after this one, if there is any. */
const next = (row) => enter(all()[all().indexOf(row) + 1] ?? row);

export const rows = { all, next, rowOf, current, enter, step, listen };
