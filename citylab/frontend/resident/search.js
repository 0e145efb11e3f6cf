// The search box over places, streets, wards and old names: answers while one types, each answer a button.
import { ask, settled } from "./server.js";
import { counted, given, text } from "./texts.js";

const FEWEST = 2; // letters
const PAUSE_MS = 250;

/** Wires the box; `onPick({pick, label, lon, lat})` when an answer was chosen. Returns a function that searches at once. */
export function searchBox(input, list, status, onPick) {
  const later = settled(search, PAUSE_MS);
  input.addEventListener("input", (event) => {
    if (!event.isComposing) later(); // a Vietnamese keyboard composes a letter from several keys
  });
  input.addEventListener("compositionend", () => later());

  async function search() {
    const asked = input.value.trim();
    if (asked.length < FEWEST) {
      list.replaceChildren();
      status.textContent = "";
      return;
    }
    const answer = await ask("search", given("search"), { q: asked });
    if (input.value.trim() !== asked) return; // a newer question is on its way
    if (!answer) {
      status.textContent = text("searchFailed");
      return;
    }
    list.replaceChildren(...answer.results.map(entry));
    list.hidden = !answer.results.length;
    if (answer.results.length) input.closest(".block").scrollIntoView({ block: "start" }); // above the keyboard and the bar
    status.textContent = answer.results[0]?.guess ? text("searchSimilar") : counted("searchFound", answer.results.length) || text("searchNothing");
  }

  function entry(result) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    const name = document.createElement("b");
    name.textContent = result.label;
    button.append(name);
    if (result.detail) {
      const detail = document.createElement("span");
      detail.className = "soft";
      detail.textContent = result.detail;
      button.append(" ", detail);
    }
    button.addEventListener("click", () => {
      list.replaceChildren();
      list.hidden = true;
      status.textContent = "";
      input.value = "";
      onPick(result);
    });
    item.append(button);
    return item;
  }

  return search;
}
