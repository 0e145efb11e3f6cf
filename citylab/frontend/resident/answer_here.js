// “Clean” or “not clean” from where the phone is: one tap asks for the position, sends it once with the answer, keeps nothing.

import { deviceName } from "./device.js";

const PATIENCE_MS = 15_000;
const GOOD_M = 100; // what the server takes

/** Makes the form of the page of a waste site answer from here. With the proof of a QR sign no position is asked for. */
export function answerFromHere(form) {
  form.elements.device.value = deviceName();
  const buttons = document.getElementById("here-buttons");
  if (!form.elements.lon || !buttons) return; // at a sign: a plain form
  const told = document.getElementById("here-told");
  buttons.hidden = false;
  form.addEventListener("submit", (event) => {
    if (form.elements.lon.value) return;
    event.preventDefault();
    const button = event.submitter;
    told.className = "";
    told.textContent = form.dataset.looking;
    position().then(
      ({ coords: { longitude, latitude, accuracy } }) => {
        if (!(accuracy <= GOOD_M)) return refuse(form.dataset.vague);
        form.elements.lon.value = longitude;
        form.elements.lat.value = latitude;
        form.elements.accuracy_m.value = accuracy;
        form.requestSubmit(button);
      },
      () => refuse(form.dataset.denied),
    );
  });

  function refuse(words) {
    told.className = "error";
    told.textContent = words;
  }
}

function position() {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation || !isSecureContext) return reject();
    navigator.geolocation.getCurrentPosition(resolve, reject, { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 30_000 });
  });
}
