// Keys and a pen for the page of photos; without it every button and field works the same.

const form = document.getElementById("decide");
const look = document.getElementById("look");
const list = document.getElementById("boxes");
const svg = look.querySelector("svg");
const SMALLEST = 0.005; // share of the picture: less is a click, and no box
const STEP = 0.01; // an arrow key; with Control ten times as far
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// P publishes, R leads to the reason. Not while somebody types, and never with a modifier.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.closest("input, select, textarea, [contenteditable]")) return;
  if (event.key === "p" || event.key === "P") form.querySelector("#publish").click();
  if (event.key === "r" || event.key === "R") {
    event.preventDefault();
    form.querySelector("#reason")?.focus();
  }
});

// A box that is not ticked is not blurred: its frame goes at once, the picture when it is asked for again.
list.addEventListener("change", () => {
  const ticks = [...list.querySelectorAll("input")];
  [...svg.querySelectorAll("rect")].forEach((frame, at) => frame.classList.toggle("off", !ticks[at]?.checked));
});

function place(event) {
  const area = look.getBoundingClientRect();
  const share = (value, from, size) => Math.min(1, Math.max(0, (value - from) / size));
  return [share(event.clientX, area.left, area.width), share(event.clientY, area.top, area.height)];
}

function frame(kind, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  svg.append(made);
  return made;
}

const spread = ([x, y], [toX, toY]) => ({ x: Math.min(x, toX), y: Math.min(y, toY), w: Math.abs(toX - x), h: Math.abs(toY - y) });
const percent = (share) => `${(100 * share).toFixed(2)}%`;

function sized(drawn, { x, y, w, h }) {
  for (const [name, share] of Object.entries({ x, y, width: w, height: h })) drawn.setAttribute(name, percent(share));
}

/** A part drawn by hand joins the list: a tick, and a button that moves and sizes it with the arrow keys. */
function join(box, drawn) {
  const number = list.children.length + 1;
  const tick = Object.assign(document.createElement("input"), { type: "checkbox", name: "box", checked: true });
  const label = Object.assign(document.createElement("label"), { className: "line" });
  label.append(tick, `${number}. ${look.dataset.drawn}`);
  const item = document.createElement("li");
  const name = frame("text", { dx: 4, dy: 15 });
  name.textContent = number;
  const button = movable(box, tick, drawn, name);
  item.append(label, button);
  list.append(item);
  return button;
}

/** The button of a box: arrows move it, with Shift they change its size, with Control in larger steps. */
function movable(box, tick, drawn, name) {
  const show = () => {
    tick.value = ["other", ...[box.x, box.y, box.w, box.h].map((share) => share.toFixed(4))].join(":");
    sized(drawn, box);
    name.setAttribute("x", percent(box.x));
    name.setAttribute("y", percent(box.y));
  };
  const button = Object.assign(document.createElement("button"), { type: "button", className: "small", textContent: look.dataset.move });
  button.setAttribute("aria-describedby", "draw");
  button.addEventListener("keydown", (event) => {
    const [x, y] = ARROWS[event.key] ?? [];
    if (x === undefined || event.altKey || event.metaKey) return;
    event.preventDefault();
    const step = event.ctrlKey ? 10 * STEP : STEP;
    const within = (value, least, most) => Math.min(most, Math.max(least, value));
    if (event.shiftKey) [box.w, box.h] = [within(box.w + x * step, STEP, 1 - box.x), within(box.h + y * step, STEP, 1 - box.y)];
    else [box.x, box.y] = [within(box.x + x * step, 0, 1 - box.w), within(box.y + y * step, 0, 1 - box.h)];
    show();
    told.textContent = [box.x, box.y, box.w, box.h].map((share) => `${Math.round(100 * share)} %`).join(", ");
  });
  show();
  return button;
}

// What was drawn by hand and comes back with the page can be moved on; what the machine found is blurred with a margin, and stays.
[...list.querySelectorAll("input")].forEach((tick, at) => {
  const [kind, x, y, w, h] = tick.value.split(":");
  const [drawn, name] = [svg.querySelectorAll("rect")[at], svg.querySelectorAll("text")[at]];
  if (kind === "other") tick.closest("li").append(movable({ x: Number(x), y: Number(y), w: Number(w), h: Number(h) }, tick, drawn, name));
});

const told = document.getElementById("box-told");
const add = document.getElementById("add-box");
add.hidden = document.getElementById("draw").hidden = false;
add.addEventListener("click", () => {
  const box = { x: 0.4, y: 0.4, w: 0.2, h: 0.2 };
  join(box, frame("rect", { class: "new" })).focus();
});

let begun = null;
look.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  event.preventDefault();
  look.setPointerCapture(event.pointerId);
  begun = { from: place(event), drawn: frame("rect", { class: "new" }) };
});
look.addEventListener("pointermove", (event) => {
  if (begun) sized(begun.drawn, spread(begun.from, place(event)));
});
look.addEventListener("pointerup", (event) => {
  if (!begun) return;
  const { from, drawn } = begun;
  const box = spread(from, place(event));
  begun = null;
  if (box.w < SMALLEST || box.h < SMALLEST) return drawn.remove();
  join(box, drawn);
});
look.addEventListener("pointercancel", () => {
  begun?.drawn.remove();
  begun = null;
});
