// Rows that are chosen in a list: how many there are, and all of a page at once. Without this the boxes and buttons work the same.
// "/" goes to the words of this list, "Copy link" says that it did.
document.addEventListener(
  "keydown",
  (event) => {
    const typing = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
    const words = document.querySelector(".list-filter input[name=q]");
    if (event.key !== "/" || typing || !words) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    words.focus();
    words.select();
  },
  true,
);
document.addEventListener("click", (event) => {
  const copied = event.target instanceof Element && event.target.closest("[data-copied]");
  if (copied) document.dispatchEvent(new CustomEvent("toast", { detail: { tone: "ok", text: copied.dataset.copied } }));
  for (const menu of document.querySelectorAll("details.list-menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

const bar = document.querySelector("#chosen");
if (bar) {
  const boxes = [...document.querySelectorAll('input[type="checkbox"][form="chosen"]')];
  const words = bar.querySelector("[data-chosen-count]");
  const before = words.textContent;
  const all = bar.querySelector("[data-choose-all]");
  const actions = [...bar.querySelectorAll('button:not([type="button"])')];
  const show = () => {
    const count = boxes.filter((box) => box.checked).length;
    words.textContent = count ? words.dataset.chosenCount.replace("{n}", count) : before;
    bar.classList.toggle("is-live", count > 0);
    for (const action of actions) action.disabled = !count;
    for (const box of boxes) box.closest("tr").setAttribute("aria-selected", box.checked);
  };
  all.hidden = false;
  all.addEventListener("click", () => {
    const fill = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = fill;
    show();
  });
  for (const box of boxes) box.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
}
