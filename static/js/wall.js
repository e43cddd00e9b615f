// The wall's own clock, by the server's time: a screen at a wall is set by nobody. The page is loaded anew now and then, so that
// its guess of the server's time stays fresh and a new version of the product is shown.
const said = Number(document.querySelector('meta[name="server-now"]')?.content) || Date.now();
const began = performance.getEntriesByType("navigation")[0]?.responseStart || performance.now();
const offset = Number(document.getElementById("words").dataset.utcOffset || "28800") * 1000;
const RELOAD_EVERY = 30 * 60 * 1000;

function tick() {
  const now = said + performance.now() - began;
  const text = new Date(now + offset).toISOString().slice(11, 19);
  for (const node of document.querySelectorAll("[data-wall-time]")) node.textContent = text;
  setTimeout(tick, 1000 - (now % 1000) + 5);
}

// Only when the server answers: an error page of the browser would stay on the wall.
async function again() {
  try {
    const answer = await fetch(location.href, { method: "HEAD", cache: "no-store", credentials: "same-origin", redirect: "error" });
    if (answer.ok) location.reload();
  } catch {
    // the next try is the next time
  }
}

// A wall that shows old numbers says so: nobody sits before it to notice.
const box = document.querySelector("[data-queue]");
const stale = document.querySelector("[data-wall-stale]");
let failures = 0;
async function probe() {
  try {
    const answer = await fetch(box.dataset.url, { method: "HEAD", cache: "no-store", credentials: "same-origin", redirect: "error", headers: { "HX-Request": "true" } });
    failures = answer.ok ? 0 : failures + 1;
  } catch {
    failures += 1;
  }
  stale.hidden = failures < 2;
}

tick();
setInterval(probe, 10 * 1000);
setInterval(again, RELOAD_EVERY);
