// One to three photos: checked, made small, shown, removable. Both inputs feed one list.
import { resized } from "./resize.js";
import { counted, given, text } from "./texts.js";

const MOST = 3;
const PICTURE = /^image\//;
const NAMES = /\.(jpe?g|png|webp|heic|heif)$/i; // some phones give a photo no type

/** The list of photos under the inputs of a panel. `photos`: [{blob, file, source: "camera"|"gallery", ready}], `file` as it came until `blob` is made, changed in place.
 * `onChange()` after every change; `onTaken()` when the camera has given a photo. */
export function photoList(panel, photos, { onChange, onTaken }) {
  const status = document.getElementById("photo-status");
  const shown = document.getElementById("previews");
  const addresses = new Map(); // blob → its address for the preview, until it is taken off
  const inputs = { camera: panel.querySelector("[name=photo_camera]"), gallery: panel.querySelector("[name=photo_gallery]") };

  for (const [source, input] of Object.entries(inputs)) {
    input?.addEventListener("change", () => {
      const files = [...input.files];
      input.value = ""; // the same photo can be chosen again after it was removed
      if (files.length) add(files, source);
    });
  }

  function add(files, source) {
    const sentences = new Set();
    const taken = [];
    for (const file of files) {
      const fault = faultOf(file) || (photos.length + taken.length >= MOST ? text("photoMost") : "");
      if (fault) sentences.add(fault);
      else taken.push({ file, source, blob: null });
    }
    for (const photo of taken) {
      photo.ready = prepare(photo);
      photos.push(photo);
    }
    say([...sentences].join(" ") || counted("photo", photos.length), sentences.size > 0);
    draw();
    onChange();
    if (source === "camera" && taken.length) onTaken();
  }

  /** Makes the photo small. What cannot even be read is taken off the list again, and that is said. */
  async function prepare(photo) {
    try {
      const small = await resized(photo.file);
      // The original lies in another app's store, which may close: its bytes are taken now.
      photo.blob = small === photo.file ? new Blob([await photo.file.arrayBuffer()], { type: photo.file.type || "image/heic" }) : small;
      if (photo.blob.size > Number(given("photoBytes"))) throw new RangeError(text("photoLarge"));
    } catch (error) {
      const at = photos.indexOf(photo);
      if (at >= 0) photos.splice(at, 1);
      photo.fault = error instanceof RangeError ? error.message : text("photoUnreadable");
      say(photo.fault, true);
    }
    delete photo.file;
    draw();
    onChange();
  }

  function faultOf(file) {
    if (!file.size) return text("photoEmpty");
    if (file.type ? !PICTURE.test(file.type) : !NAMES.test(file.name)) return text("photoType");
    return "";
  }

  function say(sentence, wrong) {
    status.textContent = sentence;
    status.classList.toggle("error", wrong);
  }

  function draw() {
    for (const [blob, address] of addresses) {
      if (photos.some((photo) => photo.blob === blob)) continue;
      URL.revokeObjectURL(address);
      addresses.delete(blob);
    }
    shown.replaceChildren(...photos.map(preview));
    shown.hidden = !photos.length;
    panel.classList.toggle("has-photos", photos.length > 0);
    panel.classList.toggle("full", photos.length >= MOST);
  }

  function preview(photo, index) {
    const name = text("photoName", { number: index + 1 });
    const item = document.createElement("li");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = text("photoRemove");
    remove.setAttribute("aria-label", `${text("photoRemove")}: ${name}`);
    remove.addEventListener("click", () => {
      photos.splice(photos.indexOf(photo), 1);
      say(text("photoRemoved"), false);
      draw();
      onChange();
      (shown.querySelector("button") ?? inputs.camera).focus();
    });
    if (photo.blob) {
      const picture = new Image();
      picture.alt = name;
      picture.addEventListener("error", () => picture.replaceWith(without(name))); // HEIC, where the browser cannot draw it
      if (!addresses.has(photo.blob)) addresses.set(photo.blob, URL.createObjectURL(photo.blob));
      picture.src = addresses.get(photo.blob);
      item.append(picture, remove);
    } else {
      item.append(without(name, text("photoWorking")), remove);
    }
    return item;
  }

  function without(name, words = text("photoNoPreview")) {
    const box = document.createElement("span");
    box.className = "unseen";
    box.textContent = `${name}: ${words}`;
    return box;
  }

  /** Goes on with photos that a draft kept before they were small; whoever calls draws them. */
  function goOn() {
    for (const photo of photos) if (!photo.blob) photo.ready = prepare(photo);
  }

  draw();
  return { draw, goOn, /** Resolves when every photo is small and readable. */ ready: () => Promise.all(photos.map((photo) => photo.ready)) };
}
