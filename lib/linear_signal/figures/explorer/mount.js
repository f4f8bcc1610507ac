// Mounts an explorer in a static page. Pages opened from disk may load neither modules nor data, so both are text in the page,
// the data compressed.
(() => {
  const box = document.currentScript.closest(".explorer");
  const part = (name) => box.querySelector(`script[data-part="${name}"]`).textContent;
  const unpacked = (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
  };
  const code = import("data:text/javascript;charset=utf-8," + encodeURIComponent(part("module")));
  Promise.all([unpacked(part("traits")), code]).then(([read, module]) => {
    // The address of a notebook in JupyterLab leads to the file, not to a state of what it shows.
    const traits = { ...read, linkable: !document.body.dataset.jpThemeLight };
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
  });
})();
