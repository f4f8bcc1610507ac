// The page of findings: choose and sort its rows. Without this script the tables stand as they are.
(() => {
  const tables = [...document.querySelectorAll("table.findings")];
  if (!tables.length) return;
  const findings = tables.flatMap((table) => [...table.tBodies]);
  const RANK = { fails: 0, open: 1, holds: 2, absent: 3 };
  const CHOICES = {
    verdict: ["Verdict", { "": "any", holds: "holds", fails: "does not hold", open: "inconclusive", absent: "not run" }],
    data: ["Data", { "": "any", measured: "measured, genuine", genuine: "this copy, genuine", synthetic: "this copy, synthetic" }],
    source: ["Claimed by", { "": "anybody", paper: "a paper", check: "this book" }],
    sort: ["Sort by", { "": "question", verdict: "verdict" }],
  };

  // A mark of the scoreboard is called by its claim, which the table has.
  for (const chip of document.querySelectorAll("a.chip")) {
    const said = document.getElementById(chip.hash.slice(1))?.querySelector("th");
    const about = said?.querySelector("small")?.firstChild.textContent.split(" · ")[0].trim();
    if (about) chip.title = `${about}: ${said.firstChild.textContent.trim()} ${chip.title}`;
    chip.setAttribute("aria-label", chip.title);
  }

  const tools = document.createElement("form");
  tools.className = "findings-tools";
  tools.setAttribute("aria-label", "Choose and sort findings");
  const field = (name, control) => {
    const label = document.createElement("label");
    control.name = name;
    label.append(CHOICES[name]?.[0] ?? "Words", control);
    tools.append(label);
  };
  for (const [name, [, options]] of Object.entries(CHOICES)) {
    const select = document.createElement("select");
    for (const [value, text] of Object.entries(options)) select.add(new Option(text, value));
    field(name, select);
  }
  const words = document.createElement("input");
  words.type = "search";
  field("words", words);
  const again = document.createElement("button");
  again.type = "reset";
  again.textContent = "Show all";
  const told = document.createElement("output");
  // A page of all rows is forty screens long: questions are folded until somebody asks.
  const folds = [...document.querySelectorAll("details.fold")];
  const foldAll = document.createElement("button");
  foldAll.type = "button";
  foldAll.addEventListener("click", () => {
    const open = folds.some((fold) => !fold.open);
    for (const fold of folds) fold.open = open;
  });
  const nameFoldAll = () => (foldAll.textContent = folds.some((fold) => !fold.open) ? "Unfold all" : "Fold all");
  for (const fold of folds) fold.addEventListener("toggle", nameFoldAll);
  tools.append(again, foldAll, told);
  tables[0].closest("section").parentElement.before(tools);

  const numberOf = (finding) => Number(finding.id.replace("finding-", ""));
  // The verdicts that count: those on the data that were chosen.
  const KINDS = { real: "genuine", synthetic: "synthetic" };
  const marksIn = (one, judged) => [...one.querySelectorAll(`${judged} > b`)].map((mark) => mark.className);
  const facts = new Map(
    findings.map((one) => {
      const kind = one.querySelector("th .kind");
      return [one, { [KINDS[kind?.classList[1]]]: marksIn(one, ".judged"), measured: marksIn(one, ".judged-measured") }];
    }),
  );
  const verdicts = (one, chosen) => (chosen ? (facts.get(one)[chosen] ?? []) : Object.values(facts.get(one)).flat());
  const show = () => {
    const wanted = Object.fromEntries(new FormData(tools));
    const text = wanted.words.trim().toLowerCase();
    let shown = 0;
    for (const one of findings) {
      const has = verdicts(one, wanted.data);
      one.hidden = !(
        (wanted.verdict ? has.includes(wanted.verdict) : has.length) &&
        (!wanted.source || one.dataset.source === wanted.source) &&
        (!text || one.textContent.toLowerCase().includes(text))
      );
      shown += !one.hidden;
    }
    const rank = (one) =>
      wanted.sort ? Math.min(...verdicts(one, wanted.data).map((name) => RANK[name] ?? 4)) : 0;
    const chosen = Object.values(wanted).some(Boolean);
    for (const table of tables) {
      const bodies = [...table.tBodies];
      bodies.sort((one, other) => rank(one) - rank(other) || numberOf(one) - numberOf(other));
      table.append(...bodies);
      table.closest("section").hidden = bodies.every((one) => one.hidden);
      if (chosen) table.closest("details.fold").open = true;
    }
    told.value = shown === findings.length ? `All ${shown} findings` : `${shown} of ${findings.length} findings`;
  };
  tools.addEventListener("input", show);
  tools.addEventListener("submit", (event) => event.preventDefault());
  const reveal = () => {
    const aim = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const fold = aim?.closest("details.fold") ?? aim?.querySelector(":scope > details.fold");
    if (!fold) return;
    fold.open = true;
    aim.scrollIntoView();
  };
  const foldOthers = () => {
    for (const fold of folds) fold.open = false;
    nameFoldAll();
  };
  tools.addEventListener("reset", () => {
    foldOthers();
    setTimeout(show);
  });
  // Whoever follows a link to a finding wants to see it.
  addEventListener("hashchange", () => {
    const aim = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (aim?.closest("[hidden]")) tools.reset();
    setTimeout(reveal);
  });
  addEventListener("beforeprint", () => folds.forEach((fold) => (fold.open = true)));
  foldOthers();
  show();
  reveal();
})();
