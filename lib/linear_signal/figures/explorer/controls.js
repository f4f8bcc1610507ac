// What stands around a figure: lists and boxes to choose by, files, links, and a table of what is shown.

// A drop-down list for "one", check boxes for "many"; `swatch(value)` draws what stands for a value in the figure.
function control(state, { key, kind, values, title, label = String, swatch = () => null }) {
  if (kind === "one") {
    const list = make("select", { onchange: () => state.set(key, [list.value]) });
    list.append(...values.map((value) => make("option", { value }, label(value))));
    const show = () => (list.value = state.now[key][0]);
    state.watch(show);
    show();
    return make("label", { class: "xp-one" }, make("span", {}, title), list);
  }
  const boxes = values.map((value) =>
    make("input", {
      type: "checkbox",
      value,
      onchange: () =>
        state.set(
          key,
          boxes.filter((box) => box.checked).map((box) => box.value),
        ),
    }),
  );
  const show = () => boxes.forEach((box) => (box.checked = state.now[key].includes(box.value)));
  state.watch(show);
  show();
  const labels = boxes.map((box) => make("label", {}, box, swatch(box.value), make("span", {}, label(box.value))));
  return make("fieldset", {}, make("legend", {}, title), labels);
}

// ---- Files and links -----------------------------------------------------------------------------------------------------

function save(name, type, text) {
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// The drawing as pixels, twice as many as on the page.
function saveAsPixels(name, svg) {
  const { width, height } = svg.viewBox.baseVal;
  const image = new Image();
  image.onload = () => {
    const canvas = make("canvas", { width: 2 * width, height: 2 * height });
    canvas.getContext("2d").drawImage(image, 0, 0, 2 * width, 2 * height);
    canvas.toBlob((blob) => save(name, "image/png", blob));
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(standalone(svg));
}

const quoted = (value) =>
  value === null || value === undefined
    ? ""
    : /[",\r\n]/.test(value)
      ? `"${String(value).replaceAll('"', '""')}"`
      : String(value);

const csv = (names, lists, rows) =>
  [names.map(quoted), ...rows.map((row) => lists.map((list) => quoted(list[row])))]
    .map((line) => line.join(",") + "\n")
    .join("");

// A drawing that stands alone: colours as they are by day, on white.
function standalone(svg) {
  const copy = svg.cloneNode(true);
  copy.querySelectorAll(".xp-off").forEach((one) => one.remove());
  ["tabindex", "role", "aria-roledescription", "aria-describedby"].forEach((name) => copy.removeAttribute(name));
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("font-family", "Helvetica, Arial, sans-serif");
  copy.prepend(make("rect", { width: "100%", height: "100%", fill: "white" }));
  return new XMLSerializer().serializeToString(copy).replace(/light-dark\(([^(),]+),[^()]+\)/g, "$1");
}

// Buttons below a figure: what they do and say. `tell` speaks to screen readers.
function actions(state, { name, svg, table, tell }) {
  const shown = make("input", { type: "text", readonly: true, "aria-label": "Link to what is shown", hidden: true });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(state.address());
      tell("Link copied.");
    } catch {
      // Where a page may not write to the clipboard, the link is there to be copied.
      shown.hidden = false;
      shown.value = state.address();
      shown.select();
      tell("Copy the link from the box.");
    }
  };
  const button = (text, onclick) => make("button", { type: "button", onclick }, text);
  return make(
    "div",
    { class: "xp-actions" },
    state.linked ? button("Copy link", copy) : null,
    button("Save SVG", () => save(`${name}.svg`, "image/svg+xml", standalone(svg()))),
    button("Save PNG", () => saveAsPixels(`${name}.png`, svg())),
    button("Save CSV", () => save(`${name}.csv`, "text/csv", table())),
    button("Reset", () => state.reset()),
    shown,
  );
}

// A folded table of what is shown, filled when it is opened; a click on a heading sorts.
function folded({ names, lists, decimals, rows }) {
  const MOST = 500;
  const summary = make("summary");
  const body = make("tbody");
  const note = make("p", { class: "xp-note" });
  let [by, up] = [-1, true];
  const sort = (k) => {
    [by, up] = [k, by === k ? !up : true];
    fill();
  };
  const heads = names.map((name, k) =>
    make("th", { scope: "col" }, make("button", { type: "button", onclick: () => sort(k) }, name)),
  );
  const box = make(
    "details",
    { class: "xp-table", ontoggle: () => fill() },
    summary,
    make(
      "div",
      { class: "table-scroll", tabindex: 0, role: "group", "aria-label": "Table" },
      make("table", {}, make("thead", {}, make("tr", {}, heads)), body),
    ),
    note,
  );
  // What is missing comes last, whichever way.
  const order = (a, b) => (a === null) - (b === null) || ((a > b) - (a < b)) * (up ? 1 : -1);
  function fill() {
    const shown = rows();
    summary.textContent = `What is shown, as a table (${written(shown.length)} ${shown.length === 1 ? "row" : "rows"})`;
    heads.forEach((head, k) => head.setAttribute("aria-sort", k !== by ? "none" : up ? "ascending" : "descending"));
    if (!box.open) return;
    const sorted = by < 0 ? shown : [...shown].sort((a, b) => order(lists[by][a], lists[by][b]));
    body.replaceChildren(
      ...sorted.slice(0, MOST).map((row) =>
        make(
          "tr",
          {},
          lists.map((list, k) =>
            make("td", { class: typeof list[row] === "number" ? "xp-number" : null }, written(list[row], decimals[k])),
          ),
        ),
      ),
    );
    note.textContent = shown.length > MOST ? `The first ${MOST} are listed; the CSV file has all.` : "";
  }
  return { box, fill };
}

// Draws again when the room changes, and returns what ends all that.
function framed(root, plot, draw, state) {
  let last = plot.clientWidth;
  const sizes = new ResizeObserver(() => {
    if (plot.clientWidth === last) return;
    last = plot.clientWidth;
    draw();
  });
  sizes.observe(plot);
  state.onArrival(() => root.scrollIntoView());
  return () => {
    sizes.disconnect();
    state.end();
  };
}
