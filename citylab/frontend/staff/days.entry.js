// A date field shows its day in the order of the browser's own language, which may be English: 12/05/2026 is read as 12 May. The
// day stands beside it in the page's words, with its weekday, also in parts that htmx brings later.

const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
const words = new Intl.DateTimeFormat(language, { weekday: "long", day: "2-digit", month: "2-digit", year: "numeric", timeZone: "UTC" });

function say(field) {
  const told = field.nextElementSibling?.matches("output.day") ? field.nextElementSibling : document.createElement("output");
  told.className = "day soft small";
  told.textContent = field.value ? words.format(field.valueAsDate) : "";
  if (!told.isConnected) field.after(told);
}

const all = () => document.querySelectorAll("input[type=date]").forEach(say);
document.addEventListener("change", ({ target }) => target.matches?.("input[type=date]") && say(target));
document.addEventListener("htmx:afterSettle", all);
all();
