// Lighthouse on a list of addresses: `node measure.mjs URL…` prints one JSON line for each. The phone is Lighthouse's own:
// slow 4G (1.6 Mbit/s down, 150 ms) and a processor four times slower, simulated from a trace, which a busy machine disturbs least.
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const flags = ["--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
if (process.getuid?.() === 0) flags.push("--no-sandbox");
const chrome = await launch({ chromePath: process.env.CHROME_PATH, chromeFlags: flags, logLevel: "silent" });
try {
  for (const url of process.argv.slice(2)) {
    const { lhr } = await lighthouse(url, {
      port: chrome.port, logLevel: "silent", output: "json",
      onlyCategories: ["performance", "accessibility", "best-practices", "seo"],
    });
    const number = (name) => lhr.audits[name]?.numericValue ?? null;
    const failed = Object.values(lhr.categories)
      .filter((category) => category.id !== "performance")
      .flatMap((category) => category.auditRefs)
      .filter((audit) => audit.weight > 0 && lhr.audits[audit.id].score !== null && lhr.audits[audit.id].score < 1)
      .map((audit) => audit.id);
    console.log(JSON.stringify({
      url,
      error: lhr.runtimeError?.message ?? null,
      scores: Object.fromEntries(Object.values(lhr.categories).map(({ id, score }) => [id, score === null ? null : Math.round(score * 100)])),
      lcp_ms: number("largest-contentful-paint"), fcp_ms: number("first-contentful-paint"), tbt_ms: number("total-blocking-time"), cls: number("cumulative-layout-shift"),
      failed: [...new Set(failed)],
    }));
  }
} finally {
  await chrome.kill();
}
