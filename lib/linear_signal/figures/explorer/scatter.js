// Points over two columns: filters, panels, reference lines, intervals, and a reading of every point by mouse and keyboard.

const NONE = "-"; // no panels
const DASHES = ["", "8 4", "2 4", "10 3 2 3", "5 2", "1 3"]; // those of scatter_still.py

function render({ model, el }) {
  const told = model.get("declaration");
  const { ink } = told.look;
  const columns = unpackAll(model.get("columns"));
  const title = (column) => told.titles[column] ?? column;
  const text = (column, value) => written(value, told.decimals[column]);

  // ---- What can be chosen, and what stands for it in the figure
  const dashOf = (name) => DASHES[told.lines.names.indexOf(name) % DASHES.length];
  const dash = (name) =>
    icon(26, make("path", { d: "M0 7h26", stroke: ink, "stroke-width": 1.6, "stroke-dasharray": dashOf(name) }));
  const keyed = [told.colour, told.marker].filter(Boolean).map(({ column }) => column);
  const swatch = (column) => (value) => {
    const fill = told.colour?.column === column ? told.colour.of[value] : ink;
    const shape = told.marker?.column === column ? told.marker.of[value] : told.shape;
    return keyed.includes(column) ? icon(14, make("path", { d: `M7 7${shape}`, fill })) : null;
  };
  const shows = Object.keys(told.interval).length ? ["intervals", "close-up"] : ["close-up"];
  const showing = { intervals: `${told.interval_title}s`, "close-up": "fit axes to what is shown" };
  const choices = [
    { key: "_x", kind: "one", values: told.x, title: "Horizontal", label: title },
    { key: "_y", kind: "one", values: told.y, title: "Vertical", label: title },
    { key: "_panels", kind: "one", values: told.panels, title: "Panels", label: (by) => (by === NONE ? "none" : title(by)) },
    ...told.choose.map((one) => ({ ...one, key: one.column, title: title(one.column), swatch: swatch(one.column) })),
    { key: "_lines", kind: "many", values: told.lines.names, title: "Reference lines", swatch: dash },
    { key: "_show", kind: "many", values: shows, title: "Show", label: (value) => showing[value] },
    { key: "_pin", kind: "free" },
  ].map((choice) => ({ ...choice, start: told.start[choice.key] }));
  const state = stateOf(model, choices);
  const chosen = (key) => state.now[key][0];
  const showsIt = (what) => state.now._show.includes(what);

  // ---- The frame: what is a legend as well stands right above the figure, the rest in a drawer
  const least = ({ kind, key }) => (kind === "one" || key in told.start === false ? 2 : 1);
  const useful = choices.filter((choice) => choice.values && choice.values.length >= least(choice));
  const isKey = ({ kind, key }) => kind === "many" && [...keyed, "_lines"].includes(key);
  const keys = [...new Set(keyed)]
    .filter((column) => !useful.some((choice) => choice.key === column && isKey(choice)))
    .map((column) => {
      const names = model.get("columns")[column].levels.map((name) => make("span", {}, swatch(column)(name), name));
      return make("p", { class: "xp-key" }, make("b", {}, title(column)), names);
    });
  const controls = (some) => some.map((choice) => control(state, choice));
  const drawer = make(
    "details",
    { class: "xp-controls", open: (el.clientWidth || 800) > 600 },
    make("summary", {}, "Choose what is shown"),
    make("div", { class: "xp-row" }, controls(useful.filter((choice) => !isKey(choice)))),
  );
  const live = make("div", { class: "xp-hidden", "aria-live": "polite" });
  const tell = (words) => (live.textContent = words);
  const plot = make("div", { class: "xp-plot" });
  const status = make("p", { class: "xp-note", role: "status" });
  const pinned = make("section", { class: "xp-pins", "aria-label": "Pinned points" });
  const named = Object.keys(columns);
  const lists = named.map((column) => columns[column]);
  let rows = [];
  const table = folded({
    names: named.map(title),
    lists,
    decimals: named.map((column) => told.decimals[column]),
    rows: () => rows,
  });
  const root = make(
    "div",
    { class: "xp", role: "group", "aria-label": told.alt },
    drawer,
    make("div", { class: "xp-row" }, controls(useful.filter(isKey)), keys),
    plot,
    status,
    pinned,
    actions(state, {
      name: told.name,
      svg: () => plot.querySelector("svg"),
      table: () => csv(named, lists, rows),
      tell,
    }),
    table.box,
    live,
  );

  // ---- Reading
  const pins = () => state.now._pin.map(Number).filter((row) => row < lists[0].length);
  function facts(row) {
    const y = chosen("_y");
    const ends = told.interval[y]?.map((name) => text(y, columns[name][row]));
    return told.fields.flatMap((column) => {
      const fact = [title(column), text(column, columns[column][row])];
      return column === y && ends ? [fact, [told.interval_title, [...new Set(ends)].join(" to ")]] : [fact];
    });
  }
  function factsOf(spot) {
    if (!isLine(spot)) return facts(spot.row);
    return [["Reference line", spot.name], ...spot.where, [title(chosen("_y")), text(chosen("_y"), spot.value)]];
  }
  function pin(spot) {
    if (!spot || isLine(spot)) return;
    const row = String(spot.row);
    const others = state.now._pin.filter((other) => other !== row);
    const drops = others.length < state.now._pin.length;
    state.set("_pin", drops ? others : [...others, row].slice(-LETTERS.length));
    tell(drops ? "No longer pinned." : "Pinned.");
    read.show(drawing.spots.find((other) => other.row === spot.row) ?? null);
  }
  function showPins() {
    const shown = pins();
    pinned.hidden = !shown.length;
    if (!shown.length) return;
    const unpin = (k) =>
      state.set(
        "_pin",
        state.now._pin.filter((row) => row !== String(shown[k])),
      );
    const [a, b] = shown.map((row) => columns[chosen("_y")][row] ?? NaN);
    const apart = `${title(chosen("_y"))}, A − B: ${a > b ? "+" : ""}${text(chosen("_y"), a - b)}`;
    pinned.replaceChildren(pinTable(shown.map(facts), unpin), make("p", { class: "xp-note" }, a - b === a - b ? apart : ""));
  }

  // ---- What is shown
  let [drawing, read] = [null, null];
  function draw() {
    const chosenOf = ({ column }) => new Set(state.now[column]);
    const wanted = told.choose.map((one) => [columns[one.column], chosenOf(one)]);
    rows = lists[0].map((_, row) => row).filter((row) => wanted.every(([values, some]) => some.has(values[row])));
    const focused = document.activeElement === plot.querySelector("svg");
    const width = Math.max(280, Math.floor(plot.clientWidth || el.clientWidth || 640));
    drawing = drawScatter({
      told,
      columns,
      levels: (column) => model.get("columns")[column].levels,
      rows,
      width,
      dashOf,
      title,
      chosen,
      showsIt,
      now: state.now,
    });
    const { svg, spots } = drawing;
    read = reader({ plot, svg, spots, ink, factsOf, pin, tell });
    svg.append(...pinMarks(spots, pins(), told.look));
    plot.replaceChildren(svg, read.tip);
    if (focused) svg.focus({ preventScroll: true });
    read.show(null);
    const count = spots.filter((spot) => !isLine(spot)).length;
    const rest = rows.length - count;
    const lacking = rest ? `; outside the axes or without a value: ${written(rest)}` : "";
    status.textContent = `${written(count)} ${count === 1 ? "point" : "points"}${lacking}`;
    table.fill();
    showPins();
  }

  el.append(root);
  draw();
  state.watch(draw);
  return framed(root, plot, draw, state);
}

export default { render };
