// A one-time link: its token stands in the fragment, leaves the address bar before anything else, and is posted.
const sheet = document.getElementById("signlink");
const form = sheet.querySelector("form");
const token = new URLSearchParams(location.hash.slice(1)).get("t");
history.replaceState(null, "", location.pathname);
if (token) {
  form.elements.token.value = token;
  form.submit();
} else if (sheet.dataset.page) {
  location.replace(sheet.dataset.page);
} else {
  sheet.querySelector("[data-signlink-opening]").hidden = true;
  sheet.querySelector("[data-signlink-missing]").hidden = false;
}
