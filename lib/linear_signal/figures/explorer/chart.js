// Draws the panels of the explorer of runs: axes, chance, published curves, lines between means, intervals, runs and marks.

const [GAP, HEAD, BELOW, ABOVE] = [16, 22, 26, 24];
const NAMED = ["model", "task"]; // axes of names

// Names below an axis, slanted where they would touch.
function namesBelow(add, names, place, bottom, room, ink) {
  const slanted = names.some((name) => name.length * 6.5 > room);
  names.forEach((name, k) => {
    const [x, y] = [round(place(k)), bottom + 15];
    const turn = slanted ? { transform: `rotate(-35 ${x} ${y})`, "text-anchor": "end" } : { "text-anchor": "middle" };
    add("text", { x, y, fill: ink, "font-size": 11, ...turn }, fitted(name, slanted ? 105 : room));
  });
}

function drawChart({ told, points, panels, published, x, y, width, shows, titles, domains, models, tasks }) {
  const { ink, muted, grid, ground } = told.look;
  const named = NAMED.includes(x);
  const names = x === "model" ? models : tasks;
  const label = (name) => (x === "model" ? told.model[name].short : name);
  const logX = x === "train_samples" && domains.x[1] > 8 * domains.x[0] && domains.x[0] > 0;
  const heights = scaleOf(domains.y, [0, 1], false).ticks(5);
  const start = roomFor(
    heights.map((tick) => tickText(tick)),
    42,
  );
  const least = named ? Math.min(340, Math.max(200, 26 * names.length)) : 230;
  const across = Math.max(1, Math.min(panels.length, 3, Math.floor((width - start) / least)));
  const wide = (width - start - 12 - GAP * (across - 1)) / across;
  const high = Math.round(Math.max(200, Math.min(330, wide * 0.8)));
  const room = named ? wide / Math.max(1, names.length) : 0;
  const below = named && names.some((name) => label(name).length * 6.5 > room) ? 92 : BELOW;
  const height = HEAD + Math.ceil(panels.length / across) * (ABOVE + high + below) + (named ? 4 : 20);
  const spots = []; // in the order of the arrow keys
  const svg = make("svg", {
    class: "xp-figure",
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    tabindex: 0,
    role: "application",
    "aria-roledescription": "chart",
    "aria-label": `${titles[y]} by ${titles[x]}. Arrow keys move between points, Page Down to the next panel, Enter pins.`,
    "font-size": 12,
  });
  const add = (tag, attributes, ...inside) => svg.append(make(tag, attributes, ...inside));
  const words = (attributes, said) => add("text", { fill: muted, ...attributes }, said);
  words({ x: 0, y: 13, fill: ink }, `↑ ${fitted(titles[y], width - 20)}`);
  if (!named)
    words({ x: width - 12, y: height - 5, fill: ink, "text-anchor": "end" }, `${titles[x]}${logX ? " (log scale)" : ""} →`);

  panels.forEach((panel, place) => {
    const left = start + (place % across) * (wide + GAP);
    const top = HEAD + Math.floor(place / across) * (ABOVE + high + below) + ABOVE;
    const [right, bottom] = [round(left + wide), top + high];
    const up = scaleOf(domains.y, [bottom, top], false);
    const here = points.filter(panel.holds);
    const over = named ? { place: (k) => left + (k + 0.5) * room } : scaleOf(domains.x, [left, left + wide], logX);
    words({ x: left, y: top - 8, fill: ink, "font-weight": "bold" }, fitted(panel.title, wide));
    for (const tick of heights) {
      const at = round(up.place(tick));
      if (at < top - 1 || at > bottom + 1) continue;
      add("path", { d: `M${left} ${at}H${right}`, stroke: grid });
      if (place % across === 0) words({ x: start - 7, y: at + 4, "text-anchor": "end" }, tickText(tick));
    }
    add("path", { d: `M${left} ${bottom}H${right}`, stroke: muted });
    if (named) namesBelow(add, names.map(label), over.place, bottom, room, muted);
    else {
      // Ticks at what was measured, where there is room for them.
      const sizes = [...new Set(here.map((point) => (x === "fraction" ? point[x] : Math.round(point[x]))))].sort(
        (a, b) => a - b,
      );
      const apart = sizes.every((size, k) => !k || over.place(size) - over.place(sizes[k - 1]) > 34);
      for (const tick of sizes.length && sizes.length < 8 && apart
        ? sizes
        : over.ticks(Math.max(2, Math.floor(wide / 62)))) {
        const at = round(over.place(tick));
        add("path", { d: `M${at} ${bottom}v4`, stroke: muted });
        words(
          { x: at, y: bottom + 17, "text-anchor": "middle" },
          x === "fraction" ? `${round(tick * 100)} %` : tickText(tick),
        );
      }
    }
    const within = (at) => Math.max(top, Math.min(bottom, round(at)));
    const chances = [...new Set(here.map((point) => point.chance?.toFixed(3) ?? ""))].filter(Boolean);
    const lines = chances.length && chances.length < 4 ? chances : [];
    for (const chance of lines) {
      const at = round(up.place(+chance));
      if (at > bottom || at < top) continue;
      add("path", {
        class: "xp-line",
        d: `M${left} ${at}H${right}`,
        stroke: ink,
        "stroke-dasharray": "5 4",
        "stroke-opacity": 0.7,
      });
      words({ x: right - 2, y: at - 4, "text-anchor": "end", "font-size": 11 }, `chance ${tickText(+chance)}`);
    }
    for (const curve of published.filter(panel.holds)) {
      const d = curve.at.map(([px, py]) => `${round(over.place(px))} ${within(up.place(py))}`).join("L");
      const look = { stroke: told.model[curve.model].colour, "stroke-width": 1.4, "stroke-dasharray": "1 4" };
      add("path", { class: "xp-published", d: `M${d}`, fill: "none", "stroke-linecap": "round", ...look });
    }
    // Side by side, or equal results would hide each other.
    const step = named ? (x === "model" ? 0 : Math.min(9, room / (models.length + 1))) : 4;
    models.forEach((model, k) => {
      const { colour, shape, dash } = told.model[model];
      const aside = (k - (models.length - 1) / 2) * step;
      const own = here.filter((point) => point.model === model);
      own.sort((a, b) => (named ? names.indexOf(a[x]) - names.indexOf(b[x]) : a[x] - b[x]));
      let [bars, ticksOfRuns, marks, path] = ["", "", "", []];
      for (const point of own) {
        const px = round(over.place(named ? names.indexOf(point[x]) : point[x]) + aside);
        const py = round(up.place(point.mean));
        if (py < top - 1 || py > bottom + 1 || px < left - 4 || px > right + 4) continue;
        marks += `M${px} ${py}${shape}`;
        path.push(`${px} ${py}`);
        if (point.lower !== null) bars += `M${px} ${within(up.place(point.upper))}V${within(up.place(point.lower))}`;
        for (const value of point.values) ticksOfRuns += `M${px - 4} ${within(up.place(value))}h8`;
        spots.push({ row: point.place, x: px, y: py, panel: place });
      }
      const line = { fill: "none", stroke: colour };
      if (!named && path.length > 1)
        add("path", { d: `M${path.join("L")}`, ...line, "stroke-width": 1.3, "stroke-dasharray": dash });
      if (shows("runs"))
        add("path", { class: "xp-runs", d: ticksOfRuns, ...line, "stroke-width": 1.2, "stroke-opacity": 0.55 });
      if (shows("intervals") && bars)
        add("path", { class: "xp-bars", d: bars, ...line, "stroke-width": 2, "stroke-opacity": 0.5 });
      if (marks) add("path", { class: "xp-marks", d: marks, fill: colour, stroke: ground, "stroke-width": 0.8 });
    });
  });
  if (!points.length) words({ x: width / 2, y: height / 2, "text-anchor": "middle" }, "Nothing is chosen.");
  return { svg, spots };
}
