// What else is kept of a pinned point: the settings tried for its runs, their losses by epoch, and samples that all get wrong.

const MOST_LINES = 100; // of a table below a chart

// A small chart: `lines` are { at: [[x, y], ...], dash, marks, rings: [[x, y], ...] } in one colour.
function smallChart({ told, lines, colour, logX, xTitle, yTitle, says, width }) {
  const { ink, muted, grid } = told.look;
  const [left, top, below] = [46, 20, 34];
  const height = 190;
  const wide = Math.max(220, Math.min(width, 460));
  const all = lines.flatMap(({ at }) => at);
  const over = scaleOf(rangeOf(all.map(([x]) => x)), [left, wide - 10], logX);
  const up = scaleOf(rangeOf(all.map(([, y]) => y)), [height - below, top], false);
  const svg = make("svg", {
    width: wide,
    height,
    viewBox: `0 0 ${wide} ${height}`,
    role: "img",
    "aria-label": says,
    "font-size": 11,
  });
  const add = (tag, attributes, ...inside) => svg.append(make(tag, attributes, ...inside));
  const words = (attributes, said) => add("text", { fill: muted, ...attributes }, said);
  words({ x: 0, y: 11, fill: ink }, `↑ ${yTitle}`);
  words({ x: wide - 8, y: height - 4, fill: ink, "text-anchor": "end" }, `${xTitle}${logX ? " (log scale)" : ""} →`);
  for (const tick of up.ticks(4)) {
    const y = round(up.place(tick));
    add("path", { d: `M${left} ${y}H${wide - 10}`, stroke: grid });
    words({ x: left - 6, y: y + 4, "text-anchor": "end" }, tickText(tick));
  }
  for (const tick of over.ticks(5)) {
    const x = round(over.place(tick));
    add("path", { d: `M${x} ${height - below}v4`, stroke: muted });
    words({ x, y: height - below + 15, "text-anchor": "middle" }, tickText(tick, logX));
  }
  const place = ([x, y]) => `${round(over.place(x))} ${round(up.place(y))}`;
  for (const { at, dash, marks, rings = [] } of lines) {
    const look = { fill: "none", stroke: colour, "stroke-width": 1.3, "stroke-opacity": 0.75 };
    if (at.length > 1) add("path", { d: `M${at.map(place).join("L")}`, ...look, "stroke-dasharray": dash });
    if (marks)
      add("path", {
        d: at.map((one) => `M${place(one)}h0`).join(""),
        stroke: colour,
        "stroke-width": 5,
        "stroke-linecap": "round",
      });
    for (const [x, y] of rings)
      add("path", {
        class: "xp-chosen",
        d: ringOf({ x: round(over.place(x)), y: round(up.place(y)) }),
        fill: "none",
        stroke: ink,
        "stroke-width": 1.3,
      });
  }
  return make("div", { class: "table-scroll" }, svg);
}

// The rows of a table that belong to the runs of a point, by run: [[row of the fit, rows], ...].
function ofRuns(details, columns, point, places) {
  const found = new Map(point.rows.map((row) => [places.get(columns.key[row]), { row, rows: [] }]));
  details.run.forEach((run, k) => found.get(run)?.rows.push(k));
  return [...found.values()].filter(({ rows }) => rows.length);
}

const runName = (columns, row) => `seed ${written(columns.seed[row])}, fold ${written(columns.fold[row])}`;

function drawerOf(title, parts) {
  return make("details", { class: "xp-of-point" }, make("summary", {}, title), ...parts);
}

// Settings tried by the runs of a point; null where none were, or none are on the page.
function trialsDrawer({ told, columns, trials, places, point, letter, width }) {
  const runs = ofRuns(trials, columns, point, places);
  if (!runs.length) return null;
  const varies = (name) =>
    new Set(runs.flatMap(({ rows }) => rows.map((k) => trials[name][k])).filter((one) => one > 0)).size > 1;
  const x = varies("learning_rate") ? "learning_rate" : "weight_decay";
  const [names, y] = [{ learning_rate: "Learning rate", weight_decay: "Weight decay" }, "inner_loss"];
  const known = (k) => trials[x][k] > 0 && trials[y][k] !== null;
  const lines = runs.map(({ rows }) => {
    const sorted = rows.filter(known).sort((a, b) => trials[x][a] - trials[x][b]);
    const at = (some) => some.map((k) => [trials[x][k], trials[y][k]]);
    return { at: at(sorted), dash: "2 3", marks: true, rings: at(sorted.filter((k) => trials.chosen[k])) };
  });
  const n = runs.reduce((sum, { rows }) => sum + rows.length, 0);
  const title = `Trials of ${letter}: ${written(n)} settings tried in ${written(runs.length)} ${runs.length === 1 ? "run" : "runs"}`;
  const heads = ["Seed", "Fold", "Learning rate", "Weight decay", "Inner loss", "Inner balanced accuracy", "Chosen"];
  const cells = runs.flatMap(({ row, rows }) =>
    rows.map((k) => [
      written(columns.seed[row]),
      written(columns.fold[row]),
      written(trials.learning_rate[k]),
      written(trials.weight_decay[k]),
      written(trials.inner_loss[k], 3),
      written(trials.inner_balanced_accuracy[k], 3),
      trials.chosen[k] ? "chosen" : "",
    ]),
  );
  const drawn = lines.some(({ at }) => at.length)
    ? [
        smallChart({
          told,
          lines,
          colour: told.model[point.model].colour,
          logX: true,
          xTitle: names[x],
          yTitle: "Loss on the inner folds",
          says: `${title}. The table below has the same.`,
          width,
        }),
        make("p", { class: "xp-note" }, "A dot is a setting, lines join those of one run, rings are what was chosen."),
      ]
    : [];
  return drawerOf(title, [...drawn, ...shortTable(`Trials of ${letter}`, heads, cells, [1, 1, 1, 1, 1, 1, 0])]);
}

// A table that is cut, and says so.
function shortTable(caption, heads, lines, numeric) {
  const more = lines.length > MOST_LINES ? `The first ${MOST_LINES} of ${written(lines.length)} rows.` : null;
  return [smallTable(caption, heads, lines.slice(0, MOST_LINES), numeric), more && make("p", { class: "xp-note" }, more)];
}

// Losses by epoch of the runs of a point, at the largest training set.
function curvesDrawer({ told, columns, curves, places, point, letter, width }) {
  const runs = ofRuns(curves, columns, point, places);
  if (!runs.length) return null;
  const at = (rows, name) => rows.filter((k) => curves[name][k] !== null).map((k) => [curves.epoch[k], curves[name][k]]);
  const lines = runs.flatMap(({ rows }) => [{ at: at(rows, "train_loss"), dash: "2 3" }, { at: at(rows, "tune_loss") }]);
  if (!lines.some(({ at }) => at.length)) return null;
  const title = `Learning curves of ${letter}: loss by epoch`;
  const heads = ["Seed", "Fold", "Epochs", "Training loss, first", "last", "Tune loss, first", "least", "last"];
  const cells = runs.map(({ row, rows }) => {
    const [train, tune] = ["train_loss", "tune_loss"].map((name) => at(rows, name).map(([, loss]) => loss));
    const number = (value) => written(value ?? null, 3);
    const ends = [train[0], train.at(-1), tune[0], tune.length ? leastOf(tune) : null, tune.at(-1)].map(number);
    return [
      written(columns.seed[row]),
      written(columns.fold[row]),
      written(Math.max(...rows.map((k) => curves.epoch[k]))),
      ...ends,
    ];
  });
  const look = { told, lines, colour: told.model[point.model].colour, logX: false, xTitle: "Epoch", yTitle: "Loss", width };
  return drawerOf(title, [
    smallChart({ ...look, says: `${title}, one pair of lines a run. The table below has its ends.` }),
    make(
      "p",
      { class: "xp-note" },
      "Dotted: on the samples trained on; whole: on those set aside for stopping. Some epochs of each.",
    ),
    ...shortTable(
      `Learning curves of ${letter}`,
      heads,
      cells,
      heads.map(() => 1),
    ),
  ]);
}

// Samples that no run of any model got right, of the task and conditions of a point.
function wrongDrawer(told, wrong, point) {
  const same = (k) =>
    wrong.task[k] === point.task && told.conditions.every(({ column }) => wrong[column][k] === point[column]);
  const rows = wrong.sample.map((_, k) => k).filter(same);
  const where = [point.task, ...told.conditions.map(({ column, labels }) => labels[point[column]])].join(", ");
  if (!rows.length)
    return make(
      "p",
      { class: "xp-note" },
      `Samples that every model gets wrong (${where}): none, or only one model was run.`,
    );
  const [all, judged] = [wrong.wrong[rows[0]], wrong.judged[rows[0]]];
  const title = `Samples that every model gets wrong: ${written(all)} of ${written(judged)}`;
  const lines = rows.map((k) => [
    wrong.sample[k],
    wrong.group[k],
    wrong.truth[k],
    wrong.predicted[k],
    `${wrong.said[k]} of ${wrong.runs[k]}`,
  ]);
  const more = all > rows.length ? `The ${rows.length} on which most runs name the same class, of ${written(all)}.` : null;
  return drawerOf(title, [
    smallTable(
      `${where}: wrong in every run of every model`,
      ["Sample", "Group", "True class", "Mostly taken for", "in runs"],
      lines,
      [0, 0, 0, 0, 1],
    ),
    more && make("p", { class: "xp-note" }, more),
  ]);
}
