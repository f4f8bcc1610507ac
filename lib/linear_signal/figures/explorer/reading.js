// Reading points: which one the pointer or a key means, what is said of it, and those pinned beside each other. A spot is
// what can be read at a place of a figure: { x, y, panel, row } for a row of the table, { x, y, panel, from } for a line.

const REACH = 24; // pixels around a point that count as pointing at it
const LETTERS = "AB"; // of pinned points

const isLine = (spot) => spot.row === undefined;
const ringOf = ({ x, y }) => `M${x - 8} ${y}a8 8 0 1 0 16 0a8 8 0 1 0 -16 0z`;

function nearest(spots, x, y) {
  // A line is meant only where no point is near.
  const toLine = (spot) => (x >= spot.from && x <= spot.x ? Math.abs(spot.y - y) + REACH - 7 : Infinity);
  let [found, least] = [null, REACH];
  for (const spot of spots) {
    const away = isLine(spot) ? toLine(spot) : Math.hypot(spot.x - x, spot.y - y);
    if (away < least) [found, least] = [spot, away];
  }
  return found;
}

// Where a key leads from a spot; undefined for keys that lead nowhere.
function moved(spots, spot, key) {
  const at = spots.indexOf(spot);
  const aside = (way) => {
    const others = spots.filter((other) => (other.panel - (spot?.panel ?? 0)) * way > 0);
    const panel = (way > 0 ? others[0] : others.at(-1))?.panel;
    return others.find((other) => other.panel === panel) ?? spot;
  };
  const [next, last] = [() => spots[Math.min(at + 1, spots.length - 1)], () => spots[Math.max(at - 1, 0)]];
  const moves = {
    ArrowRight: next,
    ArrowDown: next,
    ArrowLeft: last,
    ArrowUp: last,
    Home: () => spots[0],
    End: () => spots.at(-1),
    PageDown: () => aside(1),
    PageUp: () => aside(-1),
  };
  return moves[key]?.();
}

// Reads the spots of one drawing; `factsOf(spot)` are pairs of a name and a text.
function reader({ plot, svg, spots, ink, factsOf, pin, tell }) {
  const tip = make("div", { class: "xp-tip", hidden: true, "aria-hidden": "true" });
  const ring = make("path", { class: "xp-off xp-ring", fill: "none", stroke: ink, "stroke-width": 2 });
  svg.append(ring);
  let active = null;

  function show(spot, spoken = false) {
    active = spot;
    tip.hidden = !spot;
    ring.setAttribute("d", !spot ? "" : isLine(spot) ? `M${spot.from} ${spot.y}H${spot.x}` : ringOf(spot));
    if (!spot) return;
    const facts = factsOf(spot);
    tip.replaceChildren(make("dl", {}, ...facts.map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])));
    const room = plot.clientWidth - tip.offsetWidth;
    const aside = spot.x + 14 > room ? spot.x - tip.offsetWidth - 14 : spot.x + 14;
    tip.style.left = `${Math.max(0, Math.min(room, aside))}px`;
    const above = spot.y - tip.offsetHeight - 12;
    tip.style.top = `${above < 0 ? spot.y + 14 : above}px`;
    if (spoken) tell(facts.map((fact) => fact.join(": ")).join("; "));
  }
  const under = (event) => {
    const box = svg.getBoundingClientRect();
    return nearest(spots, event.clientX - box.left, event.clientY - box.top);
  };
  const on = (name, listener) => svg.addEventListener(name, listener);
  on("pointermove", (event) => show(under(event)));
  on("pointerleave", () => document.activeElement !== svg && show(null));
  on("click", (event) => pin(under(event)));
  on("focus", () => svg.matches(":focus-visible") && !active && spots.length && show(spots[0], true));
  on("blur", () => show(null));
  on("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = moved(spots, active, event.key);
    if (event.key === "Enter" || event.key === " ") pin(active);
    else if (event.key === "Escape") show(null);
    else if (to) show(to, true);
    else return;
    event.preventDefault();
  });
  return { tip, show };
}

// The marks of pinned points in a drawing.
function pinMarks(spots, rows, { ink, ground }) {
  const found = rows.map((row, k) => [spots.find((spot) => spot.row === row), LETTERS[k]]).filter(([spot]) => spot);
  const above = { "text-anchor": "middle", "font-weight": "bold", fill: ink, stroke: ground, "stroke-width": 3 };
  return found.flatMap(([spot, letter]) => [
    make("path", { d: ringOf(spot), fill: "none", stroke: ink, "stroke-width": 1.5 }),
    make("text", { x: spot.x, y: spot.y - 11, "paint-order": "stroke", ...above }, letter),
  ]);
}

// Pinned points beside each other: a column a point; `lists` holds the facts of each.
function pinTable(lists, unpin) {
  const drop = (k) =>
    make("button", { type: "button", "aria-label": `Unpin point ${LETTERS[k]}`, onclick: () => unpin(k) }, "×");
  const heads = lists.map((_, k) => make("th", { scope: "col" }, LETTERS[k], " ", drop(k)));
  const line = ([name], k) => {
    const cells = lists.map((facts) => make("td", {}, facts[k][1]));
    return make("tr", {}, make("th", { scope: "row" }, name), cells);
  };
  const head = make("thead", {}, make("tr", {}, make("td"), heads));
  return make("div", { class: "table-scroll" }, make("table", {}, head, make("tbody", {}, lists[0].map(line))));
}
