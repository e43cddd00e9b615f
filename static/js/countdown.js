// Remaining service time, counted by the server's clock: the device's own clock may be wrong and may be changed.
const words = document.getElementById("words").dataset;
const offset = Number(words.utcOffset || "28800") * 1000;
const RISK = 0.4; // less than 40 % of the promise left
const clocks = new WeakMap();
const symbols = { normal: "clock", risk: "alert-triangle", breached: "alert-octagon", waiting: "clock-pause" };

// performance.now() runs evenly whatever is done to the device's clock.
let anchor = (() => {
  const said = Number(document.querySelector('meta[name="server-now"]')?.content);
  const navigation = performance.getEntriesByType("navigation")[0];
  return said ? { server: said, local: navigation?.responseStart || performance.now(), trip: Infinity } : { server: Date.now(), local: performance.now(), trip: Infinity };
})();

export function serverNow() {
  return anchor.server + performance.now() - anchor.local;
}

// live.js tells the server's time at each poll. The quickest answer is the most exact one; a jump (sleep, wrong first guess) always counts.
document.addEventListener("server-time", (event) => {
  const { now, trip } = event.detail;
  const guess = { server: now + trip / 2, local: performance.now(), trip };
  const drift = Math.abs(guess.server - serverNow());
  if (trip <= anchor.trip * 1.5 || drift > 1500) anchor = guess;
  if (drift > 400) tick();
});

function read(node) {
  let clock = clocks.get(node);
  if (!clock || clock.key !== node.dataset.due + node.dataset.windows) {
    clock = {
      key: node.dataset.due + node.dataset.windows,
      due: Number(node.dataset.due),
      windows: JSON.parse(node.dataset.windows || "[]"),
      total: Number(node.dataset.total || "0") * 1000,
      text: node.dataset.text || "",
      digits: node.querySelector(".countdown-digits"),
      word: node.querySelector(".countdown-word"),
      symbol: node.querySelector("use"),
    };
    clocks.set(node, clock);
  }
  return clock;
}

// Milliseconds of service between two instants; without windows the service never closes.
export function service(windows, from, to) {
  if (to <= from) return 0;
  if (!windows.length) return to - from;
  let sum = 0;
  for (const [start, end] of windows) sum += Math.max(0, Math.min(end, to) - Math.max(start, from));
  return sum;
}

export function digits(milliseconds, round = Math.ceil) {
  const seconds = Math.max(0, round(milliseconds / 1000));
  const h = Math.floor(seconds / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  const s = seconds % 60;
  if (h >= 100) return words.days.replace("{n}", String(Math.floor(h / 24)));
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

function instant(ms, now) {
  const local = new Date(ms + offset).toISOString();
  const today = new Date(now + offset).toISOString().slice(0, 10);
  return local.slice(0, 10) === today ? local.slice(11, 16) : `${local.slice(5, 10)} ${local.slice(11, 16)}`;
}

export function look(clock, now) {
  const { due, windows, total, text } = clock;
  if (now > due) {
    const last = windows.length ? windows[windows.length - 1][1] : 0;
    const over = last > due ? service(windows, due, now) : now - due;
    return { level: "breached", digits: `+${digits(over, Math.floor)}`, word: words.breached.replace("{at}", instant(due, now)), left: 1 };
  }
  const left = service(windows, now, due);
  const open = !windows.length || windows.some(([start, end]) => start <= now && now < end);
  const shown = text && left > 4 * 3600 * 1000 ? text : digits(left);
  const share = total ? Math.min(1, left / total) : 1;
  if (!open) {
    const next = windows.find(([start]) => start > now);
    if (next) return { level: "waiting", digits: shown, word: words.waiting.replace("{at}", instant(next[0], now)), left: share };
  }
  const level = share < RISK ? "risk" : "normal";
  return { level, digits: shown, word: words[level].replace("{at}", instant(due, now)), left: share };
}

let timer;
function tick() {
  clearTimeout(timer);
  const now = serverNow();
  for (const node of document.querySelectorAll("[data-countdown]")) {
    const clock = read(node);
    const view = look(clock, now);
    if (clock.digits.textContent !== view.digits) clock.digits.textContent = view.digits;
    if (clock.word.textContent !== view.word) clock.word.textContent = view.word;
    if (node.dataset.level !== view.level) {
      const before = node.dataset.level;
      node.dataset.level = view.level;
      clock.symbol.setAttribute("href", `${words.sprite}#${symbols[view.level]}`);
      if (before !== "due") node.dispatchEvent(new CustomEvent("countdown-level", { bubbles: true, detail: view }));
    }
    node.style.setProperty("--left", view.left.toFixed(3));
  }
  timer = setTimeout(tick, 1000 - (serverNow() % 1000) + 5);
}

tick();
for (const change of ["htmx:afterSwap", "htmx:load"]) document.addEventListener(change, tick);
document.addEventListener("visibilitychange", tick);
