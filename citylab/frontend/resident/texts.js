// The sentences of this page: the server writes them as data-* attributes in the page's language, scripts only fill them in.

const source = document.getElementById("texts")?.dataset ?? {};

/** The sentence of that name with its {words} filled in; empty where the page has none. */
export const text = (name, values = {}) => (source[name] ?? "").replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");

/** The same for a number of things: the sentence `nameOne` or `nameMany`, nothing for none. */
export const counted = (name, count) => (count ? text(name + (count === 1 ? "One" : "Many"), { count: new Intl.NumberFormat(document.documentElement.lang).format(count) }) : "");

/** An address or number that the server gave along with the sentences. */
export const given = (name) => source[name] ?? "";

/** A length as it is said: whole metres, tens from 100 m on, kilometres from 1,000 m on. */
export function metres(length) {
  const language = document.documentElement.lang;
  if (length >= 1000) return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(length / 1000)} km`;
  return `${length >= 100 ? Math.round(length / 10) * 10 : Math.ceil(length)} m`;
}
