// The detail of the row that has the focus. Who walks through the list quickly asks the server once, for the last row only.
import htmx from "htmx.org";

const PAUSE_MS = 120;
let timer = 0;
let coming = { code: "", over: null, there: null }; // the detail that is on its way: asked for once, however often it is wanted

const place = () => document.getElementById("drawer");
const opened = () => place().querySelector("#open-case")?.dataset.code ?? "";

/** Fetches the detail of a case into the drawer; an older question that is still open is given up. */
function load(code) {
  if (coming.code === code) return coming.there;
  coming.over?.abort();
  const over = new AbortController();
  const there = fetched(code, over.signal).finally(() => {
    if (coming.over === over) coming = { code: "", over: null, there: null };
  });
  coming = { code, over, there };
  return there;
}

async function fetched(code, signal) {
  const address = document.getElementById("queue").dataset.detail.replace("CODE", encodeURIComponent(code));
  const back = document.getElementById("list").dataset.back;
  const answer = await fetch(back ? `${address}?${back}` : address, { headers: { "HX-Request": "true" }, signal });
  const text = await answer.text();
  if (!answer.ok || signal.aborted) return;
  htmx.swap(place(), text, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 });
  place().hidden = false;
  place().scrollTop = 0;
}

/** The drawer with the detail of this case, at once where it is there already. */
async function of(code) {
  clearTimeout(timer);
  if (opened() !== code) await load(code);
  place().hidden = opened() === "";
  return place();
}

/** Opens the form of a key in the drawer and gives its first field the focus. */
async function form(code, key) {
  const part = (await of(code)).querySelector(`details[data-key="${key}"]`);
  if (!part) return false;
  part.open = true;
  const first = part.querySelector("[aria-pressed=true]") ?? part.querySelector("input[type=radio], select, input:not([type=hidden])") ?? part.querySelector("button");
  first.focus();
  first.select?.();
  return true;
}

function listen() {
  document.addEventListener("queue-focus", ({ detail }) => {
    clearTimeout(timer);
    if (opened() === detail.code) return;
    timer = setTimeout(() => of(detail.code).catch(() => {}), PAUSE_MS);
  });
  document.addEventListener("queue-open", ({ detail }) =>
    of(detail.code).then((panel) => matchMedia("(max-width: 62rem)").matches && panel.scrollIntoView({ block: "start" }), () => {}),
  );
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.target?.id !== "drawer") return;
    place().hidden = false;
    place().scrollTop = 0;
    if (place().querySelector("#fault")) place().querySelector("details[open] :is(input, select):not([type=hidden])")?.focus();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#close")) return;
    event.preventDefault();
    place().hidden = true;
    document.dispatchEvent(new CustomEvent("queue-back"));
  });
}

export const drawer = { of, form, listen };
