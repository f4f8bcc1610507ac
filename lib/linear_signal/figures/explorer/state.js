// The state of an explorer: lists of texts by name, so that all of it can stand in the address of the page.

// `choices`: { key, kind: "one" | "many" | "free", values, start }. "free" is for what no control shows.
function stateOf(model, choices) {
  const prefix = `${model.get("declaration").name}.`;
  const linked = model.get("linkable") ?? false;
  const state = Object.fromEntries(choices.map(({ key, start }) => [key, start]));
  const listeners = [];

  function take(given) {
    for (const { key, kind, values, start } of choices) {
      const known = values ? (given[key] ?? start).filter((value) => values.includes(value)) : (given[key] ?? start);
      state[key] = kind === "one" && known.length !== 1 ? start : known;
    }
  }
  const same = (one, other) => one.length === other.length && one.every((value) => other.includes(value));
  function addressed() {
    const all = new URLSearchParams(location.hash.slice(1));
    const kept = [...all].filter(([key]) => key.includes(".") && !key.startsWith(prefix));
    const own = choices
      .filter(({ key, start }) => !same(state[key], start))
      .flatMap(({ key }) => (state[key].length ? state[key] : [""]).map((value) => [prefix + key, value]));
    const text = new URLSearchParams([...kept, ...own]).toString();
    return location.href.split("#")[0] + (text && `#${text}`);
  }
  function readAddress() {
    const given = {};
    for (const [key, value] of new URLSearchParams(location.hash.slice(1))) {
      if (key.startsWith(prefix)) (given[key.slice(prefix.length)] ??= []).push(...(value ? [value] : []));
    }
    return Object.keys(given).length ? given : null;
  }
  function writeAddress() {
    try {
      history.replaceState(history.state, "", addressed());
    } catch {
      // Some browsers refuse after a hundred changes within half a minute, as a slider makes; the next one is told again.
    }
  }
  function tell() {
    if (linked) writeAddress();
    model.set("state", { ...state });
    model.save_changes();
    listeners.forEach((listener) => listener());
  }
  const fromModel = () => {
    const given = model.get("state") ?? {};
    // A widget's model tells of what was set from here as well.
    if (choices.every(({ key }) => same(given[key] ?? [], state[key]))) return;
    take(given);
    listeners.forEach((listener) => listener());
  };
  const fromAddress = () => {
    const given = readAddress();
    if (!given) return;
    take(given);
    listeners.forEach((listener) => listener());
    arrival();
  };
  // A link that begins with this explorer leads to it.
  let arrive = () => {};
  const arrival = () => location.hash.startsWith(`#${prefix}`) && arrive();
  take((linked && readAddress()) || model.get("state") || {});
  if (linked) addEventListener("hashchange", fromAddress);
  model.on("change:state", fromModel);
  return {
    now: state,
    linked,
    address: addressed,
    watch: (listener) => listeners.push(listener),
    onArrival(listener) {
      arrive = listener;
      if (linked) arrival();
    },
    set(key, values) {
      if (same(state[key], values)) return;
      state[key] = values;
      tell();
    },
    reset() {
      take({});
      tell();
    },
    end() {
      removeEventListener("hashchange", fromAddress);
      model.off("change:state", fromModel);
    },
  };
}
