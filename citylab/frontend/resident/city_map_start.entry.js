// The list is there already. This starts the map that moves: on a tap, or by itself where the screen is wide and data are cheap.
const stage = document.querySelector(".stage[data-map]");
const button = document.getElementById("open-map");
const status = document.querySelector(".mapside .status");
const wide = matchMedia("(min-width: 62rem)").matches;
let begun = false;

async function start(asked) {
  if (begun) return;
  begun = true;
  button.hidden = true;
  if (asked) status.textContent = stage.dataset.loading;
  try {
    const { open } = await import(stage.dataset.script);
    await open(stage, asked);
    status.textContent = "";
    for (const line of document.querySelectorAll(".legend .moving")) line.hidden = false;
  } catch (error) {
    console.warn(error);
    status.textContent = stage.dataset.failed;
  }
}

if (stage && button) {
  button.hidden = false;
  button.addEventListener("click", () => start(true));
  const calm = () => (window.requestIdleCallback ?? setTimeout)(() => start(false));
  if (wide && !navigator.connection?.saveData) document.readyState === "complete" ? calm() : addEventListener("load", calm);
}
