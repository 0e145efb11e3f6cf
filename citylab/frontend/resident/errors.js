// What is missing or wrong: a summary at the top with links, the same sentence beside each field, and “Error:” in the title.

const MARK = "live"; // what this file has added, so that it can take it away again

/** Shows `found` ([{field: id, sentence}]) in a panel and moves the focus to the summary; an empty list clears it. */
export function showErrors(panel, found) {
  const summary = document.getElementById("summary");
  clear(summary);
  if (!found.length) return;
  summary.querySelector("ul").replaceChildren(...found.map(({ field, sentence }) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#${field}`;
    link.textContent = sentence;
    link.addEventListener("click", (event) => {
      event.preventDefault(); // the part after # is the panel's
      const target = document.getElementById(field);
      const control = target?.matches("input, select, textarea, button") ? target : target?.querySelector("input, select, textarea, button");
      (control ?? target)?.focus();
      target?.scrollIntoView({ block: "center" });
    });
    item.append(link);
    return item;
  }));
  for (const { field, sentence } of found) beside(panel.querySelector(`#${CSS.escape(field)}`), sentence);
  (panel.querySelector(".body") ?? panel).prepend(summary);
  summary.hidden = false;
  document.title = `${summary.dataset.title} ${document.title}`;
  summary.focus();
}

/** Takes every error away again. */
export const clearErrors = () => clear(document.getElementById("summary"));

function beside(target, sentence) {
  if (!target) return;
  const line = document.createElement("p");
  line.className = `error ${MARK}`;
  line.id = `${target.id}-${MARK}`;
  line.textContent = sentence;
  target.before(line);
  target.setAttribute("aria-invalid", "true");
  target.dataset.described = target.getAttribute("aria-describedby") ?? "";
  target.setAttribute("aria-describedby", `${line.id} ${target.dataset.described}`.trim());
  (target.closest(".block") ?? target.parentElement).classList.add("wrong");
}

function clear(summary) {
  if (!summary) return;
  summary.hidden = true;
  document.title = document.title.replace(`${summary.dataset.title} `, "");
  for (const line of document.querySelectorAll(`.error.${MARK}`)) line.remove();
  for (const target of document.querySelectorAll("[aria-invalid][data-described]")) {
    target.removeAttribute("aria-invalid");
    target.setAttribute("aria-describedby", target.dataset.described);
    if (!target.dataset.described) target.removeAttribute("aria-describedby");
    delete target.dataset.described;
    (target.closest(".block") ?? target.parentElement).classList.remove("wrong");
  }
}
