// Photos are made smaller before they travel (at most 1600 px, JPEG), shown, and can be taken out again.
const words = document.getElementById("words").dataset;
const EDGE = 1600;
const SMALL_ENOUGH = 400 * 1024;

async function shrink(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file; // a format that this browser cannot draw: the server decides
  }
  const scale = Math.min(1, EDGE / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && file.size <= SMALL_ENOUGH && file.type === "image/jpeg") return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff"; // a transparent picture would turn black as JPEG
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.82));
  if (!blob || (blob.size >= file.size && scale === 1)) return file;
  return new File([blob], `${file.name.replace(/\.[^.]*$/, "")}.jpg`, { type: "image/jpeg", lastModified: file.lastModified });
}

function size(bytes) {
  return bytes < 1048576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

function start(box) {
  if ("ready" in box.dataset) return;
  box.dataset.ready = "";
  const input = box.querySelector("input[type=file]");
  const row = box.querySelector("[data-photos-row]");
  const add = row.querySelector(".photo-add");
  const said = box.querySelector("[data-photos-error]");
  const most = Number(box.dataset.max || "6");
  let photos = [];

  function complain(text) {
    said.querySelector("span").textContent = text;
    said.hidden = !text;
  }

  function write() {
    const carrier = new DataTransfer();
    for (const { file } of photos) carrier.items.add(file);
    input.files = carrier.files;
    add.hidden = photos.length >= most;
  }

  function show(photo) {
    const frame = document.createElement("div");
    frame.className = "photo-one";
    const image = document.createElement("img");
    image.alt = photo.file.name;
    image.src = URL.createObjectURL(photo.file);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    const weight = document.createElement("span");
    weight.className = "photo-size";
    weight.textContent = size(photo.file.size);
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "photo-remove";
    remove.setAttribute("aria-label", `${words.photoRemove} ${photo.file.name}`);
    remove.textContent = "×";
    remove.addEventListener("click", () => {
      photos = photos.filter((one) => one !== photo);
      frame.remove();
      write();
      complain("");
    });
    frame.append(image, weight, remove);
    row.insertBefore(frame, add);
  }

  input.addEventListener("change", async () => {
    const chosen = [...input.files];
    const form = input.form;
    form?.setAttribute("data-busy", ""); // app.js sends nothing while photos are being made smaller
    complain("");
    for (const file of chosen) {
      if (file.type && !file.type.startsWith("image/")) {
        complain(words.photoNot.replace("{name}", file.name));
        continue;
      }
      if (photos.length >= most) {
        complain(words.photoTooMany.replace("{n}", String(most)));
        break;
      }
      const photo = { file: await shrink(file) };
      photos.push(photo);
      show(photo);
    }
    write();
    form?.removeAttribute("data-busy");
  });
}

function startAll(scope) {
  for (const box of scope.querySelectorAll("[data-photos]")) start(box);
}
startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.detail.elt));
