// The last action can be taken back for ten seconds, by its button or by a key. The server takes it a little longer.
import { lines } from "./queue_lines.js";

let timer = 0;

const toast = () => document.getElementById("toast");

/** Counts the ten seconds of what is offered now. */
function offer() {
  clearTimeout(timer);
  const seconds = Number(toast()?.dataset.shownS ?? 0);
  if (seconds) timer = setTimeout(() => toast()?.querySelector("#undo")?.remove(), seconds * 1000);
}

function now() {
  toast()?.querySelector("#undo")?.requestSubmit();
}

function listen() {
  offer();
  document.addEventListener("htmx:oobAfterSwap", ({ detail }) => {
    if (detail.target?.id === "toast" || detail.elt?.id === "toast") offer();
  });
  document.addEventListener("queue-toast", offer);
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("#undo[data-many]");
    if (!form) return;
    event.preventDefault();
    clearTimeout(timer);
    lines(form.action, new FormData(form));
  });
}

export const undo = { now, listen };
