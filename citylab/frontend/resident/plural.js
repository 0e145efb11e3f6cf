// Sentences with a number: the page gives one for 1 and one for more, as `data-NAME-one` and `data-NAME-many` (or `data-one`).

/** `counted(element.dataset, "waiting", 3)` → “3 reports are not sent yet”. */
export function counted(words, name, n) {
  const [one, many] = name ? [words[`${name}One`], words[`${name}Many`]] : [words.one, words.many];
  return n === 1 ? one : many.replace("{n}", n.toLocaleString(document.documentElement.lang));
}

/** A size as people say it: 540 KB, 1,2 MB. */
export function sizeInWords(bytes) {
  const [number, unit] = bytes < 1e6 ? [Math.max(1, Math.round(bytes / 1e3)), "KB"] : [bytes / 1e6, "MB"];
  return `${number.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} ${unit}`;
}

/** A moment as the page's language writes it: 16:42 21/11/2026. English is written as in Britain: the day first. */
export function momentInWords(ms) {
  const language = document.documentElement.lang;
  const parts = { day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit", hour12: false };
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, parts).format(ms);
}
