// Notes: people are named by @ from a list, and texts kept ready are put into a field. Without scripts a full name behind @ is
// found by the server, and the texts can be copied from their page.

// --- texts kept ready -------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-canned-text]") : null;
  const box = button?.closest("[data-canned-for]");
  const field = box && document.getElementById(box.dataset.cannedFor);
  if (!field) return;
  const { selectionStart: start, selectionEnd: end, value } = field;
  const before = value.slice(0, start);
  const gap = before && !/\s$/.test(before) ? "\n" : "";
  field.value = before + gap + button.dataset.cannedText + value.slice(end);
  const at = before.length + gap.length + button.dataset.cannedText.length;
  field.focus();
  field.setSelectionRange(at, at);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  box.open = false;
});

// --- people -----------------------------------------------------------------------------------------------------------

function start(box) {
  if ("ready" in box.dataset) return;
  box.dataset.ready = "";
  const field = box.querySelector("textarea");
  const list = box.querySelector("[data-mention-list]");
  let turn = 0;
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);

  const options = () => [...list.querySelectorAll("[data-name]")];

  function close() {
    turn += 1;
    list.hidden = true;
    list.replaceChildren();
    field.removeAttribute("aria-activedescendant");
  }

  function typed() {
    const before = field.value.slice(0, field.selectionStart);
    return before.match(/(?:^|[^A-Za-z0-9])[@＠]([^\s@＠]{0,20})$/);
  }

  function mark(option) {
    for (const one of options()) one.setAttribute("aria-selected", String(one === option));
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function choose(option) {
    const found = typed();
    if (!found) return close();
    const end = field.selectionStart;
    const from = end - found[1].length;
    field.value = `${field.value.slice(0, from)}${option.dataset.name} ${field.value.slice(end)}`;
    const at = from + option.dataset.name.length + 1;
    field.setSelectionRange(at, at);
    close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async function find() {
    const found = typed();
    if (!found) return close();
    const mine = ++turn;
    const address = new URL(box.dataset.url, location.href);
    address.searchParams.set("q", found[1]);
    try {
      const response = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
      if (!response.ok || mine !== turn) return;
      list.innerHTML = await response.text(); // our own server's fragment, escaped there
    } catch {
      return; // no connection: the name can still be typed
    }
    const all = options();
    list.hidden = !all.length;
    if (all.length) mark(all[0]);
  }

  field.addEventListener("input", (event) => event.isTrusted && find());
  field.addEventListener("keydown", (event) => {
    const all = options();
    if (list.hidden || !all.length || event.isComposing) return;
    const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark(all[(at + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length]);
    } else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) {
      event.preventDefault();
      choose(all[at]);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-name]");
    if (option) choose(option);
  });
  field.addEventListener("blur", () => setTimeout(close, 150));
}

function startAll(scope) {
  for (const box of scope.querySelectorAll("[data-mention-box]")) start(box);
}
startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.detail.elt));
document.addEventListener("toggle", (event) => {
  if (event.target instanceof Element && event.target.matches("[data-note-open][open]")) event.target.querySelector("textarea")?.focus();
}, true);
