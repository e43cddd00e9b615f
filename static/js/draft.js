// A form never forgets what was typed: forms with data-draft="<key>" keep their text until they were sent with success.
const words = document.getElementById("words").dataset;
const SENT = "draft-sent";
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

if (box) {
  const forms = [...document.querySelectorAll("form[data-draft]")];
  const sent = box.getItem(SENT);
  const refused = document.querySelector("[data-error-message]");
  if (sent && !refused) {
    // The next page came: either the form again with its errors (the server returns what was typed) or the success.
    box.removeItem(`draft:${sent}`);
    box.removeItem(SENT);
  }
  for (const form of forms) {
    const key = `draft:${form.dataset.draft}`;
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
      box.setItem(SENT, form.dataset.draft);
    });
    form.addEventListener("reset", () => box.removeItem(key));
  }
}
