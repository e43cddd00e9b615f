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

const unlock = document.querySelector("[data-sound-unlock]");
const toggle = document.querySelector("[data-sound-toggle]");
let audio;
let wanted = (store.get(local, "sound") ?? document.body.dataset.sound) !== "off";

function showSound() {
  toggle?.setAttribute("aria-pressed", String(wanted));
  if (unlock) unlock.hidden = !wanted || audio?.state === "running";
}

async function wake() {
  // Without a gesture the browser would refuse and complain; the button asks for one.
  if (!wanted || (navigator.userActivation && !navigator.userActivation.hasBeenActive)) return showSound();
  try {
    audio ??= new AudioContext();
    if (audio.state === "suspended") await audio.resume();
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

unlock?.addEventListener("click", async () => {
  await wake();
  beep(false);
});
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

// --- the poll ---------------------------------------------------------------------------------------------------------

function showUnread(count) {
  const badge = document.querySelector("[data-unread-count]");
  if (badge) {
    badge.textContent = count > 99 ? "99+" : String(count);
    badge.hidden = count === 0;
  }
  document.title = count ? `(${count}) ${title}` : title;
}

function showNews({ unread, latest }) {
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
