// Handwriting: a PNG and the strokes go into hidden fields; an empty pad is not sent; strokes survive turning the phone.
const words = document.getElementById("words").dataset;
const library = document.querySelector("script[data-library]")?.dataset.library;
const SENT = "signature-sent";

let box;
try {
  box = window.sessionStorage;
} catch {
  box = null;
}
const sent = box?.getItem(SENT);
if (sent && !document.querySelector("[data-error-message]") && !document.querySelector(`[data-draft-key="${CSS.escape(sent)}"]`)) {
  box.removeItem(`signature:${sent}`);
  box.removeItem(SENT);
}

function start(frame, SignaturePad) {
  if ("ready" in frame.dataset) return;
  frame.dataset.ready = "";
  const canvas = frame.querySelector("canvas");
  const image = frame.querySelector("[data-signature-image]");
  const strokes = frame.querySelector("[data-signature-strokes]");
  const said = frame.querySelector("[data-signature-error]");
  const key = frame.dataset.draftKey ? `signature:${frame.dataset.draftKey}` : "";
  const pad = new SignaturePad(canvas, { penColor: "#101828", minWidth: 0.8, maxWidth: 2.6 });
  let width = 0;
  let height = 0;

  function write() {
    const empty = pad.isEmpty();
    frame.toggleAttribute("data-signed", !empty);
    image.value = empty ? "" : pad.toDataURL("image/png");
    strokes.value = empty ? "" : JSON.stringify({ width, height, strokes: pad.toData() });
    if (key && box) {
      if (empty) box.removeItem(key);
      else box.setItem(key, strokes.value);
    }
    if (!empty) {
      said.hidden = true;
      frame.classList.remove("is-invalid");
    }
  }

  function scaled(data, x, y) {
    return data.map((group) => ({ ...group, points: group.points.map((point) => ({ ...point, x: point.x * x, y: point.y * y })) }));
  }

  function resize() {
    const wide = canvas.offsetWidth;
    const high = canvas.offsetHeight;
    if (!wide || (wide === width && high === height)) return; // hidden, or nothing changed
    const data = width ? scaled(pad.toData(), wide / width, high / height) : [];
    const ratio = Math.min(2, Math.max(1, window.devicePixelRatio || 1));
    canvas.width = wide * ratio;
    canvas.height = high * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    width = wide;
    height = high;
    pad.clear();
    if (data.length) pad.fromData(data);
  }

  resize();
  const kept = key && box ? box.getItem(key) : null;
  if (kept && width) {
    const draft = JSON.parse(kept);
    pad.fromData(scaled(draft.strokes, width / draft.width, height / draft.height));
    write();
  }
  new ResizeObserver(() => {
    resize();
    write();
  }).observe(canvas);
  pad.addEventListener("endStroke", write);
  frame.querySelector("[data-signature-clear]").addEventListener("click", () => {
    pad.clear();
    write();
  });
  frame.querySelector("[data-signature-undo]").addEventListener("click", () => {
    const data = pad.toData();
    pad.fromData(data.slice(0, -1));
    write();
  });
  canvas.closest("form")?.addEventListener(
    "submit",
    (event) => {
      if (event.submitter?.formNoValidate || frame.disabled || !canvas.offsetWidth) return;
      if (pad.isEmpty()) {
        event.preventDefault();
        event.stopImmediatePropagation();
        said.querySelector("span").textContent = words.signFirst;
        said.hidden = false;
        frame.classList.add("is-invalid");
        canvas.scrollIntoView({ block: "center" });
        return;
      }
      write();
      if (key && box) box.setItem(SENT, frame.dataset.draftKey);
    },
    true,
  );
}

async function startAll(scope) {
  const frames = [...scope.querySelectorAll("[data-signature]")];
  if (!frames.length || !library) return;
  const { default: SignaturePad } = await import(library);
  for (const frame of frames) start(frame, SignaturePad);
}
startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.detail.elt));
