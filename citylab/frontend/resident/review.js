// The last panel says what will be sent, with a way back to each part.
import { counted } from "./texts.js";
import { answers } from "./written.js";

/** Writes the report's parts into the list of the panel `panel`. */
export function review(panel, report, panels) {
  const words = panel.dataset;
  const values = answers(panels);
  const put = (id, sentence) => (document.querySelector(`#review-${id} [data-value]`).textContent = sentence);
  const labels = (name) => (values[name] ?? []).map((value) => labelOf(panels, name, value)).filter(Boolean);
  put("photos", counted("photo", report.photos.length) || words.nophoto);
  put("place", [report.spot.words || document.getElementById("place-words").textContent, values.where?.trim()].filter(Boolean).join("\n") || words.noplace);
  const amount = values.amount?.[0] === "unknown" ? [] : labels("amount");
  const kinds = [...labels("problem"), ...labels("waste_types")].join(" · ");
  put("kind", [kinds, ...amount].join("; "));
}

function labelOf(panels, name, value) {
  for (const panel of panels) {
    const control = [...panel.querySelectorAll(`[name=${name}]`)].find((one) => one.value === value);
    if (control) return control.closest("label")?.textContent.trim();
  }
}
