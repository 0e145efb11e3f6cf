// The detail of the row that has the focus. Who walks through the list quickly asks the server once, for the last row only.
import htmx from "htmx.org";

const PAUSE_MS = 120;
let timer = 0;
let wanted = "";

const place = () => document.getElementById("drawer");
const opened = () => place().querySelector("#open-case")?.dataset.code ?? "";

/** Fetches the detail of a case into the drawer; resolves when it is there. */
async function load(code) {
  wanted = code;
  const address = document.getElementById("queue").dataset.detail.replace("CODE", encodeURIComponent(code));
  const back = document.getElementById("list").dataset.back;
  await htmx.ajax("GET", back ? `${address}?${back}` : address, { source: "#drawer", target: "#drawer", swap: "innerHTML" });
}

/** The drawer with the detail of this case, at once where it is there already. */
async function of(code) {
  clearTimeout(timer);
  if (opened() !== code) await load(code);
  place().hidden = false;
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
    timer = setTimeout(() => of(detail.code), PAUSE_MS);
  });
  document.addEventListener("queue-open", ({ detail }) =>
    of(detail.code).then((panel) => {
      if (matchMedia("(max-width: 62rem)").matches) panel.scrollIntoView({ block: "start" });
    }),
  );
  document.addEventListener("htmx:beforeSwap", (event) => {
    // An answer that was overtaken by a newer question is not shown.
    const code = event.detail.target?.id === "drawer" && event.detail.requestConfig?.verb === "get" && event.detail.serverResponse.match(/data-code="([^"]+)"/)?.[1];
    if (code && wanted && code !== wanted) event.detail.shouldSwap = false;
  });
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
