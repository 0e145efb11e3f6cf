// The body of POST /api/v1/reports/ from what was written, and what is missing before it can be one.
import { members } from "./spot.js";
import { text } from "./texts.js";

const MOST_LETTERS = 4000; // of the description, with the place in the resident's own words before it
const CONSENTS = { consent_progress: "progress", consent_questions: "questions" };

/** What the city's people read: the place in the resident's words first, then the note. */
function description({ where = "", description: note = "" }) {
  return [where.trim() && text("placeNote", { where: where.trim() }), note.trim()].filter(Boolean).join("\n").normalize("NFC");
}

const purposes = (values) => Object.keys(CONSENTS).filter((name) => values[name]?.length).map((name) => CONSENTS[name]);

/** The body. `values`: the answers of all panels; `sign`: the code of the sign that led here, or "". */
export function bodyOf(report, values, { device, sign }) {
  const { email = "", phone = "" } = values;
  const contact = { ...(email.trim() && { email: email.trim() }), ...(phone.trim() && { phone: phone.trim() }) };
  return {
    id: report.id, channel: "web", language: document.documentElement.lang, ...members(report.spot),
    ...(report.at && { observed_at: report.at }),
    waste_types: values.waste_types ?? [], amount: values.amount?.[0] ?? "", problem: values.problem?.[0] ?? "",
    description: description(values), photos_expected: report.photos.length,
    ...(report.sameCase && { same_case: report.sameCase }), ...(device && { device }), ...(sign && { sign }),
    ...(Object.keys(contact).length && { contact: { ...contact, consent: true, purposes: purposes(values) } }),
  };
}

/** What is missing or wrong, by panel: [{step, field, sentence}]. The place's own questions are the panel's. */
export function missingIn(report, values) {
  const found = [];
  const contact = values.email?.trim() || values.phone?.trim();
  if (!report.photos.length && !values.description?.trim() && !report.voice) found.push({ step: "send", field: "description", sentence: text("nothingSaid") });
  if (description(values).length > MOST_LETTERS) found.push({ step: "send", field: "description", sentence: text("tooLong") });
  if (contact && !purposes(values).length) found.push({ step: "send", field: "contact", sentence: text("consentMissing") });
  if (values.email?.trim() && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(values.email.trim())) found.push({ step: "send", field: "email", sentence: text("emailUnreadable") });
  if (!contact && purposes(values).length) found.push({ step: "send", field: "email", sentence: text("contactMissing") });
  return found;
}

/** Which panel and field a refusal of the server is about, by the member that it names. */
export const FIELDS = {
  location: ["place", "q"], area: ["place", "area"], place: ["place", "q"], accuracy_m: ["place", "q"], location_source: ["place", "q"],
  waste_types: ["kind", "waste_types"], amount: ["kind", "amount"], problem: ["kind", "problem"], same_case: ["nearby", "nearby-cases"],
  description: ["send", "description"], photos_expected: ["photo", "photos"], contact: ["send", "contact"], phone: ["send", "phone"],
  email: ["send", "email"], voice: ["send", "voice"],
};
