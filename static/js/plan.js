// Pins on a floor plan: dragged with mouse or finger, moved with the arrow keys, or set by choosing a device and tapping the plan.
// Every drop is one POST with the version that was seen; a refused one goes back to where it was.
const plan = document.querySelector("[data-plan]");
const drawing = plan.querySelector(".plan-draw");
const said = plan.querySelector("[data-plan-said]");
const faces = document.querySelector("[data-pin-faces]");
const undo = document.querySelector("[data-plan-undo]");
const width = Number(plan.dataset.width);
const height = Number(plan.dataset.height);
const SVG = "http://www.w3.org/2000/svg";
const STEP = 5;
const FAR = 25;
const KEYS_REST_MS = 700;
const MOVED_PX = 4;

function tell(text, wrong = false) {
  said.textContent = text;
  said.classList.toggle("is-wrong", wrong);
}

function inside(x, y) {
  return { x: Math.min(Math.max(x, 0), width), y: Math.min(Math.max(y, 0), height) };
}

function put(pin, at) {
  pin.setAttribute("transform", `translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`);
  pin.at = at;
}

function placeOf(event) {
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
  return inside(point.x, point.y);
}

function started(pin) {
  const matched = /translate\(([\d.]+) ([\d.]+)\)/.exec(pin.getAttribute("transform"));
  return { x: Number(matched[1]), y: Number(matched[2]) };
}

async function save(pin, at) {
  const body = new FormData();
  body.set("device", pin.dataset.device);
  body.set("version", pin.dataset.version);
  body.set("x", ((at.x / width) * 100).toFixed(2));
  body.set("y", ((at.y / height) * 100).toFixed(2));
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  try {
    const answer = await fetch(plan.dataset.pinUrl, {
      method: "POST",
      body,
      headers: { Accept: "application/json", "X-CSRFToken": token },
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.title || plan.dataset.saidFailed);
    pin.dataset.version = told.version;
    pin.saved = at;
    if (undo) undo.hidden = false;
    tell(`${pin.dataset.device}: ${plan.dataset.saidSaved}`);
    return true;
  } catch (error) {
    const text = error instanceof Error && error.name === "Error" ? error.message : plan.dataset.saidFailed;
    tell(text, true);
    return false;
  }
}

async function drop(pin, at) {
  if (!(await save(pin, at))) put(pin, pin.saved);
}

function watch(pin) {
  put(pin, started(pin));
  pin.saved = pin.at;
  let from = null;
  let moved = false;
  let rest = 0;
  pin.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    from = { x: event.clientX, y: event.clientY };
    moved = false;
    pin.setPointerCapture(event.pointerId);
  });
  pin.addEventListener("pointermove", (event) => {
    if (!from) return;
    if (!moved && Math.hypot(event.clientX - from.x, event.clientY - from.y) < MOVED_PX) return;
    moved = true;
    pin.classList.add("is-moving");
    put(pin, placeOf(event));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    pin.addEventListener(name, (event) => {
      if (!from) return;
      from = null;
      pin.classList.remove("is-moving");
      if (moved && event.type === "pointerup") drop(pin, pin.at);
      else if (moved) put(pin, pin.saved);
    });
  }
  // A drop is no click: the link to the device is followed only when the pin was not moved.
  pin.addEventListener("click", (event) => {
    if (moved) event.preventDefault();
    moved = false;
  });
  pin.addEventListener("dragstart", (event) => event.preventDefault());
  pin.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const far = event.shiftKey ? FAR : STEP;
    put(pin, inside(pin.at.x + way[0] * far, pin.at.y + way[1] * far));
    clearTimeout(rest);
    rest = setTimeout(() => drop(pin, pin.at), KEYS_REST_MS);
  });
  pin.addEventListener("blur", () => {
    clearTimeout(rest);
    if (!from && pin.at !== pin.saved) drop(pin, pin.at);
  });
}

function fresh(item, at) {
  const pin = document.createElementNS(SVG, "a");
  pin.setAttribute("class", "pin");
  pin.setAttribute("href", item.dataset.url);
  pin.setAttribute("aria-label", `${item.dataset.device} ${item.dataset.name}`);
  pin.dataset.device = item.dataset.device;
  pin.dataset.version = item.dataset.version;
  const face = faces.content.querySelector(`[data-status="${item.dataset.status}"]`);
  if (face) pin.append(...[...face.children].map((one) => one.cloneNode(true)));
  const code = document.createElementNS(SVG, "text");
  code.setAttribute("class", "pin-code");
  code.setAttribute("y", "26");
  code.setAttribute("font-size", "12");
  code.textContent = item.dataset.device;
  pin.append(code);
  put(pin, at);
  return pin;
}

let chosen = null;

function choose(item) {
  chosen = chosen === item ? null : item;
  for (const one of document.querySelectorAll(".plan-item")) one.setAttribute("aria-pressed", String(one === chosen));
  plan.classList.toggle("is-choosing", chosen !== null);
}

async function setNew(item, at) {
  const pin = fresh(item, at);
  drawing.append(pin);
  if (!(await save(pin, at))) {
    pin.remove();
    return;
  }
  item.closest("li").remove();
  choose(null);
  watch(pin);
  pin.focus();
}

for (const pin of drawing.querySelectorAll(".pin")) watch(pin);
for (const item of document.querySelectorAll(".plan-item")) {
  item.addEventListener("click", () => choose(item));
  // By keys: Enter chooses, a second Enter puts it in the middle, from where the arrows move it.
  item.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || chosen !== item) return;
    event.preventDefault();
    setNew(item, { x: width / 2, y: height / 2 });
  });
}
drawing.addEventListener("click", (event) => {
  if (!chosen || event.target.closest(".pin")) return;
  setNew(chosen, placeOf(event));
});
