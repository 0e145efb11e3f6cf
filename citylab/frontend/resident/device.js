// The phone, known to the city only by a keyed hash for 30 days, so that a few phones cannot make a hotspot.

/** A random name that stays the same on this phone; empty where nothing can be kept: the report is its own reporter then. */
export function deviceName() {
  try {
    return (localStorage.device ||= crypto.randomUUID());
  } catch {
    return "";
  }
}
