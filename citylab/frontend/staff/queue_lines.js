// An action on many: the server answers a line of JSON after each lot, and the page shows how far it has come.
import htmx from "htmx.org";
import { rows } from "./queue_rows.js";

let busy = false; // a second press before the answer is no second wish

function progress(done, of) {
  const shown = document.getElementById("progress");
  if (!shown) return;
  shown.hidden = done === null;
  if (done === null) return;
  shown.closest("details").open = true;
  shown.querySelector("progress").value = of ? done / of : 0;
  shown.querySelector("span").textContent = `${done} / ${of}`;
}

/** Puts a new toast where the old one is. Gives no fault. */
function say(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("toast");
  fresh.removeAttribute("hx-swap-oob");
  document.getElementById("toast").replaceWith(fresh);
  htmx.process(fresh);
  document.dispatchEvent(new CustomEvent("queue-toast"));
}

function complain(sentence) {
  const shown = document.getElementById("toast");
  shown.replaceChildren(Object.assign(document.createElement("p"), { className: "errors", textContent: sentence }));
}

/** Sends the form, reads the lines, and draws the list anew at the same place. Gives whether it was done. */
export async function lines(address, form) {
  if (busy) return false;
  busy = true;
  progress(0, 0);
  let fault = document.getElementById("queue").dataset.broken; // until the last line says what was done
  try {
    const answer = await fetch(address, { method: "POST", body: new URLSearchParams(form), headers: { Accept: "application/x-ndjson" } });
    if (!answer.headers.get("Content-Type")?.startsWith("application/x-ndjson")) throw new Error(String(answer.status));
    let rest = "";
    for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
      const found = (rest + part).split("\n");
      rest = found.pop();
      for (const line of found.map((text) => JSON.parse(text))) {
        if (line.fault) fault = line.fault;
        else if (line.toast) {
          say(line.toast);
          fault = "";
        } else progress(line.done, line.of);
      }
    }
  } catch {
    // the sentence is there already
  }
  busy = false;
  progress(null);
  if (fault) {
    complain(fault);
    return false;
  }
  const at = rows.current();
  await htmx.ajax("GET", location.pathname + location.search, { source: "#list", target: "#list", select: "#list", swap: "outerHTML" });
  rows.enter(rows.rowOf(at?.dataset.code) ?? rows.current());
  return true;
}
