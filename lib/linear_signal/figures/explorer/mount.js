// Mounts explorers in a static page. Pages opened from disk may load neither modules nor data, so both are text: the data in
// the page and compressed, the module in the page as well, or for all pages of a book in one script. Much data of a book are
// a script of their own, which is loaded when a reader comes near.
var mountExplorer, mountExplorers;
(() => {
  const unpacked = (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
  };
  const near = (box) =>
    new Promise((come) => {
      const seen = new IntersectionObserver((all) => all.some((one) => one.isIntersecting) && come(seen.disconnect()));
      seen.observe(box);
      const asked = () => location.hash.startsWith(`#${box.id.replace("explorer-", "")}.`) && come();
      addEventListener("hashchange", asked);
      asked();
    });
  const dataOf = async (box) => {
    const { src } = box.dataset;
    if (!src) return box.querySelector('script[data-part="traits"]').textContent;
    await near(box);
    return new Promise((come, fail) => {
      const script = document.createElement("script");
      script.onload = () => come(window.explorerData);
      script.onerror = fail;
      script.src = src;
      document.head.append(script);
    });
  };
  mountExplorer = async (box, code) => {
    const data = dataOf(box).then(unpacked);
    const module = await import("data:text/javascript;charset=utf-8," + encodeURIComponent(code));
    // The address of a notebook in JupyterLab leads to the file, not to a state of what it shows.
    const traits = { ...(await data), linkable: !document.body.dataset.jpThemeLight };
    // What a widget's model is to its module; nothing but the module changes this one.
    const model = {
      get: (name) => traits[name],
      set: (name, value) => (traits[name] = value),
      on() {},
      off() {},
      save_changes() {},
    };
    const el = box.querySelector(".xp-mount");
    el.replaceChildren();
    module.default.render({ model, el });
  };
  mountExplorers = async (kinds, packed) => {
    const boxes = [...document.querySelectorAll(".explorer[data-kind]")].filter(
      (box) => !box.querySelector('script[data-part="module"]'),
    );
    const parts = boxes.length ? await unpacked(packed) : {};
    for (const box of boxes) mountExplorer(box, kinds[box.dataset.kind].map((part) => parts[part]).join("\n"));
  };
})();
