// Receipts and the page of a waste site: news without reloading, passing the address on, “is it clean?” from where one stands.
// Everything here betters a page that works without it.

import { answerFromHere } from "./answer_here.js";
import { copyButton, shareButton } from "./pass_on.js";
import { askForNews } from "./receipt_news.js";
import { markSeen, remember } from "./mine.js";
import "./still_to_send.js";

const told = document.getElementById("told");
const share = document.querySelector(".share");
const own = document.getElementById("own-link");

if (share) {
  copyButton(document.getElementById("copy-link"), () => share.dataset.url, document.getElementById("copy-told"), share.dataset);
  shareButton(document.getElementById("share-link"), share.dataset.url);
}
if (own) copyButton(document.getElementById("copy-secret"), () => own.dataset.secret, document.getElementById("secret-told"), { ...share?.dataset, ...own.dataset });

/** What the page shows is known to this phone's list, so it is no news there. */
async function keep() {
  const { code, changed, title, status, words } = told.dataset;
  try {
    if (own) await remember({ code, secret_url: own.dataset.secret, words, title, status, changed_at: changed, seen: changed });
    else await markSeen([code]);
  } catch {} // nothing can be kept here: the page says how to come back
}

if (told) {
  keep();
  askForNews(told, document.getElementById("news"), keep);
}
const answer = document.getElementById("answer");
if (answer?.tagName === "FORM" && answer.elements.device) answerFromHere(answer);
