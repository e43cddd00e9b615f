// Keeps the queue fresh every three seconds. New rows are marked, and what is being read stays where it is.
const box = document.querySelector("[data-queue]");
let etag = box?.dataset.etag || "";
let asking = false;

const keys = () => new Set([...box.querySelectorAll("[data-key]")].map((row) => row.dataset.key));

// The first row that is fully visible is what the person reads: it is put back to its place after the change.
function anchor() {
  const row = [...box.querySelectorAll("[data-key]")].find((one) => one.getBoundingClientRect().top >= 0);
  return row ? { key: row.dataset.key, top: row.getBoundingClientRect().top } : null;
}

function show(html) {
  const known = keys();
  const held = anchor();
  const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
  const href = document.activeElement?.getAttribute?.("href");
  box.innerHTML = html; // our own server's fragment, escaped there
  for (const row of box.querySelectorAll("[data-key]")) {
    if (known.has(row.dataset.key)) continue;
    row.classList.add("queue-new");
    const mark = document.createElement("span");
    mark.className = "queue-mark";
    mark.textContent = box.dataset.newWord;
    row.querySelector(".queue-main")?.prepend(mark);
  }
  const find = (key) => [...box.querySelectorAll("[data-key]")].find((row) => row.dataset.key === key);
  const again = held && find(held.key);
  if (again && window.scrollY > 0) window.scrollBy({ top: again.getBoundingClientRect().top - held.top, behavior: "instant" });
  if (focused && href) [...(find(focused)?.querySelectorAll("a") || [])].find((one) => one.getAttribute("href") === href)?.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: box } }));
}

async function refresh() {
  if (asking || document.hidden) return;
  asking = true;
  try {
    const response = await fetch(box.dataset.url, {
      headers: { "If-None-Match": etag, "HX-Request": "true" },
      cache: "no-store",
      credentials: "same-origin",
      redirect: "error",
    });
    if (response.status === 200) {
      const html = await response.text();
      etag = response.headers.get("ETag") || "";
      show(html);
    }
  } catch {
    // live.js tells when the connection is lost
  } finally {
    asking = false;
  }
}

if (box) {
  setInterval(refresh, 3000);
  document.addEventListener("visibilitychange", refresh);
  document.body.addEventListener("news", refresh);
}
