// A one-time link: its token stands in the fragment, leaves the address bar before anything else, and is posted.
const sheet = document.getElementById("signlink");
const form = sheet.querySelector("form");

function open() {
  const token = new URLSearchParams(location.hash.slice(1)).get("t");
  history.replaceState(null, "", location.pathname);
  sheet.querySelector("[data-signlink-opening]").hidden = !token && !sheet.dataset.page;
  sheet.querySelector("[data-signlink-missing]").hidden = Boolean(token || sheet.dataset.page);
  if (token) {
    form.elements.token.value = token;
    form.submit();
  } else if (sheet.dataset.page) {
    location.replace(sheet.dataset.page);
  }
}

open();
// The whole link pasted over this very page changes the fragment only.
addEventListener("hashchange", open);
