// The panel “where”: the phone's position in words with its error, and three ways to correct it.
import { appName, ownBrowserLink } from "./in_app.js";
import { COARSE_M, GOOD_M, POOR_M } from "./position.js";
import { searchBox } from "./search.js";
import { ask, settled } from "./server.js";
import { fromMap, fromPhone, fromSearch, fromWard, NOWHERE } from "./spot.js";
import { given, metres, text } from "./texts.js";

const $ = (id) => document.getElementById(id);
const NAME_AGAIN = 0.3; // a fix is named anew when its error has shrunk by this share

/** Wires the panel. It puts what is found or chosen into `report.spot` and calls `onChange()`. `report.here`: whether
 * the phone is where the waste is, "yes", "no", or "ask" after photos that were taken earlier. */
export function placePanel(panel, report, watch, onChange) {
  const heading = $("place-words");
  const error = $("place-error");
  const ward = panel.querySelector("[name=area]");
  const others = $("other-place");
  const button = panel.querySelector(".bar .go");
  let named = null; // the point that the heading names
  let map = null;

  // --- what is shown ---------------------------------------------------------------------------
  function draw() {
    const { spot } = report;
    const asking = report.here === "ask" && !spot.source;
    $("still-there").hidden = !asking;
    heading.textContent = asking ? text("stillThere") : spot.words || (spot.source ? text(spot.source === "map" ? "unnamedMap" : "unnamedGps") : text("whereHeading"));
    error.textContent = asking ? text("stillThereHint") : sentence();
    error.classList.toggle("warn", isPoor());
    $("position-help").hidden = !(failed() && !spot.source);
    const locate = $("locate");
    locate.hidden = asking || spot.source === "gps" || watch.state === "looking" || watch.state === "absent";
    button.textContent = spot.source ? text("hereIsIt") : text("goOn");
    button.parentElement.hidden = asking;
    if (failed() && !spot.source) others.open = true;
  }

  const failed = () => ["denied", "absent", "slow"].includes(watch.state);
  const isPoor = () => report.spot.accuracy > POOR_M || report.spot.trouble !== "";

  function sentence() {
    const { source, accuracy, trouble } = report.spot;
    if (trouble) return trouble;
    if (!source) return watch.state === "looking" ? text("locating") : failed() ? text(watch.state) : "";
    if (source === "area") return text("wardOnly");
    if (source === "place") return "";
    const words = text("error", { length: metres(accuracy) });
    if (accuracy > COARSE_M) return `${words} ${text("coarse")}`;
    if (accuracy > POOR_M) return `${words} ${text("poor")}`;
    return accuracy <= GOOD_M && source === "gps" ? `${words} ${text("enough")}` : words;
  }

  // --- the phone's position ----------------------------------------------------------------------
  /** The best fix so far becomes the place, unless the person has chosen another or is no longer there. */
  function fixed() {
    const { spot } = report;
    if (watch.best && report.here === "yes" && (!spot.source || spot.source === "gps")) {
      const words = spot.words;
      report.spot = { ...fromPhone(watch.best), words, trouble: spot.trouble };
      if (!named || watch.best.accuracy < named.accuracy * (1 - NAME_AGAIN)) name(report.spot);
      onChange();
    }
    map?.phone(watch.best);
    draw();
  }

  /** Asks for the words of a point, and whether it is in the city. Without a network it keeps the words it has. */
  async function name(point) {
    named = point;
    const answer = await ask("where", given("where"), { lon: point.lon.toFixed(6), lat: point.lat.toFixed(6), accuracy_m: point.accuracy });
    const { spot } = report;
    if (!answer) {
      if (named === point) named = null; // the next fix asks again
      return;
    }
    if (spot.lon !== point.lon || spot.lat !== point.lat) if (spot.source !== "gps" || point.source !== "gps") return;
    report.spot = { ...spot, words: answer.words || spot.words, trouble: answer.accepted === false ? answer.sentence || text("outside") : "" };
    notices(answer.notices ?? []);
    onChange();
    draw();
  }

  function notices(found) {
    $("place-notices").replaceChildren(...found.map(({ title, text: words }) => {
      const note = document.createElement("p");
      note.className = "note";
      const head = document.createElement("b");
      head.textContent = title;
      note.append(head, words ? ` ${words}` : "");
      return note;
    }));
  }

  function usePhone() {
    Object.assign(report, { here: "yes", answered: true });
    ward.value = "";
    choose({ ...NOWHERE });
    watch.start();
    fixed();
  }

  // --- another place -----------------------------------------------------------------------------
  function choose(spot) {
    Object.assign(report, { spot, sameCase: null, sameWords: "" }); // another place has other cases near it
    named = null;
    if (spot.source && spot.source !== "gps") watch.stop();
    onChange();
    draw();
  }

  $("locate").addEventListener("click", () => {
    if (failed()) watch.forget();
    usePhone();
    heading.tabIndex = -1;
    heading.focus(); // the button itself goes away
  });
  $("still-yes").addEventListener("click", () => {
    usePhone();
    heading.focus();
  });
  $("still-no").addEventListener("click", () => {
    Object.assign(report, { here: "no", answered: true });
    watch.stop();
    choose({ ...NOWHERE });
    others.open = true;
    panel.querySelector("[name=q]").focus();
  });
  const wardChosen = () => fromWard(ward.value, ward.value && ward.selectedOptions[0].textContent.trim());
  ward.addEventListener("change", () => choose(wardChosen()));
  const search = searchBox(panel.querySelector("[name=q]"), $("search-list"), $("search-status"), (found) => {
    const spot = fromSearch(found);
    ward.value = spot.area;
    choose(spot);
    map?.moveTo(spot);
    others.open = false;
    heading.tabIndex = -1;
    heading.focus();
    scrollTo({ top: 0, behavior: "instant" });
  });
  panel.querySelector("[name=search]")?.addEventListener("click", (event) => {
    event.preventDefault();
    search();
  });

  // --- the map, only when it is asked for ----------------------------------------------------------
  const placed = settled((spot) => name(spot), 700);

  async function openMap() {
    const opener = $("open-map");
    opener.setAttribute("aria-disabled", "true");
    $("map-status").textContent = text("mapLoading");
    $("map-box").hidden = false;
    try {
      const { placeMap } = await import(given("mapScript"));
      map = placeMap($("map-box"), {
        start: report.spot.lon === null ? null : report.spot, phone: watch.best,
        onMove(centre, accuracy) {
          const spot = fromMap(centre, accuracy);
          ward.value = "";
          choose({ ...spot, words: "" });
          placed(report.spot);
        },
      });
      opener.hidden = true;
      $("map-status").textContent = "";
      $("map-box").scrollIntoView({ block: "start" });
      $("map-box").querySelector("button").focus({ preventScroll: true });
    } catch (fault) {
      console.warn(fault);
      $("map-box").hidden = true;
      $("map-status").textContent = text("mapFailed");
      others.open = true;
      opener.removeAttribute("aria-disabled");
    }
  }

  others.open = false; // until the phone turns out to have no position
  $("open-map").hidden = false;
  $("open-map").addEventListener("click", (event) => {
    if (event.currentTarget.getAttribute("aria-disabled")) return;
    openMap();
  });

  // --- help in an app's own browser --------------------------------------------------------------
  const app = appName();
  if (app) {
    $("position-app").textContent = text("inApp", { app });
    const link = ownBrowserLink();
    if (link) $("position-open").href = link;
    $("position-open").hidden = !link;
    $("position-app").hidden = false;
  }

  return {
    draw, fixed, search,
    /** What is missing before one can go on: [{field, sentence}]. */
    missing() {
      if (!report.spot.source && ward.value) choose(wardChosen()); // the page itself may come with a ward
      const { source, accuracy, trouble } = report.spot;
      if (!source) return [{ field: "q", sentence: text("placeMissing") }];
      if (trouble) return [{ field: "q", sentence: trouble }];
      if (accuracy > COARSE_M) return [{ field: "q", sentence: text("coarse") }];
      return [];
    },
  };
}
