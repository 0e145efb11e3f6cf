// Asks now and then whether a receipt says something new, and takes the new words into the page. Only while it is looked at.

const EVERY_MS = 45_000;
const LATER_MS = 300_000; // after ten minutes without news
const OFTEN = 13; // questions before that

/** `told`: the part of the page that says how far the report is. `news`: the line that screen readers hear. */
export function askForNews(told, news, taken) {
  let asked = 0;
  let timer = null;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, (asked < OFTEN ? EVERY_MS : LATER_MS) * (0.9 + Math.random() / 5));
  };

  async function ask() {
    if (document.hidden) return;
    asked += 1;
    try {
      const answer = await fetch(`/api/v1/receipts/?code=${told.dataset.code}&lang=${document.documentElement.lang}`, { credentials: "omit", signal: AbortSignal.timeout?.(15_000) });
      const [receipt] = answer.ok ? (await answer.json()).receipts : [];
      if (receipt && (receipt.changed_at !== told.dataset.changed || receipt.status !== told.dataset.status)) await take();
    } catch {} // no network: the next question comes by itself
    wait();
  }

  async function take() {
    const page = await fetch(location.pathname, { credentials: "omit", cache: "no-store" });
    if (!page.ok) return;
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html").getElementById("told");
    if (!fresh) return;
    told.replaceChildren(...fresh.childNodes);
    Object.assign(told.dataset, fresh.dataset);
    news.textContent = `${news.dataset.news} ${told.dataset.title}.`;
    asked = 0;
    taken();
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : ask()));
  addEventListener("online", ask);
  wait();
}
