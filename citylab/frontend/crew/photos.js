// The photos of a form: from the camera over the page or from the file field, made small, shown, and taken away again.

import { resized } from "../resident/resize.js";
import { mayOpen, openCamera } from "./camera.js";

const MOST = 3;

/** `photos`: [{blob}], changed in place. `before()` gives the photo that lies over the camera, or null; `taken()` hears when one is
 * being taken, `changed()` when there is one more or less, `say(sentence)` trouble. */
export function takePhotos(form, photos, words, { before, taken, changed, say }) {
  const input = form.querySelector("input[type=file]");
  const shown = form.querySelector("[data-slot=previews]");
  const button = form.querySelector("[data-camera]");

  function draw() {
    for (const picture of shown.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
    shown.replaceChildren(
      ...photos.map((photo, index) => {
        const name = `${words.photo} ${index + 1}`;
        const item = document.createElement("li");
        const remove = Object.assign(document.createElement("button"), { type: "button", textContent: words.remove });
        remove.setAttribute("aria-label", `${words.remove}: ${name}`);
        remove.addEventListener("click", () => {
          photos.splice(photos.indexOf(photo), 1);
          draw();
          changed();
          input.focus();
        });
        item.append(Object.assign(new Image(), { src: URL.createObjectURL(photo.blob), alt: name }), remove);
        return item;
      }),
    );
    shown.hidden = !photos.length;
  }

  function add(blob) {
    if (photos.length >= MOST) return say(words.photosMost);
    photos.push({ blob });
    draw();
    changed();
  }

  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    if (files.length) taken();
    for (const file of files) {
      if (!file.size || (file.type && !file.type.startsWith("image/"))) {
        say(words.photoUnreadable);
        continue;
      }
      const small = await resized(file);
      add(small === file ? new Blob([await file.arrayBuffer()], { type: file.type || "image/heic" }) : small);
    }
  });
  if (button && mayOpen()) {
    button.hidden = false;
    button.addEventListener("click", () => {
      taken();
      openCamera(before(), add, say);
    });
  }
  form.addEventListener("cleared", draw);
  form.addEventListener("restored", draw);
}
