// What a person set for this device: theme, hand, volume. Kept in this browser, and put on <html> before anything is drawn.
// Loaded first and blocking, so that a dark page never flashes white.
(() => {
  const NAMES = ["theme", "hand", "volume"];
  const root = document.documentElement;

  const read = (name) => { try { return localStorage.getItem("wms." + name) || ""; } catch { return ""; } };
  const write = (name, value) => { try { localStorage.setItem("wms." + name, value); } catch { /* private window: lasts for this page */ } };
  const apply = (name, value) => { if (value) root.dataset[name] = value; else delete root.dataset[name]; };

  for (const name of NAMES) apply(name, read(name));

  // Buttons `data-set="theme" data-value="dark"`; the one that stands is aria-pressed.
  const show = () => {
    for (const button of document.querySelectorAll("[data-set]")) {
      button.setAttribute("aria-pressed", String((root.dataset[button.dataset.set] || "") === button.dataset.value));
    }
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-set]");
    if (!button) return;
    write(button.dataset.set, button.dataset.value);
    apply(button.dataset.set, button.dataset.value);
    show();
    document.dispatchEvent(new CustomEvent("preference", { detail: button.dataset.set }));
  });
  document.addEventListener("DOMContentLoaded", () => {
    // Settings need this script, so they are shown by it.
    for (const panel of document.querySelectorAll("[data-preferences]")) panel.hidden = false;
    show();
  });
})();
