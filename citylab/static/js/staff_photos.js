// Keys and a pen for the page of photos; without it every button and field works the same.

const form = document.getElementById("decide");
const look = document.getElementById("look");
const list = document.getElementById("boxes");
const svg = look.querySelector("svg");

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
  [...svg.querySelectorAll("rect")].forEach((frame, at) => frame.classList.toggle("off", !ticks[at].checked));
});

document.getElementById("draw").hidden = false;
let begun = null;

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

function spread([x, y], [toX, toY]) {
  return { x: Math.min(x, toX), y: Math.min(y, toY), w: Math.abs(toX - x), h: Math.abs(toY - y) };
}

function sized(drawn, box) {
  const percent = (share) => `${(100 * share).toFixed(2)}%`;
  drawn.setAttribute("x", percent(box.x));
  drawn.setAttribute("y", percent(box.y));
  drawn.setAttribute("width", percent(box.w));
  drawn.setAttribute("height", percent(box.h));
}

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
  const box = spread(begun.from, place(event));
  const { drawn } = begun;
  begun = null;
  if (box.w < 0.005 || box.h < 0.005) return drawn.remove(); // a click is no box
  sized(drawn, box);
  const number = list.children.length + 1;
  const tick = Object.assign(document.createElement("input"), {
    type: "checkbox", name: "box", checked: true,
    value: ["other", ...[box.x, box.y, box.w, box.h].map((share) => share.toFixed(4))].join(":"),
  });
  const label = Object.assign(document.createElement("label"), { className: "line" });
  label.append(tick, `${number}. ${look.dataset.drawn}`);
  const item = document.createElement("li");
  item.append(label);
  list.append(item);
  frame("text", { x: drawn.getAttribute("x"), y: drawn.getAttribute("y"), dx: 4, dy: 15 }).textContent = number;
});
look.addEventListener("pointercancel", () => {
  begun?.drawn.remove();
  begun = null;
});
