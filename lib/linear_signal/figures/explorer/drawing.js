// Elements, columns, numbers, ticks and scales: what every explorer draws with.

const DRAWN = new Set(["svg", "path", "text", "rect"]);

// An element; names of readers' tables only ever become text and attributes, never markup.
function make(tag, attributes = {}, ...inside) {
  const one = DRAWN.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) one.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) one.setAttribute(name, value === true ? "" : value);
  }
  one.append(...inside.flat().filter((part) => part != null));
  return one;
}

// What stands for something of a figure in the words beside it.
const icon = (width, inside) =>
  make("svg", { width, height: 14, viewBox: `0 0 ${width} 14`, "aria-hidden": "true" }, inside);

// ---- Columns and numbers -------------------------------------------------------------------------------------------------

const round = (value) => Math.round(value * 10) / 10;

// The ways in which packed.py writes a column.
const CODES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
function unpack({ values, scale, levels, codes }) {
  if (values) return values.map((value) => (value === null ? null : value / (scale ?? 1)));
  return Array.from(codes, (code) => levels[typeof code === "string" ? CODES.indexOf(code) : code] ?? null);
}

const unpackAll = (packed) => Object.fromEntries(Object.entries(packed).map(([name, column]) => [name, unpack(column)]));

function written(value, decimals) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  const text =
    decimals !== undefined
      ? value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
      : Number.isInteger(value)
        ? value.toLocaleString("en-US")
        : String(+value.toPrecision(3));
  return (/[1-9]/.test(text) ? text : text.replace("-", "")).replace("-", "−");
}

function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((times) => times * power >= rough * 0.75) * power;
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(+(k * step).toPrecision(12));
  return found;
}

function logTicks(low, high, most) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  if (last - first < 1) return ticks(low, high, most).filter((value) => value > 0);
  const step = Math.ceil((last - first + 1) / most);
  return Array.from({ length: last - first + 1 }, (_, k) => first + k)
    .filter((k) => k % step === 0)
    .map((k) => 10 ** k);
}

function tickText(value, log) {
  const power = Math.round(Math.log10(value));
  if (log && value === 10 ** power && (power > 3 || power < -2))
    return "10" + [...String(power)].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]).join("");
  return written(value);
}

// From numbers to pixels, with a little room on both sides.
function scaleOf([low, high], [from, to], log) {
  const read = log ? Math.log10 : (value) => value;
  let [a, b] = [read(low), read(high)];
  if (a === b) [a, b] = [a - 0.5, b + 0.5];
  const room = (b - a) * 0.04;
  [a, b] = [a - room, b + room];
  const place = (value) => from + ((read(value) - a) / (b - a)) * (to - from);
  const ends = [a, b].map((end) => (log ? 10 ** end : end));
  return { place, ticks: (count) => (log ? logTicks(...ends, count) : ticks(...ends, count)) };
}

// Texts of a figure: letters of its size are about 7 pixels wide. What does not fit is cut.
const fitted = (text, width) =>
  text.length * 7 <= width ? text : `${text.slice(0, Math.max(1, Math.floor(width / 7) - 1))}…`;
const roomFor = (labels, least) => Math.max(least, 12 + 7 * Math.max(...labels.map((label) => label.length)));

const rangeOf = (numbers) => [
  numbers.reduce((a, b) => Math.min(a, b), Infinity),
  numbers.reduce((a, b) => Math.max(a, b), -Infinity),
];
