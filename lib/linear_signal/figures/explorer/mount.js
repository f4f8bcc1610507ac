// Mounts an explorer in a static page. Pages opened from disk may load neither modules nor data, so both are text in the page.
(() => {
  const box = document.currentScript.closest(".explorer");
  const part = (name) => box.querySelector(`script[data-part="${name}"]`).textContent;
  // The address of a notebook in JupyterLab leads to the file, not to a state of what it shows.
  const traits = { ...JSON.parse(part("traits")), linkable: !document.body.dataset.jpThemeLight };
  // What a widget's model is to its module; nothing but the module changes this one.
  const model = {
    get: (name) => traits[name],
    set: (name, value) => (traits[name] = value),
    on() {},
    off() {},
    save_changes() {},
  };
  import("data:text/javascript;charset=utf-8," + encodeURIComponent(part("module"))).then((module) => {
    const el = box.querySelector(".xp-mount");
    el.replaceChildren();
    module.default.render({ model, el });
  });
})();
