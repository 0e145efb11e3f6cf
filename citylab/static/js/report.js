// Betters the report form where it can. Without this file every part of the form still works.
const form = document.getElementById("report");
const words = form.dataset;
const $ = (id) => document.getElementById(id);
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// --- the phone, known to the city only by a keyed hash for 30 days: a few phones cannot make a hotspot --
try {
  form.elements.device.value = localStorage.device ||= crypto.randomUUID();
} catch {} // no storage here: the report is its own reporter

// --- photos: both inputs feed one list of at most three, shown and removable -----------------
const camera = form.elements.photo_camera;
const gallery = form.elements.photo_gallery;
const received = form.querySelectorAll("[name=kept]").length;
let photos = [];

function showPhotos() {
  const carrier = new DataTransfer();
  photos.forEach((file) => carrier.items.add(file));
  gallery.files = carrier.files;
  camera.value = "";
  const list = $("previews");
  list.querySelectorAll("img").forEach((picture) => URL.revokeObjectURL(picture.src));
  list.replaceChildren(...photos.map(preview));
  list.hidden = !photos.length;
}

function preview(file, index) {
  const item = document.createElement("li");
  const picture = new Image();
  picture.alt = `${words.photo} ${index + 1}`;
  picture.src = URL.createObjectURL(file);
  picture.onerror = () => picture.replaceWith(file.name); // a format this browser cannot draw, such as HEIC
  const remove = document.createElement("button");
  remove.type = "button";
  remove.textContent = words.remove;
  remove.setAttribute("aria-label", `${words.remove}: ${words.photo} ${index + 1}`);
  remove.onclick = () => {
    photos.splice(index, 1);
    showPhotos();
    ($("previews").querySelector("button") || camera).focus();
  };
  item.append(picture, remove);
  return item;
}

function addPhotos(files) {
  const fit = files.filter((file) => file.size <= words.max);
  const room = 3 - received - photos.length;
  $("photo-status").textContent =
    fit.length < files.length ? words.toolarge : fit.length > room ? words.most : "";
  photos = photos.concat(fit.slice(0, Math.max(room, 0)));
  showPhotos();
}

if (camera) {
  try {
    gallery.files = new DataTransfer().files; // old browsers cannot do this: they keep the plain inputs
    document.documentElement.classList.add("js");
    camera.onchange = () => addPhotos([...camera.files]);
    gallery.onchange = () => addPhotos([...gallery.files]);
  } catch {
    photos = null;
  }
}

// --- place: the best position of fifteen seconds, with its error in words --------------------
const locate = $("locate");
const find = locate.innerHTML;
let watch = null;

function stopWatching() {
  if (watch !== null) navigator.geolocation.clearWatch(watch);
  watch = null;
}

function forget() {
  stopWatching();
  for (const name of ["lon", "lat", "accuracy_m"]) form.elements[name].value = "";
  $("position").textContent = "";
  locate.innerHTML = find;
}

function found({ coords }) {
  const best = form.elements.accuracy_m.value;
  if (best && coords.accuracy >= best) return;
  form.elements.lon.value = coords.longitude.toFixed(6);
  form.elements.lat.value = coords.latitude.toFixed(6);
  form.elements.accuracy_m.value = Math.ceil(coords.accuracy);
  $("position").textContent = fill(coords.accuracy > 100 ? words.coarse : words.found, { metres: Math.ceil(coords.accuracy) });
  locate.textContent = words.forget;
  if (coords.accuracy <= 10) stopWatching();
}

if (navigator.geolocation && isSecureContext) {
  locate.hidden = false;
  if (form.elements.lat.value) locate.textContent = words.forget;
  locate.onclick = () => {
    if (form.elements.lat.value || watch !== null) return forget();
    $("position").textContent = words.locating;
    watch = navigator.geolocation.watchPosition(found, () => {
      stopWatching();
      if (!form.elements.lat.value) $("position").textContent = words.denied;
    }, { enableHighAccuracy: true, timeout: 10000, maximumAge: 0 });
    setTimeout(stopWatching, 15000);
  };
}

// --- sending: what is missing is said before the photos travel -------------------------------
const title = document.title;
const send = document.querySelector("button[form=report]");

function missing() {
  const has = (name) => form.elements[name].value.trim();
  const found = [];
  if (!has("area") && !has("lat")) found.push(["area", "place", words.place]);
  const pictures = received || photos?.length || camera?.files.length || gallery?.files.length;
  if (!has("description") && !pictures) found.push(["description", "description", words.content]);
  return found;
}

function say(found) {
  const summary = $("summary");
  form.querySelectorAll(".error.live").forEach((old) => old.remove());
  form.querySelectorAll(".wrong.live").forEach((old) => old.classList.remove("wrong", "live"));
  summary.querySelector("ul").replaceChildren(...found.map(([field, , sentence]) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#${field}`;
    link.textContent = sentence;
    link.onclick = () => $(field).focus();
    item.append(link);
    return item;
  }));
  for (const [field, , sentence] of found) {
    const block = $(field).closest(".block");
    const line = document.createElement("p");
    line.className = "error live";
    line.textContent = sentence;
    if (!block.querySelector(".error")) $(field).before(line);
    block.classList.add("wrong", "live");
  }
  summary.hidden = false;
  summary.focus();
  document.title = `${summary.dataset.title} ${title.replace(`${summary.dataset.title} `, "")}`;
}

form.onsubmit = (event) => {
  const found = missing();
  if (found.length) {
    event.preventDefault();
    say(found);
    return;
  }
  stopWatching();
  send.setAttribute("aria-disabled", "true");
  send.dataset.label = send.textContent;
  send.textContent = words.sending;
};
send.addEventListener("click", (event) => {
  if (send.getAttribute("aria-disabled")) event.preventDefault(); // one tap sends once
});
addEventListener("pageshow", () => {
  if (send.dataset.label) send.textContent = send.dataset.label;
  send.removeAttribute("aria-disabled");
});
