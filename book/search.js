// Excerpts below the results of a search. Sphinx fetches pages for them, which browsers forbid in a folder; a script may be loaded.
(() => {
  const results = document.querySelector("#search-results");
  if (!results) return;
  const root = document.documentElement.dataset.content_root ?? "./";
  // Sphinx looks for stems of words, so that "donors" finds "donor".
  const stem = (word) => (word.length > 4 ? word.replace(/(ies|es|s|ed|ing)$/, "") : word);
  const asked = new URLSearchParams(location.search).get("q") ?? "";
  const words = asked.toLowerCase().split(/[^\p{L}\p{N}-]+/u).filter(Boolean).map(stem);
  const [BEFORE, LENGTH] = [70, 230];

  const excerpt = (text) => {
    const lower = text.toLowerCase();
    const places = words.map((word) => lower.indexOf(word)).filter((place) => place >= 0);
    if (!places.length) places.push(0);
    // Beginning with a whole word.
    const start = Math.min(...places) <= BEFORE ? 0 : text.indexOf(" ", Math.min(...places) - BEFORE) + 1;
    const shown = document.createElement("p");
    shown.className = "excerpt";
    const part = text.slice(start, start + LENGTH);
    let from = 0;
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
