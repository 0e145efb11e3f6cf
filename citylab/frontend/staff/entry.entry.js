// Entry on behalf: places and open cases around appear while the place is typed. Without this script a button asks for them.
const LATE_MS = 300; // after the last key

const form = document.getElementById("entry");
const around = document.getElementById("around");
const find = form.querySelector("button[name=find]");
const point = document.getElementById("point");
let waiting = 0;
let asked = null;
find.hidden = true;

async function look() {
  asked?.abort();
  asked = new AbortController();
  const typed = new URLSearchParams();
  for (const name of ["where", "area", "point"]) typed.set(name, form.elements[name].value);
  for (const name of ["pick", "same_case"]) typed.set(name, form.querySelector(`[name=${name}]:checked`)?.value ?? "");
  try {
    const answer = await fetch(`${form.dataset.around}?${typed}`, { signal: asked.signal });
    if (!answer.ok) return;
    const focused = around.contains(document.activeElement) ? [document.activeElement.name, document.activeElement.value] : null;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    around.replaceChildren(...found.body.childNodes);
    if (focused) [...around.querySelectorAll("input")].find((one) => one.name === focused[0] && one.value === focused[1])?.focus();
  } catch {
    // another key was pressed, or the network is away: the form itself still works
  }
}

form.addEventListener("input", (event) => {
  const { name } = event.target;
  if (!["where", "area", "point", "pick"].includes(name)) return;
  if (name === "pick" && event.target.value) point.value = ""; // what was chosen last is meant
  clearTimeout(waiting);
  waiting = setTimeout(look, LATE_MS);
});
form.elements.where.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault(); // Enter looks around, it does not send a form that is half written
  look();
});

const box = document.getElementById("map-box");
box.hidden = false;
box.addEventListener("toggle", async () => {
  if (!box.open || box.dataset.drawn) return;
  box.dataset.drawn = "true";
  const settings = JSON.parse(document.getElementById("map-settings").textContent);
  const { pointMap } = await import(settings.script);
  pointMap(document.getElementById("point-map"), point, document.getElementById("point-status"), settings, look);
});

// The case of a report that was just taken is found by a worker within seconds.
const AGAIN_MS = 1500;
let tries = 20;
async function again() {
  const taken = document.getElementById("taken");
  if (!taken?.hasAttribute("data-waiting") || tries-- === 0) return;
  try {
    const answer = await fetch(location.href);
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("taken");
    if (found && !found.hasAttribute("data-waiting")) return taken.replaceWith(found);
  } catch {
    // asked again below
  }
  setTimeout(again, AGAIN_MS);
}
setTimeout(again, AGAIN_MS);
