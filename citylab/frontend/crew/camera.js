// The camera with the photo from before laid over it like a ghost, so that the two show the same spot. Where a page may not open
// the camera (no HTTPS, an app's own browser, a refusal), the ordinary file field takes its place.

const dialog = document.getElementById("camera");
const video = dialog.querySelector("video");
const ghost = dialog.querySelector(".ghost");
const strength = dialog.querySelector(".strength");
const told = dialog.querySelector("[data-slot=camera]");
const LONG_SIDE = 1600;
let stream = null;
let take = null;

export const mayOpen = () => Boolean(navigator.mediaDevices?.getUserMedia) && typeof dialog.showModal === "function";

/** Open the camera over the page. `before`: an <img> or null; `taken(blob)` gets the photo; `failed()` when there is no camera. */
export async function openCamera(before, taken, failed) {
  take = taken;
  ghost.hidden = strength.hidden = !before;
  if (before) ghost.src = before.currentSrc || before.src;
  fade();
  told.textContent = "";
  dialog.showModal();
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1440 } }, audio: false });
    if (!dialog.open) return stop();
    video.srcObject = stream;
    await video.play();
  } catch {
    const sentence = told.dataset.none;
    close();
    failed(sentence);
  }
}

function fade() {
  ghost.style.opacity = Number(strength.querySelector("input").value) / 100;
}

async function shoot() {
  const { videoWidth: width, videoHeight: height } = video;
  if (!width || !take) return;
  const scale = Math.min(1, LONG_SIDE / Math.max(width, height));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(width * scale), height: Math.round(height * scale) });
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
  const taken = take;
  close();
  if (blob) taken(blob);
}

function stop() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.srcObject = null;
}

function close() {
  stop();
  take = null;
  if (dialog.open) dialog.close();
}

strength.querySelector("input").addEventListener("input", fade);
dialog.querySelector("[data-shoot]").addEventListener("click", shoot);
dialog.querySelector("[data-close]").addEventListener("click", close);
dialog.addEventListener("close", stop);
