// What a reader takes along: the link, a frame for another page, how to cite, tables, and every
// number of the page with the ids of what must be known beside it.
const pageFile = () => (location.protocol === "file:" ? location.pathname.split("/").pop() : location.href.split("#")[0]);
const shareLink = () => location.href;
function embedCode() {
  const name = `${P.dataset.name}: ${byId(`tab-${S.tab}`).textContent}`.replace(/[<>"&]/g, "");
  return `<iframe src="${pageFile()}#embed&amp;${location.hash.slice(1).replace(/^embed=&?/, "").replaceAll("&", "&amp;")}" title="${name}" width="1200" height="800"></iframe>`;
}
const dataWords = () => `dataset ${P.dataset.name}${P.dataset.version ? ` ${P.dataset.version}` : ""} (hash ${String(P.dataset.hash).slice(0, 12)}), base year ${P.meta.base_year}`;
const shownWords = () => (byId("headline") ?? byId("answer"))?.textContent ?? "";
const citation = () => [`supplygraph, ${dataWords()}.`, `${byId(`tab-${S.tab}`).textContent}${byId("chosen") ? `, ${byId("chosen").textContent}` : ""}${S.tab === "timeline" && byId("month-title") ? `, ${chosenScenario().title}, ${byId("month-title").textContent}` : ""}.`,
  byId("command") ?? byId("run-command") ? `Reproduced by: ${(byId("command") ?? byId("run-command")).textContent}` : ""].filter(Boolean).join(" ");

function drawShare() {
  const row = (id, name, text) => section(name, el("div", { class: "cmd" }, el("code", { id }, text), el("button", { class: "quiet", "aria-label": `Copy: ${name}`, on: { click: (e) => copy(text, e.target) } }, "Copy")));
  byId("share-menu").replaceChildren(
    row("share-link", "Link to what is shown", shareLink()), row("share-embed", "Frame for another page", embedCode()), row("share-cite", "How to cite", citation()),
    section("Take away", el("button", { class: "quiet", id: "save-json", on: { click: () => save("supplygraph-numbers.json", JSON.stringify(pageNumbers(), null, 1) + "\n", "application/json") } }, "All numbers as JSON"),
      el("button", { class: "quiet", id: "print", on: { click: () => { byId("share").open = false; print(); } } }, "Print")));
}
// Below an embedded picture and a printed page: what is said, and where it comes from.
function drawFoot() {
  const whole = `#${location.hash.slice(1).replace(/^embed=&?/, "")}`;
  byId("foot").replaceChildren(el("b", {}, shownWords()), ` supplygraph, ${dataWords()}. `, S.embed ? el("a", { href: whole, target: "_blank", rel: "noopener" }, "Open the whole page") : "");
}

// The table behind the picture of a tab.
const FLOW_COLUMNS = ["from", "to", "quantity", "unit", "share_on_published_routes", "materials"];
const matrixCsv = () => csvText([FLOW_COLUMNS, ...EDGES.map(({ from, to, data }) => [cellName(from), cellName(to), data.quantity, data.unit, data.reported ?? 0, data.materials.map(([m, q]) => `${m} ${q}`).join("; ")])]);
function sankeyCsv() {
  const name = (end) => { const box = boxOf(end); return `${box.name}, ${P.sankey.columns.find((c) => c.id === box.column).title}`; };
  return csvText([FLOW_COLUMNS.slice(0, 5), ...P.sankey.bands.flatMap((b) => Object.entries(b.units).map(([unit, q]) => [name(b.from), name(b.to), q, unit, b.reported ?? 0]))]);
}
const CSV = { matrix: matrixCsv, sankey: sankeyCsv, network: () => networkCsv(), map: mapCsv, timeline: () => timelineCsv(), deals: () => dealsCsv(), table: () => tableCsv(), sources: () => sourcesCsv() };

// Caveats by id; those of a dataset's own words are numbered in their order.
function caveatsOf() {
  const numbered = (start, texts) => Object.fromEntries((texts ?? []).map((text, i) => [`${start}-${i + 1}`, text]));
  return {
    ...FLAGS,
    no_forecast: "a loss stands between bounds; none of them is a forecast",
    mixed: "between plants, flows are the balance's pools mixed in proportion: nobody publishes who delivers to whom",
    upper_bound: "the loss if nobody reroutes, which no allocation exceeds",
    four_decimals: "held to four decimals",
    ...numbered("page", P.warnings),
    ...numbered("deals", P.deals?.notes),
    ...Object.fromEntries([...SCENARIOS.values()].flatMap((s) => Object.entries(numbered(`scenario-${s.id}`, [...s.notes, s.note].filter(Boolean))))),
  };
}
// Every number that the page shows, as its tables hold it, with the ids of its caveats.
function pageNumbers() {
  const caveats = caveatsOf(), ids = (start) => Object.keys(caveats).filter((id) => new RegExp(`^${start}-\\d+$`).test(id));
  const removals = Object.entries(STOPS).flatMap(([as, rows]) => [...rows.values()].map(({ flags, of, ...r }) => ({ ...r, as, caveats: [...(flags ?? []), "no_forecast", ...ids("page")] })));
  const months = [...SCENARIOS.values()].flatMap((s) => {
    const own = Object.keys(caveats).filter((id) => id.startsWith(`scenario-${s.id}-`));
    const line = (id, r, more) => ({ id, scenario: s.id, months: s.months, central: r.central, low_stocks: r.low, high_stocks: r.high, ...more, caveats: [...own, "upper_bound", "four_decimals"] });
    return [line("total", s.total, { least: s.total.least }), ...s.rows.map((r) => { const row = line(r.key.replaceAll("\n", "/"), r, { binding: r.binding }); if (r.nominal) row.caveats.push("nominal"); return row; })];
  });
  return {
    dataset: P.dataset, base_year: P.meta.base_year, params: P.params, weights: P.weights, state: location.hash, caveats, removals, months,
    cover: (P.deals?.cover ?? []).map((r) => ({ ...r, caveats: ids("deals") })), deals: P.deals?.deals ?? [],
    observed: [...SCENARIOS.values()].map((s) => ({ scenario: s.id, months: s.months, ...s.recorded })),
    flows: EDGES.map(({ from, to, data }) => ({ from: cellName(from), to: cellName(to), quantity: data.quantity, unit: data.unit, reported: data.reported ?? 0, caveats: ["mixed"] })),
    ...(W.set.length ? { set: { remove: W.set, as: S.as, ...(licensed() ? { licence: W.licence } : { share: W.share }), command: setCommand(), ...setAnswer(), caveats: ["upper_bound"] } } : {}),
  };
}
