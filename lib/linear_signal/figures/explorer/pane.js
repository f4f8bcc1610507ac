// What stands below the chart once points are pinned: their runs, the comparison of two, and what was taken for what.

function smallTable(caption, heads, lines, numeric) {
  const cell = (value, k) => make("td", { class: numeric[k] ? "xp-number" : null }, value);
  const head = make(
    "tr",
    {},
    heads.map((name) => make("th", { scope: "col" }, name)),
  );
  const body = lines.map((line) => make("tr", {}, line.map(cell)));
  const table = make("table", {}, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, body));
  return make("div", { class: "table-scroll", tabindex: 0, role: "group", "aria-label": caption }, table);
}

// The runs of a pinned point, and the command that leads from one of them to all that is kept of it.
function runsTable(told, columns, point, letter) {
  const number = (column, row, decimals) => written(columns[column][row], decimals);
  const heads = ["Seed", "Fold", "Balanced accuracy", "Accuracy", "Learning rate", "Weight decay", "Epochs", "Key", "Note"];
  const lines = point.rows.map((row) => [
    number("seed", row),
    number("fold", row),
    number("balanced_accuracy", row, 3),
    number("accuracy", row, 3),
    number("learning_rate", row),
    number("weight_decay", row),
    number("epochs", row),
    columns.key[row],
    columns.note[row] ?? "",
  ]);
  const command = `${told.trace} ${columns.key[point.rows[0]]}`;
  return make(
    "details",
    { class: "xp-of-point" },
    make("summary", {}, `Runs of ${letter}: what was chosen, and where they are kept`),
    smallTable(`Runs of ${letter}`, heads, lines, [1, 1, 1, 1, 1, 1, 1, 0, 0]),
    make("p", { class: "xp-note" }, "All that is kept of a run, by its key: ", make("code", {}, command)),
  );
}

function comparison(told, columns, [a, b], y, title) {
  const metric = y === "skill" ? "balanced_accuracy" : y;
  const found = paired(told, columns, a, b, metric);
  const signed = (value) => `${value > 0 ? "+" : ""}${written(value, 3)}`;
  if (!found)
    return `A − B: ${signed(a.mean - b.mean)} in ${title}. Not paired: the two were judged on different samples, so there is no interval.`;
  const ends = found.lower === null ? `(${found.note})` : `(95 % interval ${signed(found.lower)} to ${signed(found.upper)})`;
  const left = found.unpaired ? `; runs that only one has: ${found.unpaired}` : "";
  const name = y === "skill" ? "balanced accuracy" : title;
  return `A − B: ${signed(found.mean)} ${ends} in ${name}, paired over ${found.n} ${found.n === 1 ? "run" : "runs"}${left}.`;
}

// ---- Confusion: counts over all runs at the largest size; shares are of the true class

const signalLabel = (told, signal) => told.conditions.find(({ column }) => column === "signal")?.labels[signal];

function countsOf(told, confusion, point, signal) {
  const same = (k) =>
    confusion.task[k] === point.task &&
    confusion.model[k] === point.model &&
    told.conditions.every(
      ({ column }) => confusion[column][k] === (column === "signal" ? signal : point[column]),
    );
  const counts = new Map();
  confusion.n.forEach((n, k) => {
    if (!same(k)) return;
    const row = counts.get(confusion.truth[k]) ?? new Map();
    counts.set(confusion.truth[k], row.set(confusion.predicted[k], n));
  });
  return counts;
}

const sharesOf = (counts, classes) =>
  classes.map((truth) => {
    const row = counts.get(truth) ?? new Map();
    const all = [...row.values()].reduce((sum, n) => sum + n, 0);
    return classes.map((predicted) => (all ? (row.get(predicted) ?? 0) / all : null));
  });

// A table of shares; the diagonal is the recall of a class. `way`: the point's "own" signal, another one, or a "difference".
function matrix(told, confusion, point, way) {
  const signals = way === "difference" ? ["removed", "full"] : [way === "own" ? point.signal : way];
  const counts = signals.map((signal) => countsOf(told, confusion, point, signal));
  if (counts.some((one) => !one.size)) return null;
  const classes = told.classes[point.task];
  const shares = counts.map((one) => sharesOf(one, classes));
  const of = (i, k) =>
    shares.length === 1 ? shares[0][i][k] : shares[0][i][k] === null ? null : shares[0][i][k] - shares[1][i][k];
  const percent = (value) =>
    value === null ? "–" : `${shares.length > 1 && value > 0 ? "+" : ""}${written(Math.round(value * 100))}`;
  const cell = (i, k) => {
    const value = of(i, k) ?? 0;
    const good = i === k ? value > 0 : value < 0;
    const [low, high] = told.shades;
    const style = `background:color-mix(in srgb, ${good ? low : high} ${Math.round(Math.min(1, Math.abs(value) * (shares.length > 1 ? 3 : 1)) * 65)}%, transparent)`;
    return make("td", { class: "xp-number", style }, percent(of(i, k)));
  };
  const head = make(
    "tr",
    {},
    make("td", {}, "true class ↓, named →"),
    classes.map((name) => make("th", { scope: "col" }, name)),
  );
  const body = classes.map((name, i) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, name),
      classes.map((_, k) => cell(i, k)),
    ),
  );
  const recall = meanOf(classes.map((_, i) => of(i, i)).filter((value) => value !== null));
  const what = shares.length > 1 ? "removed minus full, in points of per cent" : "per cent of the true class";
  const signal = shares.length > 1 ? null : signalLabel(told, signals[0]);
  const place = [told.model[point.model].title, point.task, signal].filter(Boolean).join(", ");
  const caption = `${place}: ${what}; recalls on the diagonal, mean ${percent(recall)}`;
  const table = make("table", {}, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, body));
  return make(
    "div",
    { class: "table-scroll xp-matrix", tabindex: 0, role: "group", "aria-label": "Confusion matrix" },
    table,
  );
}
