// Draws the panels of a scatter explorer: axes, reference lines, intervals and marks.

const [GAP, HEAD, BELOW] = [16, 22, 24];

function drawScatter({ told, columns, levels, rows, width, dashOf, title, chosen, showsIt, now }) {
  const { ink, muted, grid, ground } = told.look;
  const lines = unpackAll(told.lines.columns);
  const [x, y, by] = [chosen("_x"), chosen("_y"), chosen("_panels")];
  const [logX, logY] = [x, y].map((column) => told.log.includes(column));
  // Whether line k is for something that is chosen.
  const chosenFor = (k) => told.lines.by.every((column) => now[column]?.includes(lines[column][k]) ?? true);

  function domain(column, log) {
    if (!showsIt("close-up")) return told.range[column];
    const ends = showsIt("intervals") ? (told.interval[column] ?? []) : [];
    const numbers = rows.flatMap((row) => [column, ...ends].map((name) => columns[name][row]));
    numbers.push(...(lines[column] ?? []).filter((_, k) => now._lines.includes(lines.line[k]) && chosenFor(k)));
    const known = numbers.filter((number) => number !== null && !(log && number <= 0));
    return known.length ? rangeOf(known) : told.range[column];
  }

  const [onX, onY] = [domain(x, logX), domain(y, logY)];
  const heights = scaleOf(onY, [0, 1], logY).ticks(5);
  const start = roomFor(
    heights.map((tick) => tickText(tick, logY)),
    46,
  );

  const whole = by === NONE;
  const values = whole ? [null] : levels(by).filter((value) => now[by]?.includes(value) ?? true);
  const across = Math.max(1, Math.min(values.length, Math.floor((width - 30) / 205)));
  const above = whole ? 8 : 24;
  const wide = (width - start - 12 - GAP * (across - 1)) / across;
  const high = Math.round(Math.max(190, Math.min(320, wide * 0.85)));
  const height = HEAD + Math.ceil(values.length / across) * (above + high + BELOW) + 22;
  const spots = []; // in the order of the arrow keys
  const svg = make("svg", {
    class: "xp-figure",
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    tabindex: 0,
    role: "application",
    "aria-roledescription": "scatter plot",
    "aria-label": `${title(y)} against ${title(x)}. Arrow keys move between points, Page Down to the next panel, Enter pins.`,
    "font-size": 12,
  });
  const add = (tag, attributes, ...inside) => svg.append(make(tag, attributes, ...inside));
  const words = (attributes, said) => add("text", { fill: muted, ...attributes }, said);

  function linesOf(value) {
    const wanted = (column) => (column === by ? [value] : now[column]);
    const holds = (k) => told.lines.by.every((column) => wanted(column)?.includes(lines[column][k]) ?? true);
    // What a line is for is said where it is not plain from what is chosen.
    const open = told.lines.by.filter((column) => wanted(column)?.length !== 1 || column === by);
    return lines.line
      .map((name, k) => ({
        name,
        k,
        value: lines[y]?.[k] ?? null,
        where: open.map((column) => [title(column), lines[column][k]]),
      }))
      .filter((line) => line.value !== null && now._lines.includes(line.name) && holds(line.k));
  }

  const below = `${fitted(title(x), width - 130)}${logX ? " (log scale)" : ""} →`;
  words({ x: 0, y: 13, fill: ink }, `↑ ${fitted(title(y), width - 20)}`);
  words({ x: width - 12, y: height - 6, fill: ink, "text-anchor": "end" }, below);
  values.forEach((value, panel) => {
    const left = start + (panel % across) * (wide + GAP);
    const top = HEAD + Math.floor(panel / across) * (above + high + BELOW) + above;
    const [right, bottom] = [round(left + wide), top + high];
    const over = scaleOf(onX, [left, left + wide], logX);
    const up = scaleOf(onY, [bottom, top], logY);
    const within = (px, py) => px >= left - 1 && px <= right + 1 && py >= top - 1 && py <= bottom + 1;

    if (!whole) words({ x: left, y: top - 8, fill: ink, "font-weight": "bold" }, fitted(value, wide));
    for (const tick of heights) {
      const at = round(up.place(tick));
      add("path", { d: `M${left} ${at}H${right}`, stroke: grid });
      if (panel % across === 0) words({ x: start - 7, y: at + 4, "text-anchor": "end" }, tickText(tick, logY));
    }
    for (const tick of over.ticks(Math.max(2, Math.floor(wide / 62)))) {
      const at = round(over.place(tick));
      add("path", { d: `M${at} ${bottom}v4`, stroke: muted });
      words({ x: at, y: bottom + 17, "text-anchor": "middle" }, tickText(tick, logX));
    }
    add("path", { d: `M${left} ${bottom}H${right}`, stroke: muted });

    const found = [];
    const groups = new Map();
    for (const row of rows) {
      const [here, there] = [columns[x][row], columns[y][row]];
      if (here === null || there === null || !(whole || columns[by][row] === value)) continue;
      const [px, py] = [round(over.place(here)), round(up.place(there))];
      if (!within(px, py)) continue;
      const fill = told.colour ? told.colour.of[columns[told.colour.column][row]] : ink;
      const shape = told.marker ? told.marker.of[columns[told.marker.column][row]] : told.shape;
      if (!groups.has(fill + shape)) groups.set(fill + shape, { fill, marks: "", bars: "" });
      const group = groups.get(fill + shape);
      group.marks += `M${px} ${py}${shape}`;
      const ends = (told.interval[y] ?? []).map((name) => columns[name][row]);
      if (showsIt("intervals") && ends.length && !ends.includes(null)) {
        const [from, to] = ends.map((end) => Math.max(top, Math.min(bottom, round(up.place(end)))));
        group.bars += `M${px} ${from}V${to}`;
      }
      found.push({
        row,
        x: px,
        y: py,
        panel,
        series: Object.keys(told.colour?.of ?? {}).indexOf(columns[told.colour?.column]?.[row]),
      });
    }
    // The arrow keys go along one colour after the other, and then over the lines.
    spots.push(...found.sort((a, b) => a.series - b.series || a.x - b.x || a.y - b.y));
    for (const line of linesOf(value)) {
      const at = round(up.place(line.value));
      if (!within(left, at)) continue;
      const look = { stroke: ink, "stroke-width": 1.6, "stroke-dasharray": dashOf(line.name) };
      add("path", { class: "xp-line", d: `M${left} ${at}H${right}`, ...look });
      spots.push({ ...line, x: right, y: at, from: left, panel });
    }
    for (const { fill, bars } of groups.values())
      if (bars) add("path", { class: "xp-bars", d: bars, stroke: fill, "stroke-width": 1.4, "stroke-opacity": 0.6 });
    for (const { fill, marks } of groups.values())
      add("path", { class: "xp-marks", d: marks, fill, "fill-opacity": 0.85, stroke: ground, "stroke-width": 0.8 });
  });
  if (!rows.length) words({ x: width / 2, y: height / 2, "text-anchor": "middle" }, "Nothing is chosen.");
  return { svg, spots };
}
