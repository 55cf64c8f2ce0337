// What a month of a scenario costs, beside its picture: every figure, what binds, the command.
function timelinePanel() {
  if (!SCENARIOS.size) return overview();
  const s = chosenScenario(), other = comparedScenario(), month = shownMonth();
  const rows = monthRows(s, other, month), both = Boolean(other) && s.months.includes(month) && other.months.includes(month);
  return [
    el("h2", { id: "month-title" }, monthText(month)),
    sectorButtons(),
    el("p", { id: "answer" }, monthAnswer(s, other, month, rows)),
    rows.length ? monthTable(rows, both) : null,
    other && !both ? el("p", { class: "note" }, `${monthText(month)} lies in one of the two scenarios alone.`) : null,
    el("p", { class: "small" }, `Share of the month's demand that is not served if nobody reroutes, at central stocks; below it ${both ? "" : "the range from large to small stocks and "}the input that binds. `,
      rows.some((r) => r.nominal) ? "*: a need of unknown size counts with a nominal quantity." : ""),
    s.description ? section("The question", el("p", { class: "small" }, s.description)) : null,
    section("What to know", ...[...s.notes, s.note].filter(Boolean).map((text) => el("p", { class: "small" }, text)),
      el("p", { class: "small" }, `Totals weigh products by scheme ${P.params.weights ?? "level"}, as the other tabs do. Losses are held to four decimals.`)),
    section("The same figures", ...[s, other].filter(Boolean).map((one) => commandLine(runCommand(one.id), one === s ? "run-command" : "compare-command"))),
  ];
}
// Rows of a month, worst first; with a second scenario those of either, with the difference.
function monthRows(s, other, month) {
  const here = s.months.indexOf(month), there = other ? other.months.indexOf(month) : -1;
  const keys = new Set([...s.byKey.keys(), ...(other ? other.byKey.keys() : [])]);
  // A product that a scenario has no row of loses nothing in its months.
  const value = (r, line, place) => (place < 0 ? undefined : r ? r[line][place] : 0);
  const found = [...keys].map((key) => {
    const a = s.byKey.get(key), b = other?.byKey.get(key), r = a ?? b;
    const loss = value(a, "central", here), then = other ? value(b, "central", there) : undefined;
    const spell = a ? a.binding.filter(([first]) => first <= here).pop() : undefined;
    return { key, title: r.title, sector: r.sector, product: r.product, nominal: Boolean(a?.nominal), loss, low: value(a, "high", here), high: value(a, "low", here), binding: spell?.[1], then };
  }).filter((r) => fits(r) && ((r.loss ?? 0) > 0 || (r.high ?? 0) > 0 || (r.then ?? 0) > 0));
  found.sort((a, b) => (b.loss ?? -1) - (a.loss ?? -1) || (b.then ?? 0) - (a.then ?? 0) || (b.high ?? 0) - (a.high ?? 0) || (a.key < b.key ? -1 : 1));
  return found;
}
function monthAnswer(s, other, month, rows) {
  const here = s.months.indexOf(month);
  if (here < 0) return `${s.title} does not run in ${monthText(month)}.`;
  const then = other && other.months.includes(month) ? valueAt(other, other.total.central, month) : undefined;
  const goods = S.sector ? SECTOR_WORDS[S.sector] : S.filters.product ? productName(S.filters.product) : P.dataset.name === "rare-earths" ? "what is made with rare earths" : "what is made of these materials";
  const worst = rows[0]?.loss > 0 ? `Worst: ${rows[0].title}, ${pct(rows[0].loss)}.` : `Nothing of ${goods} is lost.`;
  if (!wholeShown()) return worst;
  const { central, low, high, least } = s.total;
  if (missing(central[here])) return `No product that counts is asked for. ${worst}`;
  const beside = missing(then) ? "" : ` ${other.title}: ${pct(then)}, ${points(then - central[here])}.`;
  return `${pct(central[here])} of ${goods} is lost if nobody reroutes (${rangeText(high[here], low[here])}), ${pct(least[here])} at best.${beside} ${worst}`;
}
const points = (x) => (Math.abs(x) < 0.0005 ? "the same" : `${x > 0 ? "+" : "−"}${(100 * Math.abs(x)).toFixed(1)} points`);
function monthTable(rows, both) {
  const head = ["Product and place", "Lost", ...(both ? ["Other", "Difference"] : [])];
  return el("table", { id: "month-table" },
    el("thead", {}, el("tr", {}, head.map((text, i) => el("th", { scope: "col", class: i ? "n" : null }, text)))),
    el("tbody", {}, rows.map((r) => el("tr", { "data-key": r.key.replaceAll("\n", "/"), "data-loss": r.loss, "data-low": r.low, "data-high": r.high, "data-then": r.then },
      el("th", { scope: "row" }, r.title, r.nominal ? "*" : "", r.binding && r.loss > 0 ? el("i", {}, r.binding) : null),
      el("td", { class: "n" }, pct(r.loss), both || missing(r.low) || pct(r.low) === pct(r.high) ? null : el("i", {}, `${pct(r.low)} to ${pct(r.high)}`)),
      both ? el("td", { class: "n" }, pct(r.then)) : null,
      both ? el("td", { class: "n" }, missing(r.then) || missing(r.loss) ? "–" : points(r.then - r.loss)) : null))));
}
const commandLine = (text, id) => el("div", { class: "cmd" }, el("code", { id }, text), el("button", { class: "quiet", on: { click: (e) => copy(text, e.target) } }, "Copy"));
function runCommand(id) {
  const words = programWords("scenario", "run", quoted(id), "--by-month", "--weights", P.params.weights ?? "level");
  for (const key of ["product", "region"]) if (P.params[key]) words.push(`--${key}`, quoted(P.params[key]));
  return words.join(" ");
}
function timelineCsv() {
  const line = (s, cells, r) => s.months.map((month, i) => [s.id, ...cells, month, r.high[i], r.central[i], r.low[i]]);
  const rows = [chosenScenario(), comparedScenario()].filter(Boolean).flatMap((s) => [...(wholeShown() ? line(s, ["total", "", ""], s.total) : []), ...s.rows.filter(fits).flatMap((r) => line(s, [r.product, r.region, r.segment], r))]);
  return csvText([["scenario", "product", "region", "segment", "month", "loss_high_stocks", "loss_central_stocks", "loss_low_stocks"], ...rows]);
}
