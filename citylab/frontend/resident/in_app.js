// Which app's own browser the page is in. For words alone: nothing is switched off or redirected by it.

const INSIDE = [
  [/\bZalo\b/i, "Zalo"],
  [/FB_IAB\/(?:Orca|MESSENGER)|FBAN\/Messenger|MessengerForiOS/i, "Messenger"],
  [/FB_IAB|FBAN|FBAV/, "Facebook"],
  [/Instagram/, "Instagram"],
  [/musical_ly|BytedanceWebview|TikTok/i, "TikTok"],
];
const BROWSERS = [
  [/coc_coc_browser/i, "Cốc Cốc"],
  [/SamsungBrowser/, "Samsung Internet"],
  [/Edg(?:A|iOS)?\//, "Edge"],
  [/OPR\/|OPT\//, "Opera"],
  [/Firefox|FxiOS/, "Firefox"],
  [/CriOS|Chrome\//, "Chrome"],
  [/Version\/.*Safari/, "Safari"],
];
const APPLE = /iPhone|iPad|Macintosh.*Version\/.*Safari/;

const firstOf = (list, agent) => list.find(([pattern]) => pattern.test(agent))?.[1] ?? "";

/** "Zalo", "Messenger", "Facebook", …, or "" in a browser of its own. */
export const appName = (agent = navigator.userAgent) => firstOf(INSIDE, agent);

/** Where the page has to be opened again to find what it keeps: the app or the browser, by name where it is known. */
export const whereKept = (agent = navigator.userAgent) =>
  appName(agent) || (/; wv\)/.test(agent) ? "" : firstOf(BROWSERS, agent));

/** Whether what is kept may be deleted after seven days without a visit: Apple's browsers do that. */
export const forgetsAfterAWeek = (agent = navigator.userAgent) => APPLE.test(agent);

/** A link that opens this page in the phone's own browser, where the phone knows one; only ever followed by a tap. */
export function ownBrowserLink(address = location.href, agent = navigator.userAgent) {
  const page = new URL(address);
  page.hash = "";
  if (/Android/.test(agent)) return `intent://${page.host}${page.pathname}#Intent;scheme=${page.protocol.slice(0, -1)};end`;
  return /iPhone|iPad/.test(agent) ? `x-safari-${page.href}` : "";
}
