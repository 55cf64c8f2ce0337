// The side panel: what is selected, its losses abroad and at home, and every figure behind it.
const LIMIT = 14;
const KIND = { "country-process": "Process in a country", facility: "Plant", "country-stage": "Stage in a country", country: "Country", element: "Element" };
const KINDS = { "country-process": "Processes", facility: "Plants", "country-stage": "Stages", country: "Countries", element: "Elements" };
const GRADES = { A: "operator, government or major press, read", B: "a secondary page", C: "a named publication, recalled", D: "our assumption", calc: "computed" };
const FLAGS = {
  same_flow: "shares its rank with a node that carries the same flow", district: "several sites of one owner or district, counted together",
  no_base_flow: "carried nothing in the base year, so its removal costs nothing under none", share_unknown: "no public figure states its share",
  no_abroad: "nothing that counts lies outside its country",
  nominal: "a need of unknown size counts with a nominal quantity",
};

function drawPanel() {
  const panel = byId("panel");
  const parts = S.node ? nodePanel(BY_ID.get(S.node)) : S.removal ? removalPanel(REMOVALS.get(S.removal)) : S.column ? columnPanel(COLUMN.get(S.column)) : S.flow ? flowPanel(FLOWS.get(S.flow)) : S.box ? boxPanel(S.box)
    : S.tab === "timeline" ? timelinePanel() : S.tab === "deals" ? dealsPanel() : W.set.length || W.refused.length ? setPanel() : overview();
  const { scrollTop } = panel, same = Boolean(L.timer);
  panel.replaceChildren(...[monthNote(), ...parts].filter(Boolean));
  panel.scrollTop = same ? scrollTop : 0;
}
const section = (title, ...content) => el("section", {}, title && el("h3", {}, title), ...content);
const back = () => el("button", { class: "quiet back", id: "back", on: { click: () => choose({}) } }, "← All");
const gradeMark = (g) => (g ? el("span", { class: `grade ${"ABC".includes(g) ? "solid" : ""}`, title: `Grade ${g}: ${GRADES[g] ?? ""}` }, g) : null);
const list = (items) => {
  const shown = items.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return el("dl", {}, shown.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
};

function overview() {
  const kind = S.rank;
  const ranked = [...REMOVALS.values()].filter((r) => r.kind === kind && r.rank);
  const rows = S.sector ? ranked.filter((r) => lostThen(r) >= 0).sort((a, b) => lostThen(b) - lostThen(a)) : ranked;
  const asked = [S.filters.element && `element:${S.filters.element}`, S.filters.country && `country:${S.filters.country}`].map((id) => REMOVALS.get(id)).filter(Boolean);
  return [
    el("h2", {}, "What can stop what"),
    sectorButtons(),
    rows.length ? el("p", { id: "answer" }, answer(rows[0])) : null,
    el("p", { class: "sub" }, `Each row alone: ${ACTS[S.as].does}. The figure is how much of ${S.sector ? `the rest of the world's ${SECTOR_WORDS[S.sector]}` : counted()} is lost after a year.`),
    asked.length ? section("Filtered by", el("ul", { class: "rows" }, asked.map((r) => removalRow(r, KIND[r.kind].toLowerCase())))) : null,
    S.filters.product ? filteredProduct(S.filters.product) : null,
    section(asked.length || S.filters.product ? "Everything" : null,
      el("div", { class: "pick", role: "group", "aria-label": "Rank by" }, Object.entries(KINDS).map(([id, name]) =>
        el("button", { "aria-pressed": String(id === kind), on: { click: () => { S.rank = id; paint(); } } }, name))),
      el("div", { class: "axis", "aria-hidden": "true" }, ["0 %", "25", "50", "75", "100 % lost abroad"].map((x) => el("span", {}, x))),
      el("ul", { class: "rows", id: "top" }, rows.slice(0, LIMIT).map((r) => removalRow(r))),
      rows.length > LIMIT || !exporting() ? el("p", { class: "small" }, `${Math.min(LIMIT, rows.length)} of ${rows.length}${exporting() ? "" : " that cost 1 % or more if nobody reroutes"}; the table lists all.`) : null),
    section("How to read",
      el("span", { class: "bar2" }, rangeBar({ least: exporting() ? 0.2 : undefined, year: 0.55, none: 0.8 })),
      el("p", {}, el("b", {}, "Full mark: after a year."), " Nobody outbids anybody, contracts are kept, and routes open that a buyer can qualify in twelve months. ",
        el("b", {}, "Right end:"), " nobody reroutes. ", exporting() ? [el("b", {}, "Hollow mark:"), " at best, the least that any allocation could reach. "] : "None of them is a forecast."),
      exporting() ? el("p", {}, "None of them is a forecast. Abroad is outside the country of what stops.") : el("p", {}, "Outages below 1 % are solved for nobody rerouting alone (≤). Abroad is outside the country of what stops."),
      el("p", {}, "Filled dots rest on a publication (grades A to C), rings on an assumption or a computation (D, calc), dashed rings did not run in the balance. Squares close a group to its total and are never ranked. A line inside a ribbon: most of it travels on routes that a published figure pins; other ribbons are what the balance finds most plausible."),
      el("p", { class: "small" }, "Between plants, flows are the balance's pools mixed in proportion: nobody publishes who delivers to whom. Ribbon width grows with the square root of tonnes a year, each material in its own unit.")),
    P.warnings?.length ? section("What to know", P.warnings.map((w) => el("p", { class: "small" }, w))) : null,
    section("Weights", el("p", { class: "small" }, Object.entries(P.weights).filter(([, w]) => w > 0.0005).sort((a, b) => b[1] - a[1])
      .map(([name, w]) => `${productName(name)} ${pct(w)}`).join(", ") || "no product weighs")),
    section("Data", el("p", { class: "small" }, `${P.dataset.name} ${P.dataset.version ?? ""}, base year ${P.meta.base_year}. Hash ${String(P.dataset.hash).slice(0, 12)}. This page makes no network request.`)),
  ];
}
// What people come for: cars, arms, chips, where the data has them.
function sectorButtons() {
  const known = Object.keys(SECTOR_WORDS).filter((id) => [...REMOVALS.values()].some((r) => !missing(sectorLoss(r, id).none)));
  if (!known.length) return null;
  const arms = own(P.products, "f-35") ? "F-35 and arms" : "Arms";
  const names = [[null, "All goods"], ...known.map((id) => [id, { autos: "Cars", defence: arms, chips: "Chips" }[id]])];
  return el("div", { class: "pick", id: "sectors", role: "group", "aria-label": "Count only" }, names.map(([id, name]) =>
    el("button", { "aria-pressed": String(id === S.sector), "data-sector": id ?? "", on: { click: () => { S.sector = id; paint(); say(byId("answer")?.textContent ?? ""); } } }, name)));
}
// What stops the product that is filtered by, in the region where most of it is built.
function filteredProduct(id) {
  const largest = NODES.filter((n) => n.data.product === id).sort((a, b) => b.data.quantity - a.data.quantity)[0];
  const rows = stoppers(id, largest?.data.region, "country-process");
  return rows.length ? section(`Stops ${productName(id)} in ${largest.data.region}, after a year`, el("ul", { class: "rows" }, rows)) : null;
}
// Rows of the removals of one kind that cost a product most in a region.
const stoppers = (product, region, kind) => (own(own(P.products, product)?.stopped_by?.[S.as] ?? {}, region) ?? [])
  .map(([place, none, year]) => [REMOVALS.get(PLACES[place]), pairLoss(none, year)]).filter(([r]) => r?.kind === kind)
  .map(([r, loss]) => lossRow(removalName(r), null, loss, () => openRemoval(r)));
const removalName = (r) => r.kind === "country-process" || r.kind === "country-stage" ? `${r.step}, ${shortName(countryName(r.country))}`
  : r.kind === "element" ? own(P.elements, r.id.slice(8))?.name ?? r.name : r.name;
const openRemoval = (r) => choose(r.kind === "facility" ? { node: r.id.slice("facility:".length) } : { removal: r.id });

function lossFacts(r) {
  if (!r || unstated(r)) return null;
  return list([
    ["Rank", r.rank && `${r.rank} among ${(KINDS[r.kind] ?? r.kind).toLowerCase()}`],
    ["First shortage", missing(r.months_to_first_shortage) ? (hurts(r) ? "not known: no stock stated where 5 % or more is lost" : null) : `after ${r.months_to_first_shortage.toFixed(1)} months`],
    ["Worst hit", r.worst_product && link(`${productName(r.worst_product)}${r.worst_region ? ` in ${r.worst_region}` : ""}`, () => openProduct(r.worst_product, r.worst_region))],
    ["Binding input", r.binding_input && materialName(r.binding_input)],
    ["Evidence", r.evidence && el("span", {}, gradeMark(r.evidence), ` weakest of what binds`)],
    ["Notes", (r.flags ?? []).map((f) => FLAGS[f] ?? f).join("; ")],
  ]);
}
const link = (text, run) => el("button", { class: "link", on: { click: run } }, text);
function openProduct(product, region) {
  const found = NODES.filter((n) => n.data.product === product && (!region || n.data.region === region)).sort((a, b) => b.data.quantity - a.data.quantity);
  if (found.length) choose({ node: found[0].id });
}
function sectorBlock(r) {
  const loss = (id) => sectorLoss(r, id);
  const rows = r ? Object.entries(P.sectors).filter(([id]) => !missing(loss(id).none)) : [];
  if (rows.length < 2 || !hurts(r)) return null;
  return section("By sector, abroad after a year", el("ul", { class: "rows" }, rows.map(([id, name]) => lossRow(name, null, loss(id)))));
}
function productBlock(r) {
  if (!r?.products?.length) return null;
  return section("Products hit hardest after a year",
    el("ul", { class: "rows", id: "hit" }, r.products.map(([product, region, none, year]) =>
      lossRow(productName(product), `${region}${(own(P.weights, product) ?? 0) > 0 ? "" : " · not weighed"}`, pairLoss(none, year), () => openProduct(product, region)))),
    el("p", { class: "small" }, `The region where it loses most. Not weighed: nobody has sized its need, so it counts in no total.${P.params.product ? "" : " A least loss for one product alone: add --product to the command."}`));
}
function commandBlock(r) {
  if (!r?.selector) return null;
  const text = command([r.selector]);
  return section("Reproduce", el("div", { class: "cmd" }, el("code", { id: "command" }, text),
    el("button", { class: "quiet", on: { click: (e) => copy(text, e.target) } }, "Copy")));
}
function copy(text, button) {
  const done = () => { button.textContent = "Copied"; setTimeout(() => (button.textContent = "Copy"), 1500); };
  const select = () => getSelection().selectAllChildren(button.previousElementSibling);
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, select);
  else select();
}

function nodePanel(n) {
  const d = n.data, r = REMOVALS.get(`facility:${n.id}`);
  if (isProduct(n)) return productPanel(n);
  const foreign = d.owner_country && d.owner_country !== d.country;
  const head = [
    back(), el("h2", { id: "chosen" }, n.label),
    el("p", { class: "sub" }, `${d.step}, ${countryName(d.country)}`), setButton(keyOf(n)),
  ];
  const grade = d.grade && el("span", {}, gradeMark(d.grade), ` ${GRADES[d.grade] ?? ""}`);
  const about = list([
    ["Status", d.status], ["Operator", d.operator], ["Owner", d.owner],
    ["Owned from", foreign ? el("b", {}, countryName(d.owner_country)) : null], ["Place", d.place],
    ["Output", d.quantity > 0 ? `${num(d.quantity)} ${d.unit}` : "none in the base year's balance"],
    ["Share of stage", d.quantity > 0 && !missing(d.share) ? `${pct(d.share)} of its column (${COLUMN.get(d.column).title})` : null],
    ["Share of process", r && !missing(r.baseline_share) ? `${pct(r.baseline_share)} of the world's ${d.step.toLowerCase()}` : null],
    ["Elements", (d.elements ?? []).join(" ")], ["Output's grade", grade], ["Part of", d.parent && BY_ID.get(d.parent)?.label],
  ]);
  const group = REMOVALS.get(`country-process:${d.country}/${d.process}`);
  return [
    ...head, r || d.kind === "rest" || d.kind === "country" ? lossBlock(r) : idleBlock(d), lossFacts(r), section("About", about), commandBlock(r), productBlock(r), sectorBlock(r),
    ...flowBlocks(n),
    group ? section("Its process in its country", el("ul", { class: "rows" }, removalRow(group))) : null,
    factBlock(d.facts),
  ];
}
const idleBlock = (d) => el("p", { class: "note", id: "losses" }, `Not ranked: ${d.status || "no status"} and without output in the base year.`);

function flowBlocks(n) {
  const block = (title, flows, down) => {
    if (!flows.length) return null;
    const sums = new Map();
    for (const f of flows) push(sums, f.node, f);
    const rows = [...sums].map(([id, parts]) => ({ id, parts, q: parts.reduce((s, f) => s + f.q, 0) })).sort((a, b) => b.q - a.q);
    const whole = new Map();
    for (const f of flows) whole.set(f.unit, (whole.get(f.unit) ?? 0) + f.q);
    return section(title,
      el("p", { class: "small" }, [...whole].map(([u, q]) => `${num(q)} ${u}`).join(", ")),
      el("ul", { class: "rows", "data-flows": down ? "out" : "in" }, rows.slice(0, 8).map(({ id, parts }) => {
        const other = BY_ID.get(id), top = parts.slice().sort((a, b) => b.q - a.q)[0];
        return el("li", {}, el("button", { class: "flow", on: { click: () => choose({ node: id }) } },
          el("span", { class: "name", title: `${other?.label ?? id}: ${parts.map((f) => `${materialName(f.material)} ${num(f.q)} ${f.unit}`).join(", ")}` }, other?.label ?? id, el("i", {}, `  ${shortName(countryName(other?.data.country))}`)),
          el("span", { class: "num" }, `${num(top.q)} `, el("i", {}, materialName(top.material)))));
      })),
      rows.length > 8 ? el("p", { class: "small" }, `and ${rows.length - 8} more, smaller`) : null);
  };
  return [block("Comes from", flowsOf(n.id, false), false), block("Goes to", flowsOf(n.id, true), true)];
}

function productPanel(n) {
  const d = n.data, product = own(P.products, d.product) ?? {};
  const groups = [["country-process", "Stopped by: process in a country"], ["facility", "Stopped by: plant"]];
  return [
    back(), el("h2", { id: "chosen" }, n.label),
    el("p", { class: "sub" }, `${own(P.sectors, d.process) ?? d.process} · ${d.segment} · assembled in ${shortName(countryName(d.country))}`),
    (own(P.weights, d.product) ?? 0) > 0 ? null : el("p", { class: "note" }, P.params.product || P.params.region ? "Counts in no total of this page." : "Counts in no total: nobody has sized its need, which stands here with a nominal quantity."),
    list([
      ["Built", `${num(d.units)} ${d.unit}`],
      ["Stated", !missing(d.stated) && Math.abs(d.stated - d.units) > 0.005 * d.units ? `${num(d.stated)} ${d.unit} (the balance moved it)` : null],
      ["Need", d.need_grade && el("span", {}, gradeMark(d.need_grade), " that it needs the input at all")],
      ["Quantity", d.grade && el("span", {}, gradeMark(d.grade), " how much of it")],
      ["Region", d.region],
    ]),
    ...groups.map(([kind, title]) => {
      const rows = stoppers(d.product, d.region, kind);
      return rows.length ? section(title, el("p", { class: "small" }, `Share lost in ${d.region} after a year.`), el("ul", { class: "rows" }, rows)) : null;
    }),
    ...flowBlocks(n),
    product.needs?.length ? section("Needs, per unit", el("ul", { class: "facts" }, product.needs.map((f) =>
      factRow({ ...f, what: `${f.essential ? "must have" : "optional"} ${materialName(f.material)}${f.group ? `, or others of group ${f.group}` : ""}`, evidence: f.need_evidence, second: f.evidence })))) : null,
    factBlock(d.facts),
    product.note ? section("Note", el("p", { class: "small" }, product.note)) : null,
  ];
}

function removalPanel(r) {
  const nodes = [...nodesOf(r)].map((id) => BY_ID.get(id)).filter((n) => n.pattern !== "open").sort((a, b) => b.data.quantity - a.data.quantity);
  const inner = r.kind === "country" || r.kind === "country-stage"
    ? [...REMOVALS.values()].filter((o) => o.kind === "country-process" && o.country === r.country && (r.kind === "country" || o.stage === r.stage)) : [];
  return [
    back(), el("h2", { id: "chosen" }, removalName(r)),
    el("p", { class: "sub" }, `${KIND[r.kind]}: ${ACTS[S.as].does}`), setButton(r.id),
    lossBlock(r), lossFacts(r), commandBlock(r), productBlock(r), sectorBlock(r),
    inner.length ? section("Its processes", el("ul", { class: "rows" }, inner.map((o) => removalRow(o)))) : null,
    nodes.length ? section(`What it takes: ${plural(nodes.length, "node")} with output`, el("ul", { class: "rows" }, nodes.slice(0, 12).map((n) =>
      el("li", {}, el("button", { on: { click: () => choose({ node: n.id }) } }, el("span", { class: "name", title: n.label }, n.label),
        el("span", { class: "num" }, num(n.data.quantity), el("i", {}, ` ${n.data.unit}`))))))) : null,
  ];
}

function columnPanel(c) {
  const rows = NODES.filter((n) => n.data.column === c.id && n.data.quantity > 0).sort((a, b) => b.data.quantity - a.data.quantity);
  const groups = [...REMOVALS.values()].filter((r) => r.kind === "country-process" && r.stage === c.stage && c.processes.includes(r.process) && hurts(r));
  return [
    back(), el("h2", { id: "chosen" }, c.stage === "product" ? `Products: ${c.title}` : c.title),
    el("p", { class: "sub" }, c.lines.join(" · ")), ...c.processes.map((p) => `process:${p}`).filter(removable).map((id) => el("div", { class: "small" }, `${takenName(id)} `, setButton(id))),
    c.total > 0 ? list([["Output", `${num(c.total)} ${c.unit}`], ["Concentration", missing(c.hhi) ? null : `HHI ${num(c.hhi)} of 10,000, over countries`], ["Processes", steps(c).join(", ")]]) : null,
    c.top?.length ? section("Countries", el("ul", { class: "rows" }, c.top.map(([name, share]) =>
      el("li", {}, el("button", { on: { click: () => REMOVALS.has(`country-stage:${name}/${c.stage}`) && choose({ removal: `country-stage:${name}/${c.stage}` }) } },
        el("span", { class: "name" }, countryName(name)), el("span", { class: "num" }, pct(share))))))) : null,
    groups.length ? section(ACTS[S.as].short, el("ul", { class: "rows" }, groups.slice(0, 10).map((r) => removalRow(r)))) : null,
    rows.length ? section("Largest", el("ul", { class: "rows" }, rows.slice(0, 12).map((n) =>
      el("li", {}, el("button", { on: { click: () => choose({ node: n.id }) } }, el("span", { class: "name", title: n.label }, n.label, el("i", {}, `  ${isProduct(n) ? n.data.country : ""}`)),
        el("span", { class: "num" }, isProduct(n) ? num(n.data.units) : num(n.data.quantity), el("i", {}, ` ${n.data.unit}`))))))) : null,
  ];
}

// Figures with unit, year, grade and sources.
function factBlock(facts) {
  return facts?.length ? section("Figures and their sources", el("ul", { class: "facts" }, facts.map(factRow))) : null;
}
function factRow(f) {
  const range = !missing(f.low) && !missing(f.high) ? ` (${num(f.low)} to ${num(f.high)})` : "";
  const figure = missing(f.quantity) ? "" : `: ${num(f.quantity)}${range} ${f.unit ?? ""}`;
  return el("li", {},
    el("div", {}, gradeMark(f.evidence), f.second ? el("span", {}, " / ", gradeMark(f.second)) : null, ` ${f.what}${figure}${f.year ? `, ${f.year}` : ""}`,
      !missing(f.balanced) ? el("span", { class: "sub" }, ` · balanced ${num(f.balanced)}`) : null),
    f.note ? el("div", { class: "small" }, f.note) : null,
    (f.source ?? []).map((key) => el("div", { class: "small" }, sourceLink(key))));
}
function sourceLink(key) {
  const s = own(P.sources, key);
  if (!s) return el("span", {}, key);
  const text = `${s.title ?? key}${s.publisher ? `, ${s.publisher}` : ""}${s.date ? `, ${s.date}` : ""}`;
  return safeUrl(s.url) ? el("a", { href: safeUrl(s.url), target: "_blank", rel: "noopener noreferrer" }, text) : el("span", {}, text);
}
// Only web addresses become links; anything else in a dataset stays text.
function safeUrl(text) {
  try {
    const url = new URL(text);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch { return null; }
}
