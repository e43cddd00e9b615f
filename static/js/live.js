// New work reaches the person within seconds: bell, toast, tab title and sound. Also brings the server's time.
const words = document.getElementById("words").dataset;
const script = document.querySelector("script[data-ticker]");
const url = document.body.dataset.liveUrl;
const title = document.title;
let etag = "";
let answered = performance.now();
let asking = false;
let stopped = false;

const store = {
  get(area, key) {
    try {
      return area().getItem(key);
    } catch {
      return null;
    }
  },
  set(area, key, value) {
    try {
      area().setItem(key, value);
    } catch {
      // without storage the page itself remembers
    }
  },
};
const session = () => sessionStorage;
const local = () => localStorage;
let seen = Number(store.get(session, "live-seen") ?? "-1");

// --- sound ------------------------------------------------------------------------------------------------------------

// Ask for the click that sound needs: in the bar, and plainly where somebody waits for work.
const unlocks = [...document.querySelectorAll("[data-sound-unlock]")];
const asks = [...document.querySelectorAll("[data-sound-ask]")];
const toggle = document.querySelector("[data-sound-toggle]");
let audio;
let wanted = (store.get(local, "sound") ?? document.body.dataset.sound) !== "off";

function showSound() {
  toggle?.setAttribute("aria-pressed", String(wanted));
  const silent = wanted && audio?.state !== "running";
  for (const element of [...unlocks, ...asks]) element.hidden = !silent;
}

async function wake() {
  // Without a gesture, here or on the page before, the browser would refuse and complain; the button asks for one.
  const gesture = navigator.userActivation ? navigator.userActivation.hasBeenActive : true;
  if (!wanted || !(gesture || store.get(session, "sound-woken"))) return showSound();
  try {
    audio ??= new AudioContext();
    // Not awaited without a gesture: a refused resume() never settles.
    if (audio.state === "suspended" && gesture) await audio.resume();
    if (audio.state === "running") store.set(session, "sound-woken", "1");
  } catch {
    audio = undefined; // no sound device: the bell, the toast and the title still tell
  }
  showSound();
}

function beep(urgent) {
  if (!wanted || audio?.state !== "running") return;
  const tones = urgent ? [880, 1175, 880, 1175] : [880, 1175];
  tones.forEach((frequency, index) => {
    const start = audio.currentTime + index * 0.18;
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    tone.frequency.value = frequency;
    gain.gain.setValueAtTime(0.0001, start);
    gain.gain.exponentialRampToValueAtTime(0.25, start + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + 0.16);
    tone.connect(gain).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.17);
  });
  document.dispatchEvent(new CustomEvent("beep", { detail: { urgent } }));
}

for (const button of unlocks) {
  button.addEventListener("click", async () => {
    await wake();
    beep(false);
  });
}
toggle?.addEventListener("click", async () => {
  wanted = !wanted;
  store.set(local, "sound", wanted ? "on" : "off");
  showSound();
  if (wanted) {
    await wake();
    beep(false);
  }
});
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => wake(), { once: true });

// --- notices outside the page -------------------------------------------------------------------------------------------

const notify = document.querySelector("[data-notify]");

function showNotify() {
  if (notify) notify.hidden = !("Notification" in window) || Notification.permission !== "default";
}

notify?.addEventListener("click", async () => {
  await Notification.requestPermission();
  showNotify();
});

function outside(item) {
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
  try {
    const notice = new Notification(item.title, { body: item.body, tag: `message-${item.id}`, requireInteraction: Boolean(item.urgent) });
    notice.addEventListener("click", () => {
      window.focus();
      if (item.url && new URL(item.url, location.href).origin === location.origin) location.assign(item.url);
      notice.close();
    });
  } catch {
    // phones allow this to service workers only: the bell and the sound still tell
  }
}

// --- somebody is there, or not ------------------------------------------------------------------------------------------

const activeUrl = document.body.dataset.activeUrl;
const lockUrl = document.body.dataset.lockUrl;
const ACTIVE_EVERY = 60000;

// Typing and reading ask nothing of the server; without this the session would lock under somebody's hands.
function active() {
  if (!activeUrl || Date.now() - Number(store.get(local, "active-at") ?? "0") < ACTIVE_EVERY) return;
  store.set(local, "active-at", String(Date.now()));
  const headers = JSON.parse(document.body.getAttribute("hx-headers") || "{}");
  fetch(activeUrl, { method: "POST", headers: { ...headers, "HX-Request": "true" }, credentials: "same-origin" }).catch(() => {
    // the connection banner tells
  });
}

for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) document.addEventListener(kind, active, { passive: true });

function showLock(locked) {
  const waiting = document.body.dataset.locked;
  if (locked && lockUrl) location.assign(`${lockUrl}?next=${encodeURIComponent(location.pathname + location.search)}`);
  if (!locked && waiting !== undefined && new URL(waiting, location.href).origin === location.origin) location.assign(waiting);
}

// --- the poll ---------------------------------------------------------------------------------------------------------

function showUnread(count) {
  const badge = document.querySelector("[data-unread-count]");
  if (badge) {
    badge.textContent = count > 99 ? "99+" : String(count);
    badge.hidden = count === 0;
  }
  document.title = count ? `(${count}) ${title}` : title;
}

function showNews({ unread, latest, locked }) {
  showLock(locked);
  showUnread(unread);
  const fresh = (latest || []).filter((item) => Number(item.id) > seen).sort((a, b) => a.id - b.id);
  const first = seen < 0;
  for (const item of fresh) seen = Math.max(seen, Number(item.id));
  seen = Math.max(seen, 0);
  store.set(session, "live-seen", String(seen));
  if (first || !fresh.length) return;
  for (const item of fresh.slice(-3)) {
    const detail = { title: item.title, text: item.body, url: item.url, tone: item.urgent ? "danger" : "info" };
    document.dispatchEvent(new CustomEvent("toast", { detail }));
    if (Number(store.get(local, "live-beeped") ?? "0") < Number(item.id)) outside(item);
  }
  // Several tabs of one browser sound once.
  if (Number(store.get(local, "live-beeped") ?? "0") < seen) {
    store.set(local, "live-beeped", String(seen));
    beep(fresh.some((item) => item.urgent));
  }
  document.body.dispatchEvent(new CustomEvent("news", { detail: fresh }));
}

function showConnection() {
  const banner = document.getElementById("connection");
  if (banner) banner.hidden = performance.now() - answered < 10000;
}

async function poll() {
  if (asking || stopped) return;
  asking = true;
  const started = performance.now();
  try {
    const headers = { Accept: "application/json", "X-Requested-With": "live" };
    if (etag) headers["If-None-Match"] = etag;
    const response = await fetch(url, { headers, cache: "no-store", credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout ? AbortSignal.timeout(8000) : undefined });
    const trip = performance.now() - started;
    if (response.status === 401 || response.status === 403) {
      stopped = true;
      document.dispatchEvent(new CustomEvent("toast", { detail: { title: words.signedOut, text: words.signIn, url: location.href, tone: "warn" } }));
      return;
    }
    if (!response.ok && response.status !== 304) throw new Error(`status ${response.status}`);
    answered = performance.now();
    const now = Number(response.headers.get("X-Server-Now"));
    if (now) document.dispatchEvent(new CustomEvent("server-time", { detail: { now, trip } }));
    if (response.status === 200) {
      etag = response.headers.get("ETag") || "";
      showNews(await response.json());
    }
  } catch {
    // the banner says so after ten seconds
  } finally {
    asking = false;
    showConnection();
  }
}

showUnread(Number(document.body.dataset.unread || "0"));
showSound();
showNotify();
if (url) {
  wake();
  poll();
  try {
    new Worker(script.dataset.ticker).addEventListener("message", poll);
  } catch {
    setInterval(poll, 3000);
  }
  document.addEventListener("visibilitychange", () => document.hidden || poll());
}
