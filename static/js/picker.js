// A device is found by typing. Without scripts the same field takes the device's code.
function start(box) {
  if ("ready" in box.dataset) return;
  box.dataset.ready = "";
  const input = box.querySelector("[role=combobox]");
  const list = box.querySelector("[data-picker-list]");
  const field = box.querySelector("[data-picker-box]");
  const chosen = box.querySelector("[data-picker-chosen]");
  const text = box.querySelector("[data-picker-text]");
  let timer;
  let turn = 0;

  const options = () => [...list.querySelectorAll("[data-value]")];

  function close() {
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function choose(value, label) {
    input.value = value;
    text.textContent = label;
    chosen.hidden = false;
    field.hidden = true;
    close();
    box.dispatchEvent(new CustomEvent("picked", { bubbles: true, detail: { value, label } }));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function mark(option) {
    for (const one of options()) one.setAttribute("aria-selected", String(one === option));
    option.id ||= `${input.id}-${options().indexOf(option)}`;
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  async function find() {
    const query = input.value.trim();
    const mine = ++turn;
    if (!query) return close();
    const address = new URL(input.dataset.url, location.href);
    address.searchParams.set("q", query);
    try {
      const response = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
      if (!response.ok || mine !== turn) return;
      list.innerHTML = await response.text(); // our own server's fragment, escaped there
    } catch {
      return; // no connection: the code can still be typed
    }
    input.setAttribute("aria-expanded", "true");
  }

  input.addEventListener("input", (event) => {
    if (!event.isTrusted) return;
    clearTimeout(timer);
    timer = setTimeout(find, 180);
  });
  input.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!all.length) return;
      event.preventDefault();
      mark(all[(at + (event.key === "ArrowDown" ? 1 : all.length - 1) + (at < 0 && event.key === "ArrowUp" ? 1 : 0)) % all.length]);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      choose(all[at].dataset.value, all[at].dataset.label || all[at].textContent.trim());
    } else if (event.key === "Escape") close();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-value]");
    if (option) choose(option.dataset.value, option.dataset.label || option.textContent.trim());
  });
  input.addEventListener("blur", () => setTimeout(close, 150));
  box.querySelector("[data-picker-change]").addEventListener("click", () => {
    chosen.hidden = true;
    field.hidden = false;
    input.focus();
    input.select();
  });
  if (input.dataset.display && input.value) choose(input.value, input.dataset.display);
}

function startAll(scope) {
  for (const box of scope.querySelectorAll("[data-picker]")) start(box);
}
startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.detail.elt));
