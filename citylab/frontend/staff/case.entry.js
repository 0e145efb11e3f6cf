// The page of a case: a ready answer fills the reason, the preview follows what is typed, the map of the place is drawn, and one more when the place is to be moved.
// Without this script each of them is a button of its own.
const LATE_MS = 400; // after the last key

for (const form of document.querySelectorAll("form[data-read-by-reporter]")) {
  const reason = form.querySelector("[data-reason]");
  const template = form.querySelector("[data-template]");
  const place = form.querySelector("[data-preview]");
  const verb = form.querySelector("[data-without-script]").value;
  form.querySelector("[data-without-script]").hidden = true;
  let filled = "";
  let waiting = 0;
  let asked = null;

  async function preview() {
    asked?.abort();
    asked = new AbortController();
    if (!reason.value.trim()) return place.replaceChildren();
    const body = new FormData(form);
    body.set("preview", verb);
    try {
      const answer = await fetch(form.dataset.readByReporter, { method: "POST", body, signal: asked.signal });
      if (!answer.ok) return;
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      place.replaceChildren(...found.body.childNodes);
    } catch {
      // another key was pressed, or the network is away: the form itself still works
    }
  }

  template?.addEventListener("change", () => {
    const text = template.selectedOptions[0].dataset.text ?? "";
    if (text && (!reason.value.trim() || reason.value === filled)) reason.value = filled = text;
    preview();
  });
  form.addEventListener("input", (event) => {
    if (event.target === template) return;
    clearTimeout(waiting);
    waiting = setTimeout(preview, LATE_MS);
  });
}

// What can no longer be taken back is no longer offered.
const undo = document.querySelector(".undo[data-until]");
if (undo) setTimeout(() => undo.remove(), Math.max(0, undo.dataset.until * 1000 - Date.now()));

const map = document.getElementById("map-settings");
if (map) {
  const settings = JSON.parse(map.textContent);
  const maps = () => import(settings.script);
  const place = document.getElementById("place-map");
  if (place) maps().then(({ placeMap }) => placeMap(place, settings));

  const move = document.getElementById("do-move");
  const drawn = async () => {
    if (!move.open) return;
    move.removeEventListener("toggle", drawn);
    (await maps()).pointMap(document.getElementById("point-map"), document.getElementById("point"), document.getElementById("point-status"), settings);
  };
  move?.addEventListener("toggle", drawn);
  if (move) drawn();
}
