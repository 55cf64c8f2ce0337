// The table of everything that can be taken away or looked at, and the list of sources.
const TABLES = { nodes: "Plants and products", "country-process": "Process in a country", "country-stage": "Stage in a country", country: "Country", element: "Element", flows: "Flows" };
const TABLE_START = { kind: "nodes", sort: null, down: true, all: false };
const T = { ...TABLE_START };
const ROWS = 600; // drawn at once; a table of thousands takes seconds
const FIELDS = {
  id: ["Id"], rank: ["Rank", 1], name: ["Name"], country: ["Country"], owner: ["Owner"], year: ["Lost\u00a0abroad, 12\u00a0months", 1, pct], least: ["at best", 1, pct], none: ["if\u00a0nobody reroutes", 1, pct], home: ["Lost at\u00a0home", 1, pct], upper: ["At most", 1, pct],
  months: ["Months", 1, (x) => x.toFixed(1)], worst: ["Worst hit"], binding: ["Binding input"], evidence: ["Loss grade"], grade: ["Output grade"], process: ["Process"], stage: ["Stage"],
  from: ["From"], to: ["To"], quantity: ["Quantity", 1], unit: ["Unit"], share: ["Share", 1, pct], status: ["Status"], reported: ["On published routes", 1, pct], materials: ["Materials"], flags: ["Flags"], as: ["As"],
};
const HIDDEN = ["id", "flags", "as"]; // of the file alone
// Its rows and their order in the address: a minus stands before what falls.
const tableState = () => (S.tab !== "table" ? {} : { ...(T.kind === TABLE_START.kind ? {} : { rows: T.kind }), ...(T.sort ? { sort: `${T.down ? "-" : ""}${T.sort}` } : {}) });
function readTable(parts) {
  const kind = parts.get("rows"), [, down, sort] = /^(-?)(.*)$/.exec(parts.get("sort") ?? "");
  Object.assign(T, TABLE_START, Object.hasOwn(TABLES, kind) ? { kind } : {}, Object.hasOwn(FIELDS, sort) ? { sort, down: Boolean(down) } : {});
}
const defaultSort = () => (T.kind === "flows" ? "quantity" : "year");

function tableRows() {
  if (T.kind === "nodes")
    return filteredNodes().map((n) => {
      const d = n.data, r = REMOVALS.get(`facility:${n.id}`) ?? {};
      return { ...lossCells(r), id: n.id, name: n.label, country: d.country, owner: d.owner_country && d.owner_country !== d.country ? d.owner_country : undefined,
        stage: d.stage, process: d.process, status: d.status, quantity: isProduct(n) ? d.units : d.quantity, unit: d.unit, share: r.baseline_share, grade: d.grade, open: { node: n.id } };
    });
  if (T.kind === "flows")
    return EDGES.map(({ from, to, data }, i) => ({ id: String(i), from: cellName(from), to: cellName(to), quantity: data.quantity, unit: data.unit, reported: data.reported ?? 0,
      materials: data.materials.map(([m, q]) => `${m} ${num(q)}`).join(", "), open: { flow: RIBBON_KEYS[i] } }));
  return [...REMOVALS.values()].filter((r) => r.kind === T.kind).map((r) => ({
    ...lossCells(r), id: r.id.slice(r.kind.length + 1), name: removalName(r), country: r.country, stage: r.stage, process: r.process, share: r.baseline_share, open: { removal: r.id } }));
}
const lossCells = (r) => ({ rank: r.rank, ...lossOf(r), home: r.loss_home_12m, as: r.id && S.as, months: r.months_to_first_shortage,
  worst: r.worst_product && `${r.worst_product}${r.worst_region ? ` (${r.worst_region})` : ""}`, binding: r.binding_input, said: { worst: r.worst_product && `${productName(r.worst_product)}${r.worst_region ? ` (${r.worst_region})` : ""}`, binding: r.binding_input && materialName(r.binding_input) }, evidence: r.evidence, flags: (r.flags ?? []).join(" ") || undefined });
function sortedRows() {
  const rows = tableRows(), key = T.sort ?? defaultSort(), sign = T.down ? -1 : 1;
  const empty = (x) => missing(x) || x === "";
  return rows.sort((a, b) => {
    const x = a[key], y = b[key];
    if (empty(x) || empty(y)) return empty(x) - empty(y) || (b.none ?? 0) - (a.none ?? 0) || (a.id < b.id ? -1 : 1);
    return sign * (typeof x === "number" ? x - y : String(x).localeCompare(String(y), "en")) || (b.none ?? 0) - (a.none ?? 0) || (a.id < b.id ? -1 : 1);
  });
}
function shownFields(rows) {
  return Object.keys(FIELDS).filter((key) => rows.some((r) => !missing(r[key]) && r[key] !== ""));
}
function drawTable() {
  const rows = sortedRows(), fields = shownFields(rows).filter((key) => !HIDDEN.includes(key));
  const head = fields.map((key) => {
    const active = (T.sort ?? defaultSort()) === key;
    return el("th", { scope: "col", class: FIELDS[key][1] ? "n" : null, "aria-sort": active ? (T.down ? "descending" : "ascending") : null },
      el("button", { on: { click: () => { T.down = active ? !T.down : Boolean(FIELDS[key][1]) && key !== "rank"; T.sort = key; paint(); } } }, FIELDS[key][0], active ? (T.down ? "\u00a0↓" : "\u00a0↑") : ""));
  });
  const key = (r) => (r.open.flow ? "" : r.open.node ? keyOf(BY_ID.get(r.open.node)) : r.open.removal);
  const marks = T.kind !== "flows";
  const body = (T.all ? rows : rows.slice(0, ROWS)).map((r) => {
    const open = () => choose(r.open);
    return el("tr", { "data-id": r.id, class: (S.node && S.node === r.open.node) || (S.removal && S.removal === r.open.removal) || (S.flow && S.flow === r.open.flow) || inSet(key(r)) ? "on" : null, on: { click: open } },
      marks ? el("td", {}, setMark(key(r), r.name)) : null,
      fields.map((key) => {
        const [, numeric, text] = FIELDS[key], value = r.said?.[key] ?? r[key];
        const shown = text ? (missing(value) ? "" : text(value)) : numeric ? (missing(value) ? "" : num(value)) : value ?? "";
        return el("td", { class: [numeric ? "n" : "", key === "name" ? "name" : "", ["worst", "binding", "from", "to", "materials"].includes(key) ? "words" : ""].join(" ").trim() || null }, key === (marks ? "name" : "from") ? el("a", { href: "#", class: "row-link", on: { click: (e) => { e.preventDefault(); e.stopPropagation(); open(); } } }, shown) : shown);
      }));
  });
  const view = byId("view-table"), { scrollTop, scrollLeft } = view;
  const row = view.contains(document.activeElement) ? document.activeElement.closest("tr")?.dataset.id : null;
  const focus = document.activeElement?.matches("input") ? "input" : "a";
  view.replaceChildren(
    el("div", { class: "pick", role: "group", "aria-label": "Rows" }, Object.entries(TABLES).map(([id, name]) =>
      el("button", { "aria-pressed": String(id === T.kind), on: { click: () => { Object.assign(T, TABLE_START, { kind: id }); paint(); } } }, name))),
    el("p", { class: "small", id: "about" }, T.kind === "flows" ? `${plural(rows.length, "flow")} between countries and stages, a year; ${num(P.matrix.hidden)} smaller ones left out. Plants of a place are mixed in proportion.` : `${plural(rows.length, "row")}. ${ACTS[S.as].short}: ${ACTS[S.as].does}. Losses are shares of ${counted()}; at most, for plants whose share nobody states.${exporting() ? "" : " Below 1 % only the loss if nobody reroutes is solved for."} Months to the first shortage. Share of the world's output of its process.`),
    el("table", { id: "table", "aria-describedby": "about" },
      el("thead", {}, el("tr", {}, marks ? el("th", { scope: "col" }, el("span", { class: "unseen" }, "Taken away with others")) : null, head)), el("tbody", {}, body)),
    rows.length > body.length ? el("button", { class: "quiet", id: "all-rows", on: { click: () => { T.all = true; drawTable(); } } }, `Show all ${num(rows.length)} rows`) : "");
  view.scrollTo(scrollLeft, scrollTop);
  if (row) [...view.querySelectorAll("tr")].find((r) => r.dataset.id === row)?.querySelector(focus)?.focus({ preventScroll: true });
}
function tableCsv() {
  const rows = sortedRows(), fields = shownFields(rows);
  const names = { year: "loss_abroad_12m", none: "loss_abroad_none", least: "loss_abroad_least", home: "loss_home_12m", upper: "loss_upper", months: "months_to_first_shortage", worst: "worst_hit", binding: "binding_input", owner: "owner_country", share: "share_of_process" };
  return csvText([fields.map((key) => names[key] ?? key), ...rows.map((r) => fields.map((key) => r[key]))]);
}

function drawSources() {
  const rows = Object.entries(P.sources).sort((a, b) => (b[1].cited ?? 0) - (a[1].cited ?? 0) || (a[0] < b[0] ? -1 : 1));
  byId("view-sources").replaceChildren(el("table", { id: "sources" },
    el("caption", {}, `${plural(rows.length, "source")}, the most cited first. "Not seen" in a title: known from another text.`),
    el("thead", {}, el("tr", {}, ["Title", "Publisher", "Date", "Accessed", "Rows that cite it"].map((h, i) => el("th", { scope: "col", class: i === 4 ? "n" : null }, el("button", { disabled: "" }, h))))),
    el("tbody", {}, rows.map(([key, s]) => el("tr", {},
      el("td", {}, safeUrl(s.url) ? el("a", { href: safeUrl(s.url), target: "_blank", rel: "noopener noreferrer" }, s.title ?? key) : s.title ?? key, s.doi ? el("span", { class: "small" }, ` doi:${s.doi}`) : null),
      el("td", {}, s.publisher ?? ""), el("td", {}, s.date ?? ""), el("td", {}, s.accessed ?? ""), el("td", { class: "n" }, num(s.cited ?? 0)))))));
}
const sourcesCsv = () => csvText([["key", "title", "publisher", "date", "url", "accessed", "doi", "rows_that_cite_it"],
  ...Object.entries(P.sources).map(([key, s]) => [key, s.title, s.publisher, s.date, s.url, s.accessed, s.doi, s.cited])]);
