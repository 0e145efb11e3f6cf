// Copying and sharing an address. In the browsers inside apps either may be missing, so the address also stands there as text.

/** Shows the button; a tap copies what `address()` gives and says so in `told`. words: {copied, byHand}. */
export function copyButton(button, address, told, words) {
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    told.textContent = ""; // said again by screen readers, too
    const done = await copied(address());
    told.textContent = done ? words.copied : words.byHand;
    told.className = done ? "good" : "warn";
  });
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedTheOldWay(text);
  }
}

function copiedTheOldWay(text) {
  const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true, className: "hidden-visually" });
  document.body.append(field);
  field.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    field.remove();
  }
}

/** Shows the button where the phone has a menu for sharing. Only ever the public address. */
export function shareButton(button, address) {
  if (!button || !navigator.share) return;
  button.hidden = false;
  button.addEventListener("click", () => navigator.share({ title: document.title, text: button.dataset.text, url: address }).catch(() => {}));
}
