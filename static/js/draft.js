// A form never forgets what was typed: it keeps its text, for the person who typed it, until it was sent with success.
// data-draft="<key>" names a form that stands on several pages; data-draft-off leaves one out, and so does a password.
const words = document.getElementById("words").dataset;
const SENT = "draft-sent";
const user = document.body.dataset.user;
const typed = "input:not([type=hidden]):not([type=password]):not([type=file]):not([type=submit]), textarea, select";

let box;
try {
  box = window.sessionStorage;
} catch {
  box = null; // storage is forbidden: nothing is kept
}

function fields(form) {
  return [...form.querySelectorAll(typed)].filter((field) => field.name && !field.disabled);
}

function collect(form) {
  const values = {};
  for (const field of fields(form)) {
    if (field.type === "radio" || field.type === "checkbox") {
      if (field.checked) (values[field.name] ??= []).push(field.value);
    } else if (field.value && field.value !== field.defaultValue) values[field.name] = field.value;
  }
  return values;
}

function restore(form, values) {
  let count = 0;
  for (const field of fields(form)) {
    const value = values[field.name];
    if (value === undefined) continue;
    if (field.type === "radio" || field.type === "checkbox") {
      const on = Array.isArray(value) && value.includes(field.value);
      if (on && !field.checked) count += 1;
      if (on) field.checked = true;
    } else if (typeof value === "string" && value !== field.value) {
      field.value = value;
      count += 1;
    }
  }
  return count;
}

function nameOf(form) {
  return form.dataset.draft || new URL(form.action, location.href).pathname;
}

function isKept(form) {
  if (form.dataset.draft) return true;
  if (form.method !== "post" || "draftOff" in form.dataset || form.querySelector("input[type=password]")) return false;
  // Of several forms with one address nobody could tell whose text it was.
  return [...document.forms].filter((other) => nameOf(other) === nameOf(form)).length === 1;
}

if (box && !user) {
  // The login or lock page came instead of an answer: the form was not sent, its text stays.
  box.removeItem(SENT);
}

document.addEventListener("submit", (event) => {
  if (!box || !("signOut" in event.target.dataset)) return;
  for (const key of Object.keys(box)) if (key.startsWith("draft:")) box.removeItem(key);
});

if (box && user) {
  const forms = [...document.querySelectorAll("form")].filter(isKept);
  const sent = box.getItem(SENT);
  const refused = document.querySelector("[data-error-message]");
  if (sent && !refused) {
    // The next page came: either the form again with its errors (the server returns what was typed) or the success.
    box.removeItem(`draft:${user}:${sent}`);
    box.removeItem(SENT);
  }
  for (const form of forms) {
    const key = `draft:${user}:${nameOf(form)}`;
    const kept = box.getItem(key);
    if (kept && restore(form, JSON.parse(kept))) {
      document.dispatchEvent(new CustomEvent("toast", { detail: { text: words.draft, tone: "info" } }));
    }
    let timer;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => box.setItem(key, JSON.stringify(collect(form))), 250);
    });
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      clearTimeout(timer);
      box.setItem(key, JSON.stringify(collect(form)));
      box.setItem(SENT, nameOf(form));
    });
    form.addEventListener("reset", () => box.removeItem(key));
  }
}
