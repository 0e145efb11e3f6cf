// The page of a link that is over: what the phone has still to send goes on from here, and it says what is left.

import { list } from "../resident/outbox.js";
import { counted } from "../resident/plural.js";

const line = document.getElementById("outbox-line");

async function show() {
  const items = await list();
  line.hidden &&= !items.length;
  if (!line.hidden) line.textContent = items.length ? counted(line.dataset, "", items.length) : line.dataset.done;
}

document.addEventListener("outbox", show);
show();
