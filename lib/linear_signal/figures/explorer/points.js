// From fits to points: a point is a model on a task, under its conditions and at a size; its fits are its runs.

// Where a metric can lie; nothing bounds a loss.
const boundsOf = (y, [low, high]) => (y === "loss" ? null : [low, high]);

// The runs of a point in a metric: { value, chance } of every run that has one.
function runsOf(columns, rows, y) {
  const column = columns[y === "skill" ? "balanced_accuracy" : y];
  return rows.filter((row) => column[row] !== null).map((row) => ({ row, value: column[row], chance: columns.chance[row] }));
}

const inSkill = (value, chance) => (value === null ? null : (value - chance) / (1 - chance));

function poolOf(columns, rows) {
  return [
    meanOf(rows.map((row) => columns.train_samples[row] / columns.fraction[row])),
    meanOf(rows.map((row) => columns.left_out_samples[row])),
  ];
}

// Mean and interval of a point, as `summarise` of analysis/comparison.py has them; skill is balanced accuracy on its scale.
function summary(told, columns, rows, y) {
  const runs = runsOf(columns, rows, y);
  if (!runs.length) return null;
  const [values, kept] = [runs.map(({ value }) => value), runs.map(({ row }) => row)];
  const chance = meanOf(runs.map((run) => run.chance));
  const clipped = (value) => Math.max(0, Math.min(1, value));
  // Folds that lack a class make guessing easier: runs are put at the mean level of chance first.
  const scale = told.scaled.includes(y);
  const level = scale ? runs.map((run) => clipped(run.value - run.chance + chance)) : values;
  const groups = leastOf(kept.map((row) => columns.smallest_class_groups[row]));
  const found = correctedInterval(level, poolOf(columns, kept), boundsOf(y, [0, 1]));
  const interval = believed(found, groups, told.least_groups, y !== "loss");
  const scaled = (value) => (y === "skill" ? inSkill(value, chance) : value);
  return {
    n: runs.length,
    mean: scaled(meanOf(values)),
    // A loss is never below zero.
    lower: y === "loss" && interval.lower < 0 ? 0 : scaled(interval.lower),
    upper: scaled(interval.upper),
    note: interval.note,
    chance: y === "skill" ? 0 : scale ? chance : null,
    values: runs.map((run) => (y === "skill" ? inSkill(run.value, run.chance) : run.value)),
    rows: kept,
  };
}

// The points behind some rows, each with the names that make it, and where it lies.
function pointsOf(told, columns, rows, y) {
  const by = ["task", ...told.conditions.map(({ column }) => column), "model", "fraction"];
  const groups = new Map();
  for (const row of rows) {
    const id = by.map((column) => columns[column][row]).join("~");
    if (!groups.has(id)) groups.set(id, []);
    groups.get(id).push(row);
  }
  const points = [];
  for (const [id, some] of groups) {
    const found = summary(told, columns, some, y);
    if (!found) continue;
    const names = Object.fromEntries(by.map((column) => [column, columns[column][some[0]]]));
    const mean = (column) => {
      const known = found.rows.map((row) => columns[column][row]).filter((value) => value !== null);
      return known.length ? meanOf(known) : null;
    };
    points.push({ id, ...names, ...found, train_samples: mean("train_samples"), train_groups: mean("train_groups") });
  }
  return points;
}

// Two points compared run by run, as `compare_models` of analysis/comparison.py does it; null where no run has both.
function paired(told, columns, a, b, y) {
  if (a.task !== b.task || a.split !== b.split) return null;
  const runName = (row) => `${columns.seed[row]} ${columns.fold[row]}`;
  const of = (point) => new Map(runsOf(columns, point.rows, y).map((run) => [runName(run.row), run]));
  const [left, right] = [of(a), of(b)];
  const shared = [...left.keys()].filter((run) => right.has(run));
  if (!shared.length) return null;
  const rows = shared.map((run) => left.get(run).row);
  const values = shared.map((run) => left.get(run).value - right.get(run).value);
  const groups = leastOf(rows.map((row) => columns.smallest_class_groups[row]));
  const found = correctedInterval(values, poolOf(columns, rows), boundsOf(y, [-1, 1]));
  const interval = believed(found, groups, told.least_groups, false);
  return { ...interval, n: shared.length, unpaired: left.size + right.size - 2 * shared.length };
}

// The panels: the conditions that are chosen, in all combinations that have results; titles say what varies in a task.
function panelsOf(told, now, varied, points) {
  let panels = [{ names: {}, title: [] }];
  for (const { column, values, labels } of told.conditions)
    panels = panels.flatMap((panel) =>
      values
        .filter((value) => now[column].includes(value))
        .map((value) => ({
          names: { ...panel.names, [column]: value },
          title: varied.has(column) ? [...panel.title, labels[value]] : panel.title,
        })),
    );
  return panels
    .map(({ names, title }) => ({
      title: title.join(", ") || (now._x[0] === "task" ? "All tasks" : now.task[0]),
      holds: (one) => Object.entries(names).every(([column, value]) => one[column] === value),
    }))
    .filter((panel) => points.some(panel.holds));
}

// Published curves of what is chosen, where they are in its units.
function publishedCurves(told, paper, now) {
  const [x, y] = [now._x[0], now._y[0]];
  const drawn = ["train_samples", "fraction"].includes(x) && ["balanced_accuracy", "skill"].includes(y);
  if (!paper || !drawn) return [];
  const found = new Map();
  paper.model.forEach((name, k) => {
    if (paper.task[k] !== now.task[0] || !now.models.includes(name)) return;
    const names = Object.fromEntries(told.conditions.map(({ column }) => [column, paper[column][k]]));
    const id = [...Object.values(names), name].join("~");
    if (!found.has(id)) found.set(id, { model: name, ...names, at: [] });
    const height = paper.balanced_accuracy[k];
    found.get(id).at.push([paper[x][k], y === "skill" ? inSkill(height, paper.chance[k]) : height]);
  });
  return [...found.values()];
}
