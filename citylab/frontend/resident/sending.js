// Sending: kept on the phone first, the code shown at once, then whatever the outbox tells about it.
import { codeOf, grouped } from "./code.js";
import { list, put } from "./outbox.js";
import { sendNow } from "./send_now.js";
import { text } from "./texts.js";

/** Wires the last panel. `onRefused(errors)`: {member: [sentences]} of a report that the server cannot take as it is. */
export function sending(panel, onRefused) {
  const status = document.getElementById("sent-status");
  let sent = null; // the id that this page has sent
  let leaving = false;

  /** Resolves when the report is safe on the phone, or has arrived; rejects when neither. */
  async function send(body, photos, voice, words, fields) {
    sent = body.id.toLowerCase();
    document.getElementById("sent-code").textContent = grouped(await codeOf(body.id), text("prefix"));
    say(text("sendingNow"));
    try {
      await put({ report: body, photos, voice, words, fields });
    } catch (fault) {
      console.warn(fault);
      say(text("sendingDirectly"));
      const { url, errors } = await sendNow(body, photos, voice);
      if (errors) return refused(errors);
      leave(url);
    }
  }

  function say(sentence) {
    if (status.textContent !== sentence) status.textContent = sentence;
  }

  function leave(url) {
    leaving = true;
    say(text("sentAlready"));
    location.replace(url);
  }

  function refused(errors) {
    sent = null;
    onRefused(errors);
  }

  document.addEventListener("outbox", async ({ detail: { uuid, state, receipt, message } }) => {
    if (uuid !== sent || leaving) return;
    if (state === "sending") say(text("sendingNow"));
    else if (state === "waiting" && !receipt) say(`${message} ${text("keptUntilSent")}`.trim());
    else if (state === "sent" || state === "taken") leave(receipt.secret_url || receipt.url);
    else if (state === "refused") {
      const item = (await list()).find((one) => one.uuid === uuid);
      refused(item?.errors ?? { location: [message] });
    }
  });

  return {
    send,
    get over() {
      return sent !== null;
    },
    /** Whether the receipt was opened: who comes back to this page then begins anew. */
    get left() {
      return leaving;
    },
  };
}
