// Questions to the server that may stay unanswered: a bad network costs words, never the report.

const PATIENCE_MS = 8000;

/** The JSON answer to a question, or null where there is none in time. A new question under the same `name` drops the old. */
export async function ask(name, address, values) {
  open[name]?.abort();
  const control = (open[name] = new AbortController());
  const timer = setTimeout(() => control.abort(), PATIENCE_MS);
  try {
    const url = new URL(address, location.href);
    for (const [key, value] of Object.entries(values)) if (value !== null && value !== undefined) url.searchParams.set(key, value);
    const answer = await fetch(url, { signal: control.signal, headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    if (open[name] === control) delete open[name];
  }
}

const open = {};

/** `run` called once, `wait` milliseconds after the last of many calls. */
export function settled(run, wait) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(run, wait, ...values);
  };
}
