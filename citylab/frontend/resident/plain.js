// Where the phone can keep nothing, the plain forms stay; a little is bettered: what was chosen is named, the phone has a
// name, and its position can be used.
import { positionWatch } from "./position.js";
import { metres, text } from "./texts.js";

/** Wires the one form of this page. */
export function plainForms(device) {
  for (const input of document.querySelectorAll("input[name=device]")) input.value ||= device;
  nameChosenPhotos();
  const form = document.querySelector('[data-step="place"]');
  const locate = document.getElementById("locate");
  if (!form || !locate || form.hidden) return;
  const error = document.getElementById("place-error");
  const watch = positionWatch(({ best, state }) => {
    if (best) {
      const found = { lon: best.lon.toFixed(6), lat: best.lat.toFixed(6), accuracy_m: best.accuracy, location_source: "gps", place: "" };
      for (const [name, value] of Object.entries(found)) form.elements[name].value = value;
    }
    error.textContent = best ? text("error", { length: metres(best.accuracy) }) : state === "looking" ? text("locating") : text(state);
  });
  locate.hidden = false;
  locate.addEventListener("click", () => {
    watch.forget();
    watch.start();
  });
  form.addEventListener("submit", () => watch.stop());
}

/** The buttons hide what a plain file input would say. */
function nameChosenPhotos() {
  const panel = document.querySelector('[data-step="photo"]');
  const inputs = [...(panel?.querySelectorAll("[type=file]") ?? [])];
  const status = document.getElementById("photo-status");
  const show = () => {
    const names = inputs.flatMap((input) => [...input.files].map(({ name }) => name));
    status.textContent = names.join(", ");
    panel.classList.toggle("has-photos", names.length > 0 || Boolean(panel.querySelector("[name=kept]")));
  };
  for (const input of inputs) input.addEventListener("change", show);
  if (inputs.length) show();
}
