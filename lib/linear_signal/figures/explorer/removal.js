// Two genes of two classes before and after their means are made equal, and what two kinds of boundaries make of them.

const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// The points of a class, as `classes_of` of removal.py makes them.
const classesOf = (base, shift, ratio, direction) =>
  base.map((points, k) =>
    points.map((point) => point.map((value, gene) => value * (k ? ratio : 1) + (k ? shift * direction[gene] : 0))),
  );

const middleOf = (points) => [0, 1].map((gene) => meanOf(points.map((point) => point[gene])));

// Each gene minus its mean in the class, plus the mean of the class means.
function removed(classes) {
  const middles = classes.map(middleOf);
  const common = [0, 1].map((gene) => meanOf(middles.map((middle) => middle[gene])));
  return classes.map((points, k) =>
    points.map((point) => point.map((value, gene) => value - middles[k][gene] + common[gene])),
  );
}

function covarianceOf(points, middle) {
  const of = (a, b) =>
    points.reduce((sum, point) => sum + (point[a] - middle[a]) * (point[b] - middle[b]), 0) / (points.length - 1);
  return [of(0, 0), of(0, 1), of(1, 1)];
}

// -2 log density of a normal distribution, but for a constant.
function away([xx, xy, yy], middle) {
  const determinant = xx * yy - xy * xy;
  return ([x, y]) => {
    const [dx, dy] = [x - middle[0], y - middle[1]];
    return (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / determinant + Math.log(determinant);
  };
}

// Discriminants of normal distributions: with one spread for both classes a line, with one for each a curve. Above 0: class B.
function discriminants(classes) {
  const middles = classes.map(middleOf);
  const spreads = classes.map((points, k) => covarianceOf(points, middles[k]));
  const pooled = spreads[0].map((value, k) => (value + spreads[1][k]) / 2);
  const score = (a, b) => (point) => a(point) - b(point);
  const apart = Math.hypot(middles[0][0] - middles[1][0], middles[0][1] - middles[1][1]);
  return {
    // Equal means leave a line nothing to go by; it names one class for all.
    line: apart < 1e-9 ? () => -1 : score(away(pooled, middles[0]), away(pooled, middles[1])),
    curve: score(away(spreads[0], middles[0]), away(spreads[1], middles[1])),
  };
}

const balancedAccuracy = (score, classes) =>
  meanOf(classes.map((points, k) => meanOf(points.map((point) => +(score(point) > 0 === !!k)))));

function render({ model, el }) {
  const told = model.get("declaration");
  const { ink, muted, grid } = told.look;
  const { learn, judge, shifts, ratios, direction, domain, colours, shapes, names } = told;
  const steps = (values) => values.map((_, k) => String(k));
  const choices = [
    { key: "shift", kind: "one", values: steps(shifts) },
    { key: "ratio", kind: "one", values: steps(ratios) },
  ].map((choice) => ({ ...choice, start: told.start[choice.key] }));
  const state = stateOf(model, choices);
  const slider = (key, title, values) => sliderOf(state, { key, title, texts: values.map((value) => written(value)) });
  const plot = make("div", { class: "xp-plot" });
  const body = make("tbody");
  const head = make(
    "tr",
    {},
    ["Boundary", "Before removal", "After removal"].map((name) => make("th", { scope: "col" }, name)),
  );
  const table = make("table", {}, make("caption", {}, told.judged), make("thead", {}, head), body);
  const said = make("p", { class: "xp-verdict", role: "status" });
  const live = make("div", { class: "xp-hidden", "aria-live": "polite" });
  let lines = [];
  const swatch = (k) => icon(14, make("path", { d: `M7 7${shapes[k]}`, fill: colours[k] }));
  const stroke = (kind) => ({
    fill: "none",
    stroke: ink,
    "stroke-width": 2,
    "stroke-dasharray": kind === "line" ? "7 4" : null,
  });
  const bar = (kind) => icon(26, make("path", { d: "M0 7h26", ...stroke(kind) }));
  const root = make(
    "div",
    { class: "xp", role: "group", "aria-label": told.alt },
    make(
      "div",
      { class: "xp-row xp-sliders" },
      slider("shift", "Shift of the mean of class B", shifts),
      slider("ratio", "Spread of class B, class A having 1", ratios),
    ),
    plot,
    make(
      "p",
      { class: "xp-key" },
      names.map((name, k) => make("span", {}, swatch(k), name)),
      ["line", "curve"].map((kind) => make("span", {}, bar(kind), told.titles[kind])),
    ),
    said,
    make("div", { class: "table-scroll" }, table),
    actions(state, {
      name: told.name,
      svg: () => plot.querySelector("svg"),
      table: () =>
        csv(
          ["boundary", "before", "after"],
          [0, 1, 2].map((k) => lines.map((line) => line[k])),
          [0, 1],
        ),
      tell: (words) => (live.textContent = words),
    }),
    live,
  );

  function draw() {
    const [shift, ratio] = [shifts[state.now.shift[0]], ratios[state.now.ratio[0]]];
    const [seen, fresh] = [learn, judge].map((base) => classesOf(base, shift, ratio, direction));
    // New samples have their own means taken away, as in the chapters.
    const ways = [
      { title: "Before removal", shown: seen, judged: fresh },
      { title: "After removal", shown: removed(seen), judged: removed(fresh) },
    ].map((way) => ({ ...way, scores: discriminants(way.shown) }));
    const width = Math.max(280, Math.floor(plot.clientWidth || el.clientWidth || 640));
    const across = width < 500 ? 1 : 2;
    const size = Math.min(360, (width - 16 * (across - 1)) / across);
    const height = Math.round((2 / across) * (size + 30));
    const svg = make("svg", {
      class: "xp-figure",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": told.alt,
      "font-size": 12,
    });
    const add = (tag, attributes, ...inside) => svg.append(make(tag, attributes, ...inside));
    ways.forEach(({ title, shown, scores }, place) => {
      const left = across === 2 ? place * (size + 16) : 0;
      const top = across === 2 ? 22 : place * (size + 30) + 22;
      const over = (value) => round(left + ((value - domain[0]) / (domain[1] - domain[0])) * size);
      const up = (value) => round(top + size - ((value - domain[0]) / (domain[1] - domain[0])) * size);
      add("text", { x: left, y: top - 8, fill: ink, "font-weight": "bold" }, title);
      add("path", { d: `M${left} ${top}h${round(size)}v${round(size)}h${-round(size)}z`, fill: "none", stroke: grid });
      add("text", { x: left + size - 4, y: top + size - 6, fill: muted, "text-anchor": "end" }, "gene 1 →");
      add("text", { x: left + 5, y: top + 15, fill: muted }, "↑ gene 2");
      shown.forEach((points, k) => {
        const inside = points.filter((point) => point.every((value) => value > domain[0] && value < domain[1]));
        const d = inside.map(([x, y]) => `M${over(x)} ${up(y)}${shapes[k]}`).join("");
        add("path", { class: "xp-marks", d, fill: colours[k], "fill-opacity": 0.7 });
      });
      const cells = 60;
      const at = (step) => domain[0] + ((domain[1] - domain[0]) * step) / (cells - 1);
      for (const [kind, score] of Object.entries(scores)) {
        const d = zeroLines(
          (x, y) => score([at(x), at(y)]),
          [cells, cells],
          (x) => over(at(x)),
          (y) => up(at(y)),
        );
        // In one piece a straight line can be dashed.
        const ends = (d.match(/[\d.]+ [\d.]+/g) ?? []).sort((a, b) => a.split(" ")[1] - b.split(" ")[1]);
        const whole = kind === "line" ? `M${ends[0]}L${ends.at(-1)}` : d;
        if (d) add("path", { class: `xp-boundary xp-${kind}`, d: whole, ...stroke(kind) });
      }
    });
    plot.replaceChildren(svg);
    const results = ["line", "curve"].map((kind) =>
      ways.map(({ scores, judged }) => balancedAccuracy(scores[kind], judged)),
    );
    lines = ["line", "curve"].map((kind, k) => [told.titles[kind], ...results[k]]);
    const cells = (line) => line.slice(1).map((value) => make("td", { class: "xp-number" }, written(value, 2)));
    body.replaceChildren(...lines.map((line) => make("tr", {}, make("th", { scope: "row" }, line[0]), cells(line))));
    const left = results[1][1];
    said.textContent = left > 0.55 ? told.said.left : told.said.nothing;
  }

  el.append(root);
  draw();
  state.watch(draw);
  return framed(root, plot, draw, state);
}

export default { render };
