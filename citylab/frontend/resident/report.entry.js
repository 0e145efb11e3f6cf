// The report on a phone that can keep it: all steps are panels of this one page, so that a lost network harms nothing.
// A phone that can keep nothing, and a browser without scripts, use the plain forms.
import { bodyOf, FIELDS, missingIn } from "./body.js";
import { deviceName } from "./device.js";
import { clearErrors, showErrors } from "./errors.js";
import { appName } from "./in_app.js";
import { nearbyPanel } from "./nearby.js";
import { storageState } from "./outbox.js";
import { reopen } from "./outbox_store.js";
import { panelsOf } from "./panels.js";
import { photoList } from "./photos.js";
import { placePanel } from "./place.js";
import { plainForms } from "./plain.js";
import { positionWatch } from "./position.js";
import { review } from "./review.js";
import { sending } from "./sending.js";
import { NOWHERE } from "./spot.js";
import { counted, text } from "./texts.js";
import { voiceNote } from "./voice.js";
import { answers, blank, fill, forget, keeper, kept } from "./written.js";

document.documentElement.classList.add("scripted");

const FRESH_MS = 10 * 60_000; // a draft younger than this was interrupted, as when the camera needed all the memory
const CAMERA_MS = 3000; // after which a camera that did not open is not going to
const $ = (id) => document.getElementById(id);

const able = $("panels") && "indexedDB" in self && "fetch" in self && self.crypto?.subtle;
const room = able ? await storageState().catch(() => ({ ok: false, reason: "missing" })) : { ok: false, reason: "missing" };
if (room.reason && $("storage-note")) {
  $("storage-note").textContent = text(room.reason === "full" ? "storageFull" : "storageMissing");
  $("storage-note").hidden = false;
}
if (able && room.reason !== "missing") start(await kept());
else plainForms(deviceName());

function start(found) {
  const main = $("main");
  const report = blank();
  const restored = found;
  let panels = null; // until all parts are wired, nothing is shown
  let busy = false;

  const shell = panelsOf(main, { onShow: shown, gate: (name) => (sender?.over ? "sent" : name === "sent" ? "photo" : name) });
  const forms = Object.values(shell.steps).filter((panel) => panel.tagName === "FORM");
  const { photo, place, kind, nearby, send } = shell.steps;

  // --- what is kept ----------------------------------------------------------------------------
  const keep = keeper(report, forms, () => say($("photo-status"), text("storageFull")));
  const changed = () => keep.now();
  for (const form of forms) {
    form.addEventListener("input", keep.later);
    form.addEventListener("change", changed);
  }
  document.addEventListener("visibilitychange", () => document.hidden && keep.last());
  addEventListener("pagehide", keep.last);
  addEventListener("pageshow", ({ persisted }) => persisted && sender.left && location.replace(location.pathname));

  // --- the parts ---------------------------------------------------------------------------------
  const watch = positionWatch(() => spot.fixed());
  const spot = placePanel(place, report, watch, changed);
  const around = nearbyPanel(nearby, answered);
  const sender = sending(shell.steps.sent, refused);
  const voice = voiceNote(send.querySelector("[name=voice]"), report, changed);
  const photos = photoList(photo, report.photos, {
    onChange() {
      if (!report.answered) report.here = !report.photos.length || report.photos.some(({ source }) => source === "camera") ? "yes" : "ask";
      if (report.here === "ask" && report.spot.source === "gps") report.spot = { ...NOWHERE };
      if (report.photos.length && !report.at) report.at = moment();
      if (report.here === "yes" && report.photos.length && !report.spot.source && watch.state === "idle") watch.start();
      drawPhotoBar();
      spot.draw();
      keep.now();
    },
    onTaken: () => go("place"),
  });
  panels = forms;

  /** Now, by the phone's clock with its offset from UTC, as the API takes it. */
  function moment() {
    return new Date().toISOString();
  }

  function say(element, sentence) {
    if (element) element.textContent = sentence;
  }

  function shown(name, panel) {
    report.step = name;
    clearErrors();
    if (!panels) return;
    if (name === "place") spot.draw();
    if (name === "send") review(panel, report, forms);
    if (name === "kind") drawKindBar();
  }

  function go(name) {
    shell.show(name);
    changed();
  }

  // --- photo ---------------------------------------------------------------------------------------
  function drawPhotoBar() {
    const [on, without] = [photo.querySelector(".bar [name=next]"), photo.querySelector(".bar [name=skip]")];
    const any = report.photos.length > 0;
    if (!on || !without) return;
    on.hidden = !any;
    without.hidden = any;
  }

  // The position is asked for with the first tap, except the one on photos that were taken earlier.
  function firstTap(event) {
    if (event.target.closest("a, #resume") || event.target.closest("label")?.querySelector("[name=photo_gallery]") || event.target.name === "photo_gallery") return;
    document.removeEventListener("click", firstTap, true);
    if (!location.hash) history.replaceState(null, "", "#photo"); // a page that is loaded again goes on where it was
    if (!report.spot.source && report.here === "yes") watch.start(); // else the next photo, or the answer, starts it
  }

  document.addEventListener("click", firstTap, true);

  const camera = photo.querySelector("[name=photo_camera]");
  if (appName() && camera) {
    camera.addEventListener("click", () => {
      const before = report.photos.length;
      setTimeout(() => ($("camera-help").hidden = document.hidden || report.photos.length > before), CAMERA_MS);
    });
  }

  photo.addEventListener("submit", (event) => {
    event.preventDefault();
    go("place");
  });

  // --- place ---------------------------------------------------------------------------------------
  place.addEventListener("submit", (event) => {
    event.preventDefault();
    const wrong = spot.missing();
    if (wrong.length) {
      $("other-place").open = true;
      return showErrors(place, wrong);
    }
    watch.stop();
    report.answered = true;
    if (!report.sameCase) around.look(report.spot);
    go("kind");
  });

  // --- kind, nearby ----------------------------------------------------------------------------------
  const asks = () => around.count > 0 && !report.sameCase;

  function drawKindBar() {
    kind.querySelector(".bar .go").textContent = asks() ? kind.dataset.go : kind.dataset.send;
  }

  nearby.addEventListener("found", drawKindBar);
  const more = kind.querySelector("[name=more]");
  more.hidden = false;
  more.addEventListener("click", async () => {
    if (report.photos.length === 0) keep.now();
    go((await around.any()) && asks() ? "nearby" : "send");
  });
  kind.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    const ask = (await around.any()) && asks();
    busy = false;
    if (ask) go("nearby");
    else sendAll(kind);
  });
  for (const input of kind.querySelectorAll("input")) input.addEventListener("change", drawStops);

  /** What is said in case of danger is put in anew, so that it is read out. */
  function drawStops() {
    kind.classList.toggle("hazardous", Boolean(kind.querySelector(".hazard :checked")));
    kind.classList.toggle("ablaze", Boolean(kind.querySelector(".burning :checked")));
  }

  function answered(code, words) {
    Object.assign(report, { sameCase: code, sameWords: words });
    go("send");
  }

  // --- send ------------------------------------------------------------------------------------------
  send.addEventListener("submit", (event) => {
    event.preventDefault();
    sendAll(send);
  });
  send.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-to]");
    if (!link) return;
    event.preventDefault();
    go(link.dataset.to);
  });

  async function sendAll(panel) {
    if (busy || sender.over) return; // two taps send once
    busy = true;
    const button = panel.querySelector(".bar .go");
    const label = button.textContent;
    button.setAttribute("aria-disabled", "true");
    button.textContent = send.dataset.sending;
    const end = () => {
      busy = false;
      button.removeAttribute("aria-disabled");
      button.textContent = label;
    };
    const asked = report.photos.length;
    await photos.ready();
    const values = answers(forms);
    const wrong = [...spot.missing().map((one) => ({ ...one, step: "place" })), ...missingIn(report, values)];
    if (report.photos.length < asked) wrong.unshift({ step: "photo", field: "photos", sentence: text("photoUnreadable") });
    if (wrong.length) {
      end();
      return correct(wrong);
    }
    const body = bodyOf(report, values, { device: deviceName(), sign: main.querySelector("[name=sign]")?.value ?? "" });
    const { photos: taken, voice: note, ...rest } = report;
    const fields = { ...rest, values, sources: taken.map(({ source }) => source) };
    await keep.end();
    try {
      await sender.send(body, taken.map(({ blob }) => blob), note, report.spot.words || $("place-words").textContent, fields);
      if (sender.over) shell.show("sent", { how: "replace" });
    } catch {
      keep.resume();
      showErrors(panel, [{ field: button.id, sentence: text("sendFailed") }]);
    }
    end();
  }

  /** Opens the panel of the first mistake and says all of that panel. */
  function correct(wrong) {
    const [{ step }] = wrong;
    if (shell.current !== step) go(step);
    if (step === "place") $("other-place").open = true;
    showErrors(shell.steps[step], wrong.filter((one) => one.step === step));
  }

  /** The server has refused the report: everything is back in the panels, with its sentences. */
  async function refused(errors) {
    const again = errors.observed_at || errors.id;
    const { photos: taken, voice: note, ...rest } = report;
    await reopen(report.id, { ...rest, values: answers(forms), sources: taken.map(({ source }) => source) }).catch(() => {});
    keep.resume();
    busy = false;
    if (again) {
      // Nothing the person could correct: a clock that is days ahead, or an id whose code is another's.
      if (errors.observed_at) report.at = "";
      if (errors.id) report.id = blank().id;
      shell.show("send", { how: "replace", focus: false });
      return sendAll(send);
    }
    const wrong = Object.entries(errors).flatMap(([member, sentences]) => {
      const [step, field] = FIELDS[member] ?? ["send", "description"];
      return sentences.map((sentence) => ({ step, field, sentence }));
    });
    shell.show(wrong[0].step, { how: "replace", focus: false });
    correct(wrong);
  }

  // --- in the other language, at the same panel with the same draft -----------------------------------
  main.addEventListener("click", (event) => {
    const link = event.target.closest("a[hreflang]");
    if (!link || location.hash.length < 2) return;
    keep.now();
    link.hash = location.hash;
  });

  // --- back ------------------------------------------------------------------------------------------
  for (const panel of forms.slice(1)) {
    panel.querySelector("a.back")?.addEventListener("click", (event) => {
      event.preventDefault();
      shell.back();
    });
  }

  // --- opening -----------------------------------------------------------------------------------------
  /** Takes over a draft: the same report goes on. */
  function restore({ report: old, values, at }) {
    const list = report.photos;
    Object.assign(report, old, { photos: list });
    list.splice(0, list.length, ...old.photos);
    photos.goOn();
    if (!report.spot.source && Date.now() - at > FRESH_MS) Object.assign(report, { here: "ask", answered: false });
    fill(forms, values);
    drawAll();
    if (!report.spot.source && location.hash === "#place") $("other-place").open = true; // what was told about the position is gone
    keep.now();
    if (report.spot.source && !report.sameCase) around.look(report.spot);
  }

  function drawAll() {
    photos.draw();
    voice.draw();
    spot.draw();
    drawPhotoBar();
    drawStops();
  }

  /** What a sign's code, or an earlier plain step, has put into the page. */
  function fromPage() {
    const value = (name) => place.querySelector(`[name=${name}]`)?.value ?? "";
    if (!value("place") && !value("lat")) return;
    const number = (name) => (value(name) ? Number(value(name)) : null);
    const point = { lon: number("lon"), lat: number("lat"), accuracy: number("accuracy_m") };
    const source = value("location_source") || (value("place") ? "place" : "map");
    report.spot = { ...NOWHERE, ...point, source, place: value("place"), words: $("place-words").textContent.trim() };
    report.answered = true;
  }

  function askToResume() {
    const day = new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
    const parts = [day.format(restored.at), counted("photo", restored.report.photos.length), restored.report.spot.words];
    $("resume-what").textContent = parts.filter(Boolean).join(" · ");
    photo.classList.add("asking");
    $("resume").hidden = false;
    const close = () => {
      photo.classList.remove("asking");
      $("resume").hidden = true;
    };
    $("resume-yes").addEventListener("click", () => {
      close();
      restore(restored);
      const step = restored.report.step in shell.steps && restored.report.step !== "sent" ? restored.report.step : "photo";
      if (step === "photo") shell.show("photo", { how: "replace" });
      else go(step);
    });
    $("resume-no").addEventListener("click", async () => {
      close();
      await forget().catch(() => {});
      shell.show("photo", { how: "replace" });
      watch.startIfGranted();
    });
  }

  fromPage();
  drawAll();
  if (restored && shell.opened) {
    restore(restored);
    const step = shell.asked();
    shell.show(step === "sent" ? "photo" : step, { how: "replace", focus: false });
  } else {
    if (shell.opened) history.replaceState(null, "", location.pathname + location.search);
    shell.show("photo", { how: "stay", focus: false });
    if (restored) askToResume();
    else if (!report.spot.source) watch.startIfGranted();
  }
  // A photo that was taken before this script was there is not lost.
  for (const input of photo.querySelectorAll("[type=file]")) if (input.files.length) input.dispatchEvent(new Event("change"));
}
