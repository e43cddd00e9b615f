// Reads a device's label with the camera where the browser knows barcodes; elsewhere the code is typed.
const box = document.querySelector("[data-scan]");

async function start() {
  const view = box.querySelector("[data-scan-view]");
  const button = box.querySelector("[data-scan-start]");
  try {
    const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
    view.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    await view.play();
    button.hidden = true;
    const timer = setInterval(async () => {
      const found = await detector.detect(view).catch(() => []);
      const code = found.map((one) => codeOf(one.rawValue)).find(Boolean);
      if (!code) return;
      clearInterval(timer);
      for (const track of view.srcObject.getTracks()) track.stop();
      location.assign(`/d/${encodeURIComponent(code)}/`);
    }, 200);
  } catch {
    box.querySelector("[data-scan-error]").hidden = false;
  }
}

// A label holds the address …/d/CODE/ or the bare code; addresses of other places are never followed.
function codeOf(text) {
  const match = /\/d\/([A-Za-z0-9-]{3,30})\/?$/.exec(text) || /^([A-Za-z0-9-]{3,30})$/.exec(text);
  return match ? match[1] : "";
}

if (box && "BarcodeDetector" in window && navigator.mediaDevices) {
  box.hidden = false;
  box.querySelector("[data-scan-start]").addEventListener("click", start);
}
