// The explorer of runs: means over runs of models, by task and condition, with the runs behind every one of them.

function render({ model, el }) {
  const told = model.get("declaration");
  const { ink } = told.look;
  const columns = unpackAll(model.get("columns"));
  const confusion = told.confusion && unpackAll(told.confusion);
  const paper = told.published && unpackAll(told.published);
  const [trials, curves, wrong] = [told.trials, told.curves, told.wrong].map((one) => one && unpackAll(one));
  const placeOfKey = new Map([...new Set(columns.key)].map((key, place) => [key, place]));
  const titles = told.titles;
  const conditionsOf = (row) => told.conditions.map(({ column }) => columns[column][row]);

  // ---- What can be chosen
  const swatch = (name) => icon(14, make("path", { d: `M7 7${told.model[name].shape}`, fill: told.model[name].colour }));
  const showing = {
    runs: "runs",
    intervals: "95 % intervals",
    published: "published curves",
    "close-up": "fit axes to what is shown",
  };
  const shows = Object.keys(showing).filter((what) => what !== "published" || paper);
  const signals = told.conditions.find(({ column }) => column === "signal")?.values ?? [""];
  const both = ["full", "removed"].every((signal) => signals.includes(signal));
  const ways = ["own", ...(signals.length > 1 ? signals : []), ...(both ? ["difference"] : [])];
  const wayTitle = (way) => ({ own: "As A", difference: "Removed minus full" })[way] ?? signalLabel(told, way);
  const choices = [
    { key: "task", kind: "one", values: told.tasks, title: "Task" },
    ...told.conditions.map(({ column, values, labels }) => ({
      key: column,
      kind: "many",
      values,
      title: titles[column],
      label: (value) => labels[value],
    })),
    { key: "_y", kind: "one", values: told.y, title: "Vertical", label: (name) => titles[name] },
    { key: "_x", kind: "one", values: told.x, title: "Horizontal", label: (name) => titles[name] },
    {
      key: "_size",
      kind: "one",
      values: told.fractions.map(String),
      title: "Training set",
      label: (f) => `${round(f * 100)} %`,
    },
    { key: "_show", kind: "many", values: shows, title: "Show", label: (what) => showing[what] },
    { key: "models", kind: "many", values: told.models, title: "Models", swatch, label: (name) => told.model[name].title },
    { key: "_matrix", kind: "one", values: ways, title: "Confusion matrix of A", label: wayTitle },
    { key: "_pin", kind: "free" },
  ].map((choice) => ({ ...choice, start: told.start[choice.key] }));
  const state = stateOf(model, choices);
  const chosen = (key) => state.now[key][0];
  const showsIt = (what) => state.now._show.includes(what);
  const byKey = (key) => choices.find((choice) => choice.key === key);
  const controls = new Map(); // check boxes by what they choose
  function controlOf(key) {
    controls.set(key, control(state, byKey(key)));
    return controls.get(key);
  }
  const size = controlOf("_size");
  const useful = ["task", ...told.conditions.map(({ column }) => column), "_y", "_x"].filter(
    (key) => byKey(key).values.length > 1,
  );
  const drawer = make(
    "details",
    { class: "xp-controls", open: (el.clientWidth || 800) > 600 },
    make("summary", {}, "Choose what is shown"),
    make("div", { class: "xp-row" }, useful.map(controlOf), size, controlOf("_show")),
  );
  const live = make("div", { class: "xp-hidden", "aria-live": "polite" });
  const tell = (words) => (live.textContent = words);
  const plot = make("div", { class: "xp-plot" });
  const status = make("p", { class: "xp-note", role: "status" });
  const pinned = make("section", { class: "xp-pins", "aria-label": "Pinned points" });
  const matrixChoice = control(state, byKey("_matrix"));

  // ---- A table of the points
  const heads = [
    "task",
    ...told.conditions.map(({ column }) => column),
    "model",
    "fraction",
    "train_samples",
    "n",
    "mean",
    "lower",
    "upper",
    "chance",
  ];
  const lists = heads.map(() => []);
  const decimals = heads.map((name) =>
    ["mean", "lower", "upper", "chance"].includes(name) ? 3 : name === "train_samples" ? 0 : undefined,
  );
  let [points, drawing, read] = [[], null, null];
  const allPoints = () => points.map((_, place) => place);
  const table = folded({ names: heads.map((name) => titles[name] ?? name), lists, decimals, rows: allPoints });
  const root = make(
    "div",
    { class: "xp", role: "group", "aria-label": told.alt },
    drawer,
    make("div", { class: "xp-row" }, controlOf("models")),
    plot,
    status,
    pinned,
    actions(state, {
      name: told.name,
      svg: () => plot.querySelector("svg"),
      table: () => csv(heads, lists, allPoints()),
      tell,
    }),
    table.box,
    live,
  );

  // ---- Reading and pinning
  const nameOf = ({ column, labels }, point) => [titles[column], labels[point[column]]];
  const factsOf = (spot) => factsOfPoint(points[spot.row]);
  function factsOfPoint(point) {
    const y = chosen("_y");
    const ends =
      point.lower === null
        ? point.note.replace(": no interval", "")
        : `${written(point.lower, 3)} to ${written(point.upper, 3)}`;
    const [least, most] = rangeOf(point.values);
    return [
      ["Model", told.model[point.model].title],
      ["Task", point.task],
      ...told.conditions.map((condition) => nameOf(condition, point)),
      ["Training samples", `${written(Math.round(point.train_samples))} (${round(point.fraction * 100)} %)`],
      ...(point.train_groups === null ? [] : [["Groups trained on", written(Math.round(point.train_groups))]]),
      [titles[y], written(point.mean, 3)],
      ["95 % interval", ends],
      ["Runs", `${point.n}, ${written(least, 3)} to ${written(most, 3)}`],
    ];
  }
  function pin(spot) {
    if (!spot) return;
    const { id } = points[spot.row];
    const others = state.now._pin.filter((other) => other !== id);
    const drops = others.length < state.now._pin.length;
    state.set("_pin", drops ? others : [...others, id].slice(-LETTERS.length));
    tell(drops ? "No longer pinned." : "Pinned.");
    read.show(drawing.spots.find((other) => points[other.row].id === id) ?? null);
  }
  // Pinned points stay while others are shown, so they are made of all rows.
  function pinnedPoints() {
    const wanted = new Set(state.now._pin);
    if (!wanted.size) return [];
    const by = (row) => [columns.task[row], ...conditionsOf(row), columns.model[row], columns.fraction[row]].join("~");
    const rows = columns.model.map((_, row) => row).filter((row) => wanted.has(by(row)));
    const found = pointsOf(told, columns, rows, chosen("_y"));
    return state.now._pin.map((id) => found.find((point) => point.id === id)).filter(Boolean);
  }
  const opened = new Set(); // drawers of pinned points
  function showPins() {
    const shown = pinnedPoints();
    pinned.hidden = !shown.length;
    if (!shown.length) return pinned.replaceChildren();
    const unpin = (k) =>
      state.set(
        "_pin",
        state.now._pin.filter((id) => id !== shown[k].id),
      );
    const y = chosen("_y");
    const said =
      shown.length === 2
        ? comparison(told, columns, shown, y, titles[y].toLowerCase())
        : "Pin a second point to compare the two.";
    const isLargest = (point) => point.fraction === Math.max(...told.fractions);
    const width = plot.clientWidth || 460;
    const of = (point, k) => ({ told, columns, trials, curves, places: placeOfKey, point, letter: LETTERS[k], width });
    const drawers = shown.flatMap((point, k) => [
      runsTable(told, columns, point, LETTERS[k]),
      trials && trialsDrawer(of(point, k)),
      curves && isLargest(point) ? curvesDrawer(of(point, k)) : null,
    ]);
    const largest = isLargest(shown[0]);
    if (wrong && largest) drawers.push(wrongDrawer(told, wrong, shown[0]));
    drawers.forEach((box) => {
      if (box?.tagName !== "DETAILS") return;
      const name = box.firstChild.textContent;
      box.open = opened.has(name);
      box.addEventListener("toggle", () => (box.open ? opened.add(name) : opened.delete(name)));
    });
    const counts = confusion && largest ? matrix(told, confusion, shown[0], chosen("_matrix")) : null;
    const parts = counts ? [...(ways.length > 1 ? [matrixChoice] : []), counts] : [];
    pinned.replaceChildren(
      pinTable(shown.map(factsOfPoint), unpin),
      make("p", { class: "xp-verdict", role: "status" }, said),
      ...drawers.filter(Boolean),
      ...parts,
    );
  }

  // ---- What is shown
  // What a task was not computed with cannot be chosen for it, and what all of it shares is not said in every panel.
  let varied = new Set();
  function offer(rows) {
    varied = new Set();
    for (const key of [...told.conditions.map(({ column }) => column), "models"]) {
      const met = new Set(rows.map((row) => columns[key === "models" ? "model" : key][row]));
      if (met.size > 1) varied.add(key);
      for (const box of controls.get(key)?.querySelectorAll("input") ?? []) box.disabled = !met.has(box.value);
    }
  }
  function draw() {
    const [x, y, task] = [chosen("_x"), chosen("_y"), chosen("task")];
    const named = NAMED.includes(x);
    size.hidden = !named || told.fractions.length < 2;
    const isChosen = (row) =>
      (x === "task" || columns.task[row] === task) &&
      (!named || String(columns.fraction[row]) === chosen("_size")) &&
      state.now.models.includes(columns.model[row]) &&
      told.conditions.every(({ column }) => state.now[column].includes(columns[column][row]));
    const rows = columns.model.map((_, row) => row).filter(isChosen);
    points = pointsOf(told, columns, rows, y);
    points.forEach((point, place) => (point.place = place));
    heads.forEach((name, k) => lists[k].splice(0, Infinity, ...points.map((point) => cellOf(name, point))));
    const models = told.models.filter((name) => points.some((point) => point.model === name));
    const published = showsIt("published") ? publishedCurves(told, paper, state.now) : [];
    // Axes stay as they are whatever is chosen, unless they are asked to fit.
    const everyRow = columns.model.map((_, row) => row);
    const ofTask = everyRow.filter((row) => columns.task[row] === task);
    offer(x === "task" ? everyRow : ofTask);
    const close = showsIt("close-up") && points.length;
    const ofX = named
      ? [0, 1]
      : close
        ? points.map((point) => point[x])
        : ofTask.map((row) => columns[x][row]).filter((one) => one !== null);
    const inY = points.flatMap((point) => [
      ...point.values,
      point.mean,
      ...(showsIt("intervals") && point.lower !== null ? [point.lower, point.upper] : []),
    ]);
    const domains = {
      x: rangeOf([...ofX, ...published.flatMap(({ at }) => at.map(([px]) => px))]),
      y: close ? rangeOf(inY) : told.range[y],
    };
    const focused = document.activeElement === plot.querySelector("svg");
    const width = Math.max(280, Math.floor(plot.clientWidth || el.clientWidth || 640));
    const tasks = told.tasks.filter((name) => points.some((point) => point.task === name));
    drawing = drawChart({
      told,
      points,
      panels: panelsOf(told, state.now, varied, points),
      published,
      x,
      y,
      width,
      shows: showsIt,
      titles,
      domains,
      models,
      tasks,
    });
    const { svg, spots } = drawing;
    read = reader({ plot, svg, spots, ink, factsOf, pin, tell });
    const places = state.now._pin.map((id) => points.find((point) => point.id === id)?.place);
    svg.append(...pinMarks(spots, places, told.look));
    plot.replaceChildren(svg, read.tip);
    if (focused) svg.focus({ preventScroll: true });
    read.show(null);
    const dotted = published.length ? " Dotted: smoothed curves of the paper, on its data and sizes." : "";
    const fits = points.reduce((sum, point) => sum + point.n, 0);
    status.textContent = `${written(points.length)} ${points.length === 1 ? "mean" : "means"} over ${written(fits)} runs. Point at one to read it, click or press Enter to pin it.${dotted}`;
    table.fill();
    showPins();
  }
  function cellOf(name, point) {
    if (name === "model") return told.model[point.model].title;
    const condition = told.conditions.find(({ column }) => column === name);
    return condition ? condition.labels[point[name]] : point[name];
  }

  el.append(root);
  draw();
  state.watch(draw);
  return framed(root, plot, draw, state);
}

export default { render };
