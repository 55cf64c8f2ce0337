// What deals and projects add: cover of each element by year, portfolios as switches, who holds what.
const PORTFOLIOS = {
  announced: "All that is announced", binding: "Binding alone", "late-12": "Announced, a year late", "late-24": "Announced, two years late", odds: "Drawn by their odds", none: "No project",
  "without-mine": "Announced, no mine", "without-separation": "Announced, no separation", "without-metal": "Announced, no metal maker", "without-magnet": "Announced, no magnet maker",
};
const FIRM = { binding: "binding", announced: "announced", non_binding: "only spoken of" };
const covers = () => P.deals.cover.filter((r) => r.portfolio === portfolioShown() && r.place === placeShown());
const distinct = (key) => [...new Set(P.deals.cover.map((r) => r[key]))];
const portfolioShown = () => (distinct("portfolio").includes(S.portfolio) ? S.portfolio : distinct("portfolio")[0]);
const placeShown = () => (distinct("place").includes(S.place) ? S.place : distinct("place")[0]);
const placeName = (place) => place.split("+").map((code) => shortName(P.deals.places[code] ?? code)).join(", ");
const stoppedName = (selector) => (selector.startsWith("country=") ? countryName(selector.slice("country=".length)) : selector);
const elementName = (id) => own(P.elements, id)?.name ?? (id === "NdPr" ? "Neodymium and praseodymium" : id);
const portfolioName = (id) => own(PORTFOLIOS, id) ?? id;

function drawDeals() {
  const root = byId("view-deals");
  if (!P.deals) {
    root.replaceChildren(el("p", { class: "note" }, "This page was made without the cover by year, which takes longer than all the rest. To have it:"), el("code", {}, programWords("view", "--deals", "announced,binding,late-24").join(" ")));
    return;
  }
  const rows = covers();
  root.replaceChildren(
    el("div", { class: "time-bar", role: "group", "aria-label": "Place and projects" },
      el("label", {}, el("span", {}, "Cover of the need in"), el("select", { id: "place", on: { change: (e) => { S.place = e.target.value; paint(); } } }, distinct("place").map((place) => el("option", { value: place, selected: place === placeShown() }, placeName(place))))),
      el("div", { class: "pick", id: "portfolios", role: "group", "aria-label": "Projects that are built" }, distinct("portfolio").map((name) =>
        el("button", { "aria-pressed": String(name === portfolioShown()), "data-portfolio": name, on: { click: () => { S.portfolio = name; paint(); say(byId("answer")?.textContent ?? ""); } } }, portfolioName(name))))),
    rows.length ? coverTable(rows) : el("p", { class: "note" }, `${portfolioName(portfolioShown())} was computed for ${placeName(distinct("place")[0])} together alone.`),
    el("p", { class: "small" }, "Bar: from the least to the most of the need that is covered, mean capacities of the year, no stocks; line: nobody changes supplier and nothing is built; dotted: lines whose tonnes nobody states run too."));
}
function coverTable(rows) {
  const head = ["Element", "Year", "Cover of the need", "Least to most", "Nothing changes", "What binds", "Grade"];
  let last = "";
  return el("table", { id: "cover" },
    el("thead", {}, el("tr", {}, head.map((text, i) => el("th", { scope: "col", class: [3, 4].includes(i) ? "n" : null }, text)))),
    el("tbody", {}, [...rows].sort((a, b) => elementOrder(a) - elementOrder(b) || a.year - b.year).map((r) => {
      const first = r.element !== last;
      last = r.element;
      return el("tr", { "data-key": `${r.element}/${r.year}`, "data-low": r.cover_low, "data-high": r.cover_high, "data-none": r.cover_none },
        el("th", { scope: "row" }, first ? elementName(r.element) : el("span", { class: "unseen" }, elementName(r.element))), el("td", {}, String(r.year)),
        el("td", { class: "cover" }, coverBar(r)), el("td", { class: "n" }, coverText(r)), el("td", { class: "n none" }, pct(r.cover_none)), el("td", { class: "because" }, r.because ?? (missing(r.cover_high) ? "no need there" : "all is covered")), el("td", {}, gradeMark(r.evidence)));
    })));
}
const elementOrder = (r) => distinct("element").indexOf(r.element);
const coverText = (r) => (missing(r.cover_high) ? "–" : `${pct(r.cover_low)} to ${pct(r.cover_high)}`);
function coverBar(r) {
  const picture = svg("svg", { viewBox: "0 0 200 14", preserveAspectRatio: "none", "aria-hidden": "true" }), at = (x) => 2 + 196 * Math.min(1, Math.max(0, x));
  const line = (x, more) => picture.append(svg("line", { x1: x, x2: x, y1: 0, y2: 14, "stroke-width": 2, ...more }));
  picture.append(svg("rect", { x: 2, y: 6, width: 196, height: 2, fill: tone("track") }));
  if (missing(r.cover_high)) return picture;
  if (!missing(r.cover_unsized) && r.cover_unsized > r.cover_high)
    picture.append(svg("line", { x1: at(r.cover_high), x2: at(r.cover_unsized), y1: 7, y2: 7, stroke: tone("accent"), "stroke-width": 3, "stroke-dasharray": "2 2" }));
  picture.append(svg("rect", { x: at(r.cover_low), y: 3, width: Math.max(2, at(r.cover_high) - at(r.cover_low)), height: 8, fill: tone("accent"), opacity: 0.85 }));
  if (!missing(r.cover_none)) line(at(r.cover_none), { stroke: tone("loss") });
  return picture;
}
function dealsPanel() {
  if (!P.deals) return overview();
  const rows = covers().filter((r) => !missing(r.cover_high));
  const last = Math.max(...rows.map((r) => r.year)), worst = rows.filter((r) => r.year === last).sort((a, b) => a.cover_high - b.cover_high)[0];
  const counted = [...P.deals.deals].sort((a, b) => tonnesAdded(b) - tonnesAdded(a) || String(b.date ?? "").localeCompare(String(a.date ?? "")));
  return [
    el("h2", {}, "What deals and projects add"),
    worst ? el("p", { id: "answer" }, `${portfolioName(portfolioShown())}, without ${stoppedName(P.deals.params.without)}: in ${last} ${elementName(worst.element)} is covered least in ${placeName(placeShown())}, ${coverText(worst)} of the need.${worst.because ? ` What binds: ${worst.because}.` : ""}`) : null,
    section("The same figures", commandLine(dealsCommand(), "deals-command"), commandLine(dealsCommand("--by", "deal"), "by-deal-command")),
    section(`Deals: tonnes a year that their projects add in ${counted[0]?.year ?? ""}`, el("ul", { class: "facts", id: "deals" }, counted.map(dealItem)), el("button", { class: "quiet", id: "save-deals", on: { click: () => save("supplygraph-deals-list.csv", dealListCsv(), "text/csv") } }, "CSV")),
    section("What to know", P.deals.notes.map((text) => el("p", { class: "small" }, text))),
  ];
}
const STAGE_WORDS = { mine_added: "mined", separation_added: "separated", metal_added: "metal", magnet_added: "magnets" };
const tonnesAdded = (d) => Object.keys(STAGE_WORDS).reduce((sum, key) => sum + (d[key] ?? 0), 0);
function dealItem(d) {
  const added = Object.entries(STAGE_WORDS).filter(([key]) => d[key] > 0).map(([key, text]) => `${num(d[key])} t ${text}`);
  const why = d.counted_in ? `counted in ${d.counted_in}` : d.why_none ?? (d.unsized ? `${plural(d.unsized, "line")} whose tonnes nobody states` : "adds no capacity");
  return el("li", { "data-deal": d.id }, el("b", {}, d.name), ` ${[d.date, own(FIRM, d.firmness) ?? d.firmness].filter(Boolean).join(", ")} `, gradeMark(d.evidence),
    el("br"), added.length ? `Adds ${added.join(", ")}${missing(d.could_run) ? "" : `; feed allows ${pct(d.could_run)}`}` : why,
    ...(d.offtake ?? []).flatMap((text) => [el("br"), `Offtake: ${text}`]));
}
function dealsCommand(...more) {
  return programWords("deals", ...more, "--portfolios", P.deals.params.portfolios.join(",")).join(" ");
}
function dealsCsv() {
  const names = ["element", "year", "portfolio", "place", "need", "unit", "cover_none", "cover_low", "cover_high", "cover_unsized", "because", "evidence"];
  return csvText([names, ...(P.deals?.cover ?? []).map((r) => names.map((name) => r[name]))]);
}
function dealListCsv() {
  const names = ["id", "name", "date", "firmness", "kind", "year", ...Object.keys(STAGE_WORDS), "could_run", "unsized", "counted_in", "why_none", "evidence"], lists = ["parties", "projects", "offtake"];
  return csvText([[...names, ...lists], ...P.deals.deals.map((d) => [...names.map((name) => d[name]), ...lists.map((name) => (d[name] ?? []).join("; "))])]);
}
