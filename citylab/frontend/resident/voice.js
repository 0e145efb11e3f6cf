// A short voice note instead of typing: chosen or recorded by the phone's own recorder, checked, removable.
import { given, text } from "./texts.js";

const SOUND = /^(audio|video)\//; // some recorders call their sound a video
const NAMES = /\.(webm|ogg|oga|mp4|m4a|mp3|wav|amr|3gp|aac)$/i;

/** Wires the input; `report.voice` is the Blob or null. Returns `draw()`. */
export function voiceNote(input, report, onChange) {
  const status = document.getElementById("voice-status");
  const remove = document.getElementById("voice-remove");

  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    const fault = faultOf(file);
    if (fault) return say(fault, true);
    try {
      report.voice = new Blob([await file.arrayBuffer()], { type: file.type || "audio/mp4" });
    } catch {
      return say(text("voiceUnreadable"), true);
    }
    onChange();
    draw();
  });

  remove.addEventListener("click", () => {
    report.voice = null;
    onChange();
    draw();
    say(text("voiceRemoved"), false);
    input.focus();
  });

  function faultOf(file) {
    if (!file.size) return text("voiceEmpty");
    if (file.size > Number(given("voiceBytes"))) return text("voiceLarge");
    return (file.type ? SOUND.test(file.type) : NAMES.test(file.name)) ? "" : text("voiceType");
  }

  function say(sentence, wrong) {
    status.textContent = sentence;
    status.classList.toggle("error", wrong);
  }

  function draw() {
    remove.hidden = !report.voice;
    const size = new Intl.NumberFormat(document.documentElement.lang).format(Math.max(1, Math.round((report.voice?.size ?? 0) / 1024)));
    say(report.voice ? text("voiceKept", { size }) : "", false);
    if (report.voice) input.closest("details").open = true;
  }

  draw();
  return { draw };
}
