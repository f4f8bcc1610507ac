// Excerpts below the results of a search. Sphinx fetches pages for them, which browsers forbid in a folder; a script may be loaded.
(() => {
  const results = document.querySelector("#search-results");
  if (!results) return;
  const root = document.documentElement.dataset.content_root ?? "./";
  const words = (new URLSearchParams(location.search).get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const [BEFORE, LENGTH] = [70, 230];

  const excerpt = (text) => {
    const lower = text.toLowerCase();
    const places = words.map((word) => lower.indexOf(word)).filter((place) => place >= 0);
    if (!places.length) return null;
    const start = Math.max(0, Math.min(...places) - BEFORE);
    const shown = document.createElement("p");
    shown.className = "excerpt";
    let [from, part] = [0, text.slice(start, start + LENGTH)];
    if (start) shown.append("… ");
    const any = new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "gi");
    for (const { 0: found, index } of part.matchAll(any)) {
      const marked = document.createElement("mark");
      marked.textContent = found;
      shown.append(part.slice(from, index), marked);
      from = index + found.length;
    }
    shown.append(part.slice(from), start + LENGTH < text.length ? " …" : "");
    return shown;
  };
  const fill = () => {
    for (const item of results.querySelectorAll("ul.search > li:not([data-told])")) {
      item.dataset.told = "yes";
      const address = new URL(item.querySelector("a").href);
      const page = address.pathname.slice(new URL(root, location).pathname.length).replace(/\.html$/, "");
      const shown = excerpt(window.bookTexts[decodeURIComponent(page)] ?? "");
      if (shown) item.append(shown);
    }
  };
  const script = document.createElement("script");
  script.src = `${root}_static/texts.js`;
  script.onload = () => {
    fill();
    new MutationObserver(fill).observe(results, { childList: true, subtree: true });
  };
  document.head.append(script);
})();
