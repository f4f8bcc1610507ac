// Words of the glossary in the prose of a page: the first of each leads there, and tells what it means on hover or focus.
(() => {
  const root = document.documentElement.dataset.content_root ?? "./";
  const article = document.querySelector("article");
  if (!article || document.querySelector("dl.glossary")) return;
  // Everyday words, which mean something else as often: only where a page itself links them.
  const EVERYDAY = /^(chance|split|fold|seed|run|unit|key|group|condition|network|margin|quick)$/;
  const card = document.createElement("div");
  card.id = "term-card";
  card.setAttribute("role", "tooltip");
  card.hidden = true;
  document.body.append(card);

  const close = () => (card.hidden = true);
  const open = (link, text) => {
    card.textContent = text;
    card.hidden = false;
    const box = link.getBoundingClientRect();
    card.style.left = `${Math.max(8, Math.min(box.left, document.documentElement.clientWidth - card.offsetWidth - 8)) + scrollX}px`;
    const above = box.bottom + card.offsetHeight + 8 > innerHeight;
    card.style.top = `${(above ? box.top - card.offsetHeight - 4 : box.bottom + 4) + scrollY}px`;
  };
  const explain = (link, text) => {
    link.setAttribute("aria-describedby", "term-card");
    for (const name of ["mouseenter", "focus"]) link.addEventListener(name, () => open(link, text));
    for (const name of ["mouseleave", "blur"]) link.addEventListener(name, close);
  };
  addEventListener("keydown", (event) => event.key === "Escape" && close());

  // Text nodes of prose that may hold a link.
  const prose = () => {
    const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT, {
      acceptNode: ({ parentElement: parent }) =>
        parent.closest("p, li, dd") && !parent.closest("a, code, pre, table, summary, button, label, svg, figure, .origin, nav, [hidden]")
          ? NodeFilter.FILTER_ACCEPT
          : NodeFilter.FILTER_REJECT,
    });
    const nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    return nodes;
  };
  const mark = (term, id, text) => {
    const word = new RegExp(`(?<![\\w-])${term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}s?(?![\\w-])`, "i");
    for (const node of prose()) {
      const found = word.exec(node.data);
      if (!found) continue;
      const rest = node.splitText(found.index);
      rest.splitText(found[0].length);
      const link = document.createElement("a");
      link.className = "term";
      link.href = `${root}book/glossary.html#${id}`;
      link.textContent = found[0];
      rest.replaceWith(link);
      explain(link, text);
      return;
    }
  };

  const script = document.createElement("script");
  script.src = `${root}_static/terms.js`;
  script.onload = () => {
    const terms = Object.entries(window.bookTerms).sort(([one], [other]) => other.length - one.length);
    for (const [term, [id, text]] of terms) {
      for (const link of article.querySelectorAll(`a[href$="glossary.html#${CSS.escape(id)}"]`)) explain(link, text);
      if (!EVERYDAY.test(term)) mark(term, id, text);
    }
  };
  document.head.append(script);
})();
