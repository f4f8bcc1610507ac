// What style sheets cannot do: say where something wider than the screen goes on, and close a menu after a choice.
(() => {
  const SCROLLERS = ".table-scroll, .figure-scroll, .pst-scrollable-table-container, .bd-article .cell_output .output";

  // Marks which sides hold more; custom.css fades them. A scrollbar alone does not show on a phone.
  const mark = (box) => {
    const hidden = box.scrollWidth - box.clientWidth;
    box.classList.toggle("more-left", hidden > 1 && box.scrollLeft > 1);
    box.classList.toggle("more-right", hidden > 1 && box.scrollLeft < hidden - 1);
    // Whoever has no mouse scrolls with the arrow keys, which takes the focus.
    if (hidden > 1) box.tabIndex = 0;
  };
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => mark(target.closest(SCROLLERS))));
  const watch = (box) => {
    if (box.dataset.watched) return;
    box.dataset.watched = "yes";
    box.addEventListener("scroll", () => mark(box), { passive: true });
    sizes.observe(box);
    for (const inside of box.children) sizes.observe(inside);
  };
  const watchAll = () => document.querySelectorAll(SCROLLERS).forEach(watch);
  watchAll();
  // Widgets are drawn after the page.
  new MutationObserver(watchAll).observe(document.querySelector("article") ?? document.body, { childList: true, subtree: true });

  // The theme names every drawer "Toggle hidden content"; what it shows says more.
  for (const one of document.querySelectorAll("summary[aria-label='Toggle hidden content']")) one.removeAttribute("aria-label");

  // "Search" alone is not what the button shows, and whoever speaks to a browser says what it shows.
  for (const button of document.querySelectorAll(".search-button-field")) button.removeAttribute("aria-label");

  for (const menu of document.querySelectorAll("dialog[id$='-sidebar-modal']")) {
    menu.addEventListener("click", (event) => event.target.closest("a[href]") && menu.close());
  }
})();
