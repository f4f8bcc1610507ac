// A map over a grid of two parameters, with a slider for each that moves a cross, and the numbers where the cross is.

function render({ model, el }) {
  const told = model.get("declaration");
  const { ink, muted, ground } = told.look;
  const columns = unpackAll(model.get("columns"));
  const title = (column) => told.titles[column] ?? column;
  const text = (column, value) => written(value, told.decimals[column]);
  const [xs, ys] = told.steps;
  const steps = (values) => values.map((_, k) => String(k));
  const choices = [
    { key: "_value", kind: "one", values: told.values, title: "Shown", label: title },
    ...told.choose.map(({ column, values }) => ({ key: column, kind: "one", values, title: title(column) })),
    { key: "_x", kind: "one", values: steps(xs) },
    { key: "_y", kind: "one", values: steps(ys) },
  ].map((choice) => ({ ...choice, start: told.start[choice.key] }));
  const state = stateOf(model, choices);
  const chosen = (key) => state.now[key][0];

  const live = make("div", { class: "xp-hidden", "aria-live": "polite" });
  const tell = (words) => (live.textContent = words);
  const slider = (key, column, values) =>
    sliderOf(state, { key, title: title(column), texts: values.map((value) => text(column, value)) });
  const several = choices.slice(0, -2).filter(({ values }) => values.length > 1);
  const plot = make("div", { class: "xp-plot" });
  const numbers = make("dl");
  const verdict = make("p", { class: "xp-verdict" });
  const named = Object.keys(columns);
  const lists = named.map((column) => columns[column]);
  let rows = [];
  const table = folded({
    names: named.map(title),
    lists,
    decimals: named.map((column) => told.decimals[column]),
    rows: () => rows,
  });
  const ends = [told.colours[1], told.colours.at(-2)].map((fill, k) =>
    make("span", {}, icon(14, make("rect", { width: 14, height: 14, fill })), told.ends[k]),
  );
  const line = icon(26, make("path", { d: "M0 7h26", stroke: ink, "stroke-width": 2.5 }));
  const root = make(
    "div",
    { class: "xp", role: "group", "aria-label": told.alt },
    make(
      "div",
      { class: "xp-row" },
      several.map((choice) => control(state, choice)),
    ),
    make("div", { class: "xp-row xp-sliders" }, slider("_x", told.x, xs), slider("_y", told.y, ys)),
    make("div", { role: "status" }, numbers, verdict),
    plot,
    make("p", { class: "xp-key" }, ends, make("span", {}, line, "no difference")),
    actions(state, {
      name: told.name,
      svg: () => plot.querySelector("svg"),
      table: () => csv(named, lists, rows),
      tell,
    }),
    table.box,
    live,
  );

  const at = (column, row) => rows[row * xs.length + column];

  function draw() {
    rows = columns[told.x]
      .map((_, row) => row)
      .filter((row) => told.choose.every(({ column }) => columns[column][row] === chosen(column)));
    const value = chosen("_value");
    const number = (column, row) => columns[value][at(column, row)];
    const width = Math.max(280, Math.floor(plot.clientWidth || el.clientWidth || 640));
    const left = roomFor(
      ys.map((step) => written(step)),
      52,
    );
    const [top, high] = [24, Math.round(Math.min(340, width * 0.75))];
    const [across, down] = [(width - left - 12) / xs.length, high / ys.length];
    const over = (column) => round(left + (column + 0.5) * across);
    const up = (row) => round(top + high - (row + 0.5) * down);
    const svg = make("svg", {
      class: "xp-figure",
      width,
      height: top + high + 44,
      viewBox: `0 0 ${width} ${top + high + 44}`,
      role: "img",
      "aria-label": told.alt,
      "font-size": 12,
    });
    const add = (tag, attributes, ...inside) => svg.append(make(tag, attributes, ...inside));
    const half = (told.colours.length - 1) / 2;
    const cells = new Map();
    ys.forEach((_, row) =>
      xs.forEach((_, column) => {
        const colour = told.colours[half + Math.round((number(column, row) / told.limit[value]) * half)];
        cells.set(
          colour,
          `${cells.get(colour) ?? ""}M${over(column - 0.5)} ${up(row + 0.5)}H${over(column + 0.5)}V${up(row - 0.5)}H${over(column - 0.5)}z`,
        );
      }),
    );
    for (const [colour, d] of cells)
      add("path", { class: "xp-cells", d, fill: colour, stroke: colour, "stroke-width": 0.5 });
    add("path", {
      class: "xp-contour",
      d: zeroLines(number, [xs.length, ys.length], over, up),
      fill: "none",
      stroke: ink,
      "stroke-width": 2.5,
    });
    add("text", { x: 0, y: 13, fill: ink }, `↑ ${fitted(title(told.y), width - 20)}`);
    add(
      "text",
      { x: width - 12, y: top + high + 38, fill: ink, "text-anchor": "end" },
      `${fitted(title(told.x), width - 40)} →`,
    );
    const label = (values, most, place) =>
      values.forEach((step, k) => k % Math.ceil(values.length / most) === 0 && place(written(step), k));
    label(xs, Math.floor(width / 80), (words, k) =>
      add("text", { x: over(k), y: top + high + 17, fill: muted, "text-anchor": "middle" }, words),
    );
    label(ys, 7, (words, k) => add("text", { x: left - 7, y: up(k) + 4, fill: muted, "text-anchor": "end" }, words));
    const [column, row] = [+chosen("_x"), +chosen("_y")];
    const cross = `M${over(column)} ${top}V${top + high}M${left} ${up(row)}H${width - 12}`;
    const ring = `M${over(column) - 6} ${up(row)}a6 6 0 1 0 12 0a6 6 0 1 0 -12 0z`;
    add("path", { class: "xp-cross", d: cross, stroke: ink, "stroke-opacity": 0.7 });
    add("path", { d: ring, fill: ground, stroke: ink, "stroke-width": 2 });
    const move = (event) => {
      const box = svg.getBoundingClientRect();
      const within = (step, values) => String(Math.max(0, Math.min(values.length - 1, Math.floor(step))));
      state.set("_x", [within((event.clientX - box.left - left) / across, xs)]);
      state.set("_y", [within((top + high - event.clientY + box.top) / down, ys)]);
    };
    svg.addEventListener("click", move);
    plot.replaceChildren(svg);
    const here = at(column, row);
    numbers.replaceChildren(
      ...told.fields.flatMap((field) => [make("dt", {}, title(field)), make("dd", {}, text(field, columns[field][here]))]),
    );
    const shown = columns[value][here];
    verdict.textContent = shown === 0 ? "No difference." : `Here ${told.ends[shown < 0 ? 0 : 1]}.`;
    table.fill();
  }

  el.append(root);
  draw();
  state.watch(draw);
  return framed(root, plot, draw, state);
}

export default { render };
