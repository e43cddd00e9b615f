// Single keys for those who work with the keyboard. What each does stands in the help sheet (#keys-help), which the server writes
// from one list; the sheet and the user menu switch them off (WCAG 2.1.4). Nothing happens while somebody types, with Ctrl, Alt or
// Meta held, or while a dialog is open.
const sheet = document.getElementById("keys-help");
const STORE = "keys";
const PAUSE = 1200; // how long the first of two keys waits for the second, in milliseconds

const table = new Map(
  [...(sheet?.querySelectorAll("[data-keys]") ?? [])].map((row) => [row.dataset.keys, { go: row.dataset.go, act: row.dataset.does }]),
);
let first = "";
let timer;

function isOn() {
  try {
    return localStorage.getItem(STORE) !== "off";
  } catch {
    return true;
  }
}

function turn(on) {
  try {
    localStorage.setItem(STORE, on ? "on" : "off");
  } catch {
    // a private window: the choice lasts for this page
  }
  show(on);
}

function show(on) {
  for (const button of document.querySelectorAll("[data-keys-toggle]")) button.setAttribute("aria-pressed", String(on));
  for (const word of document.querySelectorAll("[data-keys-word]")) word.textContent = on ? word.dataset.on : word.dataset.off;
}

function isTyping(target) {
  return target instanceof Element && Boolean(target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], [role=combobox]"));
}

// --- rows of a list ---------------------------------------------------------------------------------------------------

const rows = () => [...document.querySelectorAll(".main tr.row-link, .main .queue-row, .main li.row-link")].filter((row) => row.offsetParent);
const chosen = () => document.querySelector("[data-key-row]");

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(chosen());
  const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by))];
  chosen()?.removeAttribute("data-key-row");
  next.setAttribute("data-key-row", "");
  next.querySelector("a")?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

const acts = {
  search: () => (document.querySelector(".main input[type=search]") ?? document.getElementById("bar-q"))?.focus(),
  help: () => sheet.open || sheet.showModal(),
  next: () => step(1),
  previous: () => step(-1),
  open: () => chosen()?.querySelector("a")?.click(),
  select: () => chosen()?.querySelector("input[type=checkbox]")?.click(),
  respond: () => press("respond"),
  arrive: () => press("arrive"),
  done: () => press("resolve"),
  sign: () => press("sign", "ask_signature"),
  note: () => {
    const summary = document.querySelector("[data-act=note]");
    const box = summary?.closest("details");
    if (!box) return;
    box.open = true;
    box.scrollIntoView({ block: "nearest" });
    box.querySelector("textarea")?.focus();
  },
};

function press(...names) {
  for (const name of names) {
    const found = document.querySelector(`[data-act="${name}"]`);
    if (found) return found.click();
  }
}

function run(keys) {
  const found = table.get(keys);
  if (!found) return false;
  if (found.go) location.assign(found.go);
  else acts[found.act]?.();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (!sheet || !isOn() || event.defaultPrevented || event.isComposing || event.repeat) return;
  if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && (event.target !== document.body || !chosen())) return; // Enter on a link or button is its own
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const waiting = first;
  first = "";
  clearTimeout(timer);
  if (waiting && run(`${waiting} ${key}`)) return event.preventDefault();
  if ([...table.keys()].some((keys) => keys.startsWith(`${key} `))) {
    first = key;
    timer = setTimeout(() => (first = ""), PAUSE);
    event.preventDefault();
  } else if (run(key)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-keys-toggle]")) turn(!isOn());
});
show(isOn());
