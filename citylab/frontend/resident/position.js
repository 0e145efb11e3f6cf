// The phone's position from the first tap on: it watches for a bounded time and keeps the best fix.

export const GOOD_M = 20; // “good enough”: a pile of waste and its neighbours along one house front
export const POOR_M = 100; // from here on correcting is suggested
export const COARSE_M = 1000; // the mobile mast alone: it could be any of a dozen wards
const ENOUGH_M = 8; // better than that a phone does not get
const LONGEST_MS = 30_000;

/** Watches the position. `onChange(watch)` is called whenever something is new. `watch.state` is "idle", "looking", "denied",
 * "absent" (no position here at all) or "slow" (none within 30 s); with a fix it is "looking" or "done".
 * `watch.best`: {lon, lat, accuracy} in degrees and metres, or null. */
export function positionWatch(onChange) {
  let id = null;
  let timer = null;
  const watch = { state: "idle", best: null, start, stop, startIfGranted, forget };

  function start() {
    if (id !== null) return;
    if (!navigator.geolocation || !isSecureContext) return settle("absent");
    watch.state = "looking";
    timer = setTimeout(() => settle(watch.best ? "done" : "slow"), LONGEST_MS);
    id = navigator.geolocation.watchPosition(found, failed, { enableHighAccuracy: true, timeout: LONGEST_MS / 2, maximumAge: 0 });
    onChange(watch);
  }

  function found({ coords: { longitude, latitude, accuracy } }) {
    if (!Number.isFinite(longitude) || !Number.isFinite(latitude) || !(accuracy >= 0)) return;
    if (watch.best && accuracy >= watch.best.accuracy) return;
    watch.best = { lon: longitude, lat: latitude, accuracy: Math.max(1, Math.ceil(accuracy)) };
    if (accuracy <= ENOUGH_M) return settle("done");
    onChange(watch);
  }

  /** An app may answer “denied” without having asked anybody, so that is never read as the person's own choice. */
  function failed({ code }) {
    if (code === 1 && !watch.best) return settle("denied");
    if (watch.best) return; // what there is stays
    if (code === 2) watch.state = "absent"; // it may still come: the watch goes on to its end
    onChange(watch);
  }

  function settle(state) {
    stop();
    watch.state = state;
    onChange(watch);
  }

  function stop() {
    clearTimeout(timer);
    if (id !== null) navigator.geolocation.clearWatch(id);
    id = timer = null;
    if (watch.state === "looking") watch.state = watch.best ? "done" : "idle";
  }

  /** Forgets the best fix: the person is somewhere else now. */
  function forget() {
    stop();
    watch.best = null;
    watch.state = "idle";
  }

  async function startIfGranted() {
    try {
      if ((await navigator.permissions.query({ name: "geolocation" })).state === "granted") start();
    } catch {} // not every browser can be asked; the first tap starts it
  }

  // While the camera was open the watch stood still: it gets its time again, unless the place was confirmed meanwhile.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || id === null) return;
    clearTimeout(timer);
    timer = setTimeout(() => settle(watch.best ? "done" : "slow"), LONGEST_MS);
  });

  return watch;
}
