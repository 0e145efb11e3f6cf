// The steps of a report as panels of one page: one is seen at a time, Back leads to the one before, the heading gets the focus.

/** Puts the panels of `<template id="panels">` beside the first one. `steps[name]` is the panel, `show(name)` opens it;
 * `onShow(name, panel)` is called each time. `gate(name)` may name another panel to show instead. */
export function panelsOf(main, { onShow, gate = (name) => name }) {
  const template = document.getElementById("panels");
  for (const panel of template.content.querySelectorAll(".panel")) panel.hidden = true;
  main.append(template.content);
  const steps = Object.fromEntries([...main.querySelectorAll(".panel")].map((panel) => [panel.dataset.step, panel]));
  const first = Object.keys(steps)[0];
  const title = document.title;
  let current = first;
  let depth = history.state?.depth ?? 0; // how many steps back are panels of this page

  const asked = () => (location.hash.slice(1) in steps ? location.hash.slice(1) : first);

  /** `how`: "push" makes a step back possible, "replace" takes the place of the panel in the history, "stay" leaves it alone. */
  function show(name, { how = "push", focus = true } = {}) {
    const address = `#${name}`;
    if (how !== "stay" && location.hash !== address) {
      if (how === "push") depth += 1;
      history[`${how}State`]({ depth }, "", address);
    }
    current = name;
    for (const [step, panel] of Object.entries(steps)) panel.hidden = step !== name;
    document.title = steps[name].dataset.title ? `${steps[name].dataset.title} – ${title.split(" – ").at(-1)}` : title;
    onShow(name, steps[name]);
    if (!focus) return;
    const heading = [...steps[name].querySelectorAll("h1")].find((one) => !one.closest("[hidden]"));
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    scrollTo({ top: 0, behavior: "instant" });
  }

  addEventListener("popstate", () => {
    depth = history.state?.depth ?? 0;
    show(gate(asked()), { how: "stay" });
  });

  /** One panel back, as the phone's own Back does; after a page that was loaded anew, the panel before this one. */
  function back() {
    if (depth > 0) return history.back();
    const names = Object.keys(steps);
    show(names[Math.max(0, names.indexOf(current) - 1)], { how: "replace" });
  }

  return {
    steps, show, back, asked,
    get current() { return current; },
    get opened() { return location.hash.slice(1) in steps; }, // whether the address itself names a panel
  };
}
