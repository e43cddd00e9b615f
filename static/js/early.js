// Runs before the first paint: the theme and the folded menu must not flicker.
(() => {
  const root = document.documentElement;
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be forbidden; the defaults serve
    }
  };
  const theme = read("theme") || "auto";
  const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.bsTheme = dark ? "dark" : "light";
  root.dataset.themeChoice = theme;
  root.dataset.menu = read("menu") || "open";
  root.classList.add("js");
})();
