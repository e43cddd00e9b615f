// What every page can do: menus, theme, dialogs, questions before an act, toasts, and forms that are sent once.
const root = document.documentElement;
const words = document.getElementById("words").dataset;
const store = {
  get(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(key, value);
    } catch {
      // a private window: the choice lasts for this page
    }
  },
};

// --- menu and theme ---------------------------------------------------------------------------------------------------

function fold(state) {
  root.dataset.menu = state;
  store.set("menu", state);
  for (const button of document.querySelectorAll("[data-menu-fold]")) button.setAttribute("aria-pressed", String(state === "folded"));
}

function theme(choice) {
  const dark = choice === "dark" || (choice === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.bsTheme = dark ? "dark" : "light";
  root.dataset.themeChoice = choice;
  store.set("theme", choice);
  for (const button of document.querySelectorAll("[data-theme-set]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeSet === choice));
  }
}

function drawer(open) {
  root.dataset.drawer = open ? "open" : "closed";
  if (open) document.querySelector("#menu a")?.focus();
}

fold(root.dataset.menu === "folded" ? "folded" : "open");
theme(root.dataset.themeChoice || "auto");
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => theme(root.dataset.themeChoice));

// --- toasts -----------------------------------------------------------------------------------------------------------

function svg(name) {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("class", "icon");
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${words.sprite}#${name}`);
  icon.append(use);
  return icon;
}

const toneIcons = { info: "info-circle", ok: "circle-check", warn: "alert-triangle", danger: "alert-octagon" };

function keepTime(toast) {
  if (toast.classList.contains("notice-danger") || toast.classList.contains("notice-warn")) return;
  setTimeout(() => toast.remove(), 7000);
}

function toast({ text, title = "", tone = "info", url = "" }) {
  const box = document.getElementById("toasts");
  if (!box) return;
  const item = document.createElement("div");
  item.className = `notice notice-${tone}`;
  item.dataset.toast = "";
  const body = document.createElement("div");
  body.className = "notice-body";
  if (title) {
    const strong = document.createElement("strong");
    strong.className = "notice-title";
    strong.textContent = title;
    body.append(strong);
  }
  const line = document.createElement(url ? "a" : "span");
  line.textContent = text || words.open;
  if (url && new URL(url, location.href).origin === location.origin) line.href = url;
  body.append(line);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "notice-close";
  close.dataset.toastClose = "";
  close.setAttribute("aria-label", words.close);
  close.append(svg("x"));
  item.append(svg(toneIcons[tone] || toneIcons.info), body, close);
  box.append(item);
  while (box.children.length > 4) box.firstElementChild.remove();
  keepTime(item);
}

document.addEventListener("toast", (event) => toast(event.detail)); // also the HX-Trigger header {"toast": {…}}
for (const item of document.querySelectorAll("[data-toast]")) keepTime(item);

// --- dialogs ----------------------------------------------------------------------------------------------------------

function openDialog(dialog) {
  if (dialog && typeof dialog.showModal === "function" && !dialog.open) dialog.showModal();
}

function ask(question) {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    dialog.className = "dialog";
    const head = document.createElement("div");
    head.className = "dialog-head";
    const title = document.createElement("h2");
    title.textContent = words.confirmTitle;
    head.append(title);
    const body = document.createElement("div");
    body.className = "dialog-body";
    body.textContent = question;
    const end = document.createElement("div");
    end.className = "dialog-end";
    const no = document.createElement("button");
    no.type = "button";
    no.className = "btn";
    no.textContent = words.confirmNo;
    const yes = document.createElement("button");
    yes.type = "button";
    yes.className = "btn btn-primary";
    yes.textContent = words.confirmYes;
    end.append(no, yes);
    dialog.append(head, body, end);
    document.body.append(dialog);
    no.addEventListener("click", () => dialog.close("no"));
    yes.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
    no.focus();
  });
}

function settle(scope) {
  for (const dialog of scope.querySelectorAll("dialog[data-dialog-now]")) openDialog(dialog);
  const first = scope.querySelector("[data-focus]");
  if (first) {
    first.focus({ preventScroll: true });
    first.scrollIntoView({ block: "center" });
  }
}

// --- clicks -----------------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (!target) return;
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
  if (root.dataset.drawer === "open" && !target.closest("#menu, [data-drawer-open]")) drawer(false);

  if (target.closest("[data-menu-fold]")) fold(root.dataset.menu === "folded" ? "open" : "folded");
  const themed = target.closest("[data-theme-set]");
  if (themed) theme(themed.dataset.themeSet);
  if (target.closest("[data-drawer-open]")) {
    event.preventDefault();
    drawer(root.dataset.drawer !== "open");
  }
  target.closest("[data-toast-close]")?.closest("[data-toast]")?.remove();

  const opener = target.closest("[data-dialog-open]");
  if (opener) {
    const dialog = document.querySelector(opener.dataset.dialogOpen);
    if (dialog) {
      event.preventDefault();
      openDialog(dialog);
    }
  }
  if (target.closest("[data-dialog-close]")) target.closest("dialog")?.close();
  if (target instanceof HTMLDialogElement) {
    const box = target.getBoundingClientRect();
    const beside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
    if (beside && event.detail > 0) target.close();
  }
  if (target.closest("[data-back]")) history.back();
  const printer = target.closest("[data-print]");
  if (printer) window.print();
  const copied = target.closest("[data-copy]");
  if (copied) navigator.clipboard?.writeText(copied.dataset.copy);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    drawer(false);
  }
  const typing = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing) {
    const search = document.getElementById("bar-q");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});

// --- forms: asked where it matters, sent once -------------------------------------------------------------------------

const agreed = new WeakSet();

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm || form.dataset.confirm;
    if (!question || agreed.has(form)) {
      agreed.delete(form);
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(question).then((yes) => {
      if (!yes) return;
      agreed.add(form);
      form.requestSubmit(event.submitter);
    });
  },
  true,
);

function busy(form, on) {
  form.toggleAttribute("data-busy", on);
  for (const button of form.querySelectorAll("button:not([type=button]), input[type=submit]")) {
    if (on && !button.disabled) {
      button.disabled = true;
      button.dataset.wasOn = "";
    } else if (!on && "wasOn" in button.dataset) {
      button.disabled = false;
      delete button.dataset.wasOn;
    }
    if (!on) button.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "get" || form.method === "dialog" || "many" in form.dataset) return;
  if ("busy" in form.dataset) {
    event.preventDefault();
    return;
  }
  const pressed = event.submitter || form.querySelector("button:not([type=button])");
  // After this turn of the event loop, so that the pressed button's own name and value are still sent.
  setTimeout(() => {
    busy(form, true);
    pressed?.setAttribute("aria-busy", "true");
  });
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-busy]")) busy(form, false);
});

document.addEventListener("change", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-auto-submit]")) event.target.form?.requestSubmit();
});

// --- htmx -------------------------------------------------------------------------------------------------------------

document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  ask(event.detail.question).then((yes) => yes && event.detail.issueRequest(true));
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt instanceof HTMLFormElement && event.detail.elt.method !== "get") busy(event.detail.elt, true);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt instanceof HTMLFormElement) busy(event.detail.elt, false);
});
document.addEventListener("htmx:responseError", (event) => {
  const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const said = page.querySelector("[data-error-message]")?.dataset.errorMessage;
  toast({ text: said || words.failed, tone: "danger" });
});
document.addEventListener("htmx:sendError", () => toast({ text: words.offline, tone: "danger" }));
document.addEventListener("htmx:load", (event) => settle(event.detail.elt));

settle(document);
