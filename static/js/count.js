// Counting: a label in front of the camera fills in its code and sends it; typing works everywhere.
const form = document.querySelector("[data-count]");
const WANTED = "count-camera";

function remembered() {
  try {
    return sessionStorage.getItem(WANTED) === "on";
  } catch {
    return false;
  }
}

function remember(on) {
  try {
    sessionStorage.setItem(WANTED, on ? "on" : "off");
  } catch {
    // a private window: the camera is asked for at every scan
  }
}

async function start(box) {
  const view = box.querySelector("[data-count-view]");
  const button = box.querySelector("[data-count-start]");
  const input = form.querySelector("[data-count-code]");
  try {
    const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
    view.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    await view.play();
    button.hidden = true;
    remember(true);
    const said = document.querySelector("[data-counted]")?.dataset.counted || "";
    const timer = setInterval(async () => {
      const found = await detector.detect(view).catch(() => []);
      // The label that was just counted is still in front of the camera: it is not sent again.
      const code = found.map((one) => codeOf(one.rawValue)).find((one) => one && one.toUpperCase() !== said.toUpperCase());
      if (!code) return;
      clearInterval(timer);
      for (const track of view.srcObject.getTracks()) track.stop();
      input.value = code;
      navigator.vibrate?.(60);
      form.requestSubmit();
    }, 200);
  } catch {
    remember(false);
    button.hidden = false;
    box.querySelector("[data-count-error]").hidden = false;
  }
}

// A label holds the address …/d/CODE/ or the bare code; nothing else is taken.
function codeOf(text) {
  const match = /\/d\/([A-Za-z0-9-]{3,30})\/?$/.exec(text) || /^([A-Za-z0-9-]{3,30})$/.exec(text);
  return match ? match[1] : "";
}

const box = form?.querySelector("[data-count-scan]");
if (box && "BarcodeDetector" in window && navigator.mediaDevices) {
  box.hidden = false;
  box.querySelector("[data-count-start]").addEventListener("click", () => start(box));
  if (remembered()) start(box);
}
