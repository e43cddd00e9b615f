// Sends an address with what the phone offers for it (messages, mail); where it offers nothing, there is no button.
for (const button of document.querySelectorAll("[data-share]")) {
  const data = { title: button.dataset.shareTitle, url: button.dataset.share };
  if (!navigator.canShare?.(data)) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    navigator.share(data).catch((error) => {
      if (error.name !== "AbortError") throw error; // closing the sheet without choosing is no fault
    });
  });
}
