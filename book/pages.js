// What style sheets cannot do: say where something wider than the screen goes on, close a menu after a choice, and make a PNG.
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

  // The pictures of this page, packed, by name; figure_pixels.py says why from a script.
  const pictures = (source) =>
    window.bookPictures ??
    new Promise((done, failed) => {
      const script = document.createElement("script");
      script.onload = () => done(window.bookPictures);
      script.onerror = () => failed(new Error(`${source} is missing`));
      script.src = source;
      document.head.append(script);
    });
  const unpacked = (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };

  // On white, twice as many pixels as on the page.
  const saveAsPixels = async (address, { width, height }) => {
    const [, stem, name] = /^(.*?([^/]+))\.svg$/.exec(address);
    const all = await pictures(stem.replace(/-\d+$/, ".js"));
    const picture = new Image();
    picture.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(await unpacked(all[decodeURIComponent(name)]));
    await picture.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
    const drawing = canvas.getContext("2d");
    drawing.fillStyle = "white";
    drawing.fillRect(0, 0, canvas.width, canvas.height);
    drawing.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done));
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: `${name}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  for (const svg of document.querySelectorAll(".book-figure .take[href$='.svg']")) {
    const size = (name) => Number(svg.closest("figure").querySelector("img").getAttribute(name));
    const png = Object.assign(svg.cloneNode(), { textContent: "PNG" });
    png.onclick = (event) => {
      event.preventDefault();
      saveAsPixels(svg.href, { width: size("width"), height: size("height") });
    };
    svg.after(png);
  }
})();
