// “Is it this place?”: asked only when an open case lies near, and never waited for longer than a moment.
import { POOR_M } from "./position.js";
import { ask } from "./server.js";
import { metres } from "./texts.js";

const WAIT_MS = 1500; // what an answer may hold up the sending; without one the city's grouping decides alone

/** Wires the panel. `onAnswer(code | "new")` when the question was answered. */
export function nearbyPanel(panel, onAnswer) {
  const list = document.getElementById("nearby-cases");
  let around = ""; // the point that was asked about
  let asked = Promise.resolve(null);
  let found = [];

  panel.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=same_case]");
    if (!button) return;
    event.preventDefault();
    onAnswer(button.value, found.find(({ code }) => code === button.value)?.words ?? button.textContent);
  });

  /** Asks about a spot in good time; a new spot is a new question. A spot that may be off by more proves nothing near. */
  function look({ lon, lat, accuracy, source }) {
    const point = lon === null || source === "area" || accuracy > POOR_M ? "" : `${lon.toFixed(5)},${lat.toFixed(5)}`;
    if (point === around) return;
    around = point;
    show([]);
    asked = point ? ask("nearby", panel.dataset.nearby, { lon, lat }).then((answer) => (around === point ? show(answer?.cases ?? []) : null)) : Promise.resolve(null);
  }

  function show(cases) {
    found = cases;
    list.replaceChildren(...cases.map(entry));
    panel.dispatchEvent(new Event("found"));
  }

  function entry({ code, words, status_words, photo, distance_m }) {
    const item = document.createElement("li");
    item.className = "case";
    const what = document.createElement("div");
    what.className = "what";
    what.append(piece("b", words), piece("span", status_words), piece("span", panel.dataset.away.replace("{metres} m", metres(distance_m)), "soft"));
    const button = piece("button", panel.dataset.same, "go");
    button.name = "same_case";
    button.value = code;
    if (photo) {
      const picture = new Image(320, 240);
      picture.className = "pic";
      picture.alt = panel.dataset.photo;
      picture.src = photo;
      picture.addEventListener("error", () => picture.remove());
      item.append(picture);
    }
    item.append(what, button);
    return item;
  }

  return {
    look,
    /** Whether there is something to ask, as far as is known within a moment. */
    async any() {
      await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, WAIT_MS))]);
      return found.length > 0;
    },
    get count() {
      return found.length;
    },
  };
}

function piece(tag, words, name = "") {
  const element = document.createElement(tag);
  element.textContent = words ?? "";
  element.className = name;
  return element;
}
