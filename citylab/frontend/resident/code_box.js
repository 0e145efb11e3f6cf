// The box for a code also takes the whole address of a receipt, as people copy it out of a chat.

import { receiptIn } from "./mine.js";

/** Lets this form open a pasted address; a code goes to the server as before. */
export function openReceipt(form) {
  form?.addEventListener("submit", (event) => {
    const found = receiptIn(form.elements.code.value);
    if (!found) return;
    event.preventDefault();
    location.assign(found);
  });
}
