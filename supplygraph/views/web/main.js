// State, address, search, filters, keyboard. The state is one object; every change paints anew.
const TABS = ["matrix", "sankey", "network", "map", "timeline", "deals", "table", "sources"];
const RANK = "country-process"; // what the first sight ranks
const FILTERS = ["element", "country", "stage", "product", "grade"];
const CHOSEN = ["node", "removal", "column", "flow", "box"]; // at most one of them
const S = { embed: false, as: "export-stop", tab: "matrix", node: null, removal: null, column: null, flow: null, box: null, dir: "both", open: [], rank: RANK, sector: null, scenario: null, month: null, compare: null, place: null, portfolio: null, filters: {} };
const TIMED = ["timeline", "deals"]; // tabs that know months and years, and no single removal

const say = (text) => { byId("status").textContent = text; };
function selected() {
  if (S.node) return new Set([S.node]);
  if (S.removal) return nodesOf(REMOVALS.get(S.removal));
  if (showsSet()) return nodesOfSet();
  return new Set();
}
const filtering = () => FILTERS.some((key) => S.filters[key]);
function filterTest() {
  const { element, country, stage, product, grade } = S.filters;
  const used = product ? spreadUp(new Set(NODES.filter((n) => n.data.product === product).map((n) => n.id))) : null;
  const needs = element ? new Set(NODES.filter((n) => isProduct(n) && (own(P.products, n.data.product)?.needs ?? [])
    .some((f) => (own(P.materials, f.material)?.elements ?? []).includes(element))).map((n) => n.id)) : null;
  return (n) => (!country || n.data.country === country) && (!stage || n.data.column === stage) && (!grade || n.data.grade === grade)
    && (!used || (used.get(n.id) ?? 0) > 0) && (!element || (isProduct(n) ? needs.has(n.id) : (n.data.elements ?? []).includes(element)));
}
const filteredNodes = () => (filtering() ? NODES.filter(filterTest()) : NODES);

function choose({ node = null, removal = null, column = null, flow = null, box = null }) {
  S.node = BY_ID.has(node) ? node : null;
  S.removal = REMOVALS.has(removal) ? removal : null;
  S.column = COLUMN.has(column) ? column : null;
  S.flow = FLOWS.has(flow) ? flow : null;
  S.box = BOXES.has(box) ? box : null;
  if (S.node) M.cursor = S.node;
  const inside = byId("panel").contains(document.activeElement);
  paint();
  if (inside) byId("panel").focus(); // the button that was pressed is gone
  const r = S.node ? REMOVALS.get(`facility:${S.node}`) : REMOVALS.get(S.removal);
  const name = S.node ? BY_ID.get(S.node).label : r?.name ?? (S.column ? COLUMN.get(S.column).title : "");
  const other = S.flow ? `${byId("chosen").textContent}. ${amount(FLOWS.get(S.flow))}.` : S.box ? byId("chosen").textContent : "Nothing selected.";
  say(name ? `${name}. ${r ? sentence(r) : ""}` : other);
}

// The other kind of stop; what is selected stays, and its place in the panel too.
function switchTo(as) {
  act(as);
  const { scrollTop } = byId("panel");
  paint();
  byId("panel").scrollTop = scrollTop;
  const r = S.node ? REMOVALS.get(`facility:${S.node}`) : REMOVALS.get(S.removal);
  say(`${ACTS[S.as].short}: ${ACTS[S.as].does}. ${r ? `${removalName(r)}. ${sentence(r)}` : ""}`);
}

// A button that is painted anew keeps the focus: one of the same words in the same frame.
function keepingFocus(run) {
  const old = document.activeElement, frame = old?.closest("[id]:not(button, input, select)")?.id, { tagName, textContent } = old ?? {};
  run();
  if (!frame || !old || old.isConnected || !["BUTTON", "A"].includes(tagName)) return;
  const words = (e) => e.textContent.replace(/[\s↑↓]/g, "");
  [...(byId(frame)?.querySelectorAll(tagName) ?? [])].find((e) => words(e) === textContent.replace(/[\s↑↓]/g, ""))?.focus({ preventScroll: true });
}
const paint = () => keepingFocus(paintAll);
function paintAll() {
  byId("share").open = false; // it tells of what was shown before
  for (const tab of TABS) {
    byId(`view-${tab}`).hidden = tab !== S.tab;
    byId(`tab-${tab}`).setAttribute("aria-selected", String(tab === S.tab));
    byId(`tab-${tab}`).tabIndex = tab === S.tab ? 0 : -1;
  }
  for (const as of Object.keys(ACTS)) byId(`as-${as}`).checked = as === S.as;
  for (const key of FILTERS) {
    byId(`f-${key}`).value = S.filters[key] ?? "";
    byId(`f-${key}`).classList.toggle("on", Boolean(S.filters[key]));
    byId(`f-${key}`).hidden = ["deals", "network"].includes(S.tab) || (S.tab === "timeline" && key !== "product");
  }
  const picture = ["matrix", "sankey", "network", "map"].includes(S.tab);
  for (const id of ["zoom-in", "zoom-out", "zoom-fit"]) byId(id).hidden = !["matrix", "network", "map"].includes(S.tab);
  const drawn = picture || (S.tab === "timeline" && SCENARIOS.size > 0);
  for (const id of ["save-svg", "save-png"]) byId(id).hidden = !drawn;
  document.querySelector(".switch").hidden = TIMED.includes(S.tab);
  byId("legend").hidden = !picture;
  drawTimeBar();
  drawPanel();
  if (S.tab === "matrix") M.picture ? paintMatrix() : drawMatrix();
  if (S.tab === "sankey") drawSankey();
  if (S.tab === "network") drawNetwork();
  if (S.tab === "map") A.picture ? paintMap() : drawMap();
  if (S.tab === "timeline") drawTimeline();
  if (S.tab === "deals") drawDeals();
  if (S.tab === "table") drawTable();
  if (S.tab === "sources" && !byId("sources")) drawSources();
  drawLegend();
  writeHash();
  drawFoot();
}

// Months and years have a panel of their own, which a selection would hide.
function openTab(tab) {
  S.tab = tab;
  TIMED.includes(tab) ? choose({}) : paint();
  say(`${byId(`tab-${tab}`).textContent}. ${shownWords()}`);
}

// The address holds the whole state, so a link shows what its sender saw.
function writeHash() {
  const parts = new URLSearchParams();
  if (S.embed) parts.set("embed", "");
  for (const key of CHOSEN) if (S[key]) parts.set(key, S[key]);
  if (!exporting()) parts.set("as", S.as);
  if (S.sector) parts.set("sector", S.sector);
  if (S.rank !== RANK) parts.set("rank", S.rank);
  if (S.tab !== "matrix") parts.set("tab", S.tab);
  for (const key of FILTERS) if (S.filters[key]) parts.set(key, S.filters[key]);
  for (const [key, value] of Object.entries({ ...zoomState(), ...tableState(), ...networkState() })) parts.set(key, value);
  writeSet(parts);
  for (const [key, value] of Object.entries(timeState())) if (value) parts.set(key, value);
  const hash = parts.toString();
  if (hash !== location.hash.slice(1)) history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
}
function readHash() {
  const parts = new URLSearchParams(location.hash.slice(1));
  act(parts.get("as"));
  S.embed = parts.has("embed");
  document.body.classList.toggle("embed", S.embed);
  S.rank = Object.hasOwn(KINDS, parts.get("rank")) ? parts.get("rank") : RANK;
  S.sector = Object.hasOwn(SECTOR_WORDS, parts.get("sector")) ? parts.get("sector") : null;
  S.tab = TABS.includes(parts.get("tab")) ? parts.get("tab") : "matrix";
  for (const key of ["scenario", "month", "compare", "place", "portfolio"]) S[key] = parts.get(key);
  for (const key of FILTERS) {
    const value = parts.get(key), options = [...byId(`f-${key}`).options].map((o) => o.value);
    S.filters[key] = value && options.includes(value) ? value : null;
  }
  readZoom(parts.get("zoom"));
  readTable(parts);
  readNetwork(parts);
  readSet(parts);
  choose(Object.fromEntries(CHOSEN.map((key) => [key, parts.get(key)])));
}

function fillFilters() {
  const fill = (key, all, options) => {
    const box = byId(`f-${key}`);
    box.replaceChildren(el("option", { value: "" }, all), ...options.map(([value, text]) => el("option", { value }, text)));
    box.addEventListener("change", () => { S.filters[key] = box.value || null; choose({}); say(`${plural(filteredNodes().length, "node")} fit the filters.`); });
  };
  const used = new Set(NODES.flatMap((n) => n.data.elements ?? []));
  const products = Object.entries(P.products).sort((a, b) => a[1].name.localeCompare(b[1].name, "en"));
  fill("element", "All elements", Object.entries(P.elements).filter(([id]) => used.has(id)).map(([id, e]) => [id, `${e.name} (${id})`]));
  const there = new Set(NODES.map((n) => n.data.country));
  fill("country", "All countries", Object.keys(P.countries).filter((id) => there.has(id)).map((id) => [id, countryName(id)]).sort((a, b) => a[1].localeCompare(b[1], "en")));
  fill("stage", "All stages", P.matrix.columns.map((c) => [c.id, c.group === c.title ? c.title : `${c.group}: ${c.title}`]));
  byId("when").replaceChildren(el("option", { value: "" }, "Base year"), ...[...SCENARIOS.values()].map((s) => el("option", { value: s.id }, s.title)));
  byId("when").addEventListener("change", () => { Object.assign(S, { scenario: byId("when").value || null, month: null }); byId("when").value = ""; paint(); sayMonth(); });
  fill("product", "All products", products.map(([id, p]) => [id, p.name]));
  fill("grade", "All evidence", Object.entries(GRADES).map(([id, text]) => [id, `${id}: ${text}`]));
}

// Search: suggestions with arrow keys, Enter and Escape.
const ENTRIES = [
  ...NODES.map((n) => ({ text: n.label, more: `${isProduct(n) ? "product" : n.data.step.toLowerCase()}, ${shortName(countryName(n.data.country))}`,
    words: `${n.label} ${n.id} ${n.data.operator ?? ""} ${n.data.owner ?? ""} ${countryName(n.data.country)}`.toLowerCase(), weight: n.size + (isProduct(n) ? 0 : 4), open: { node: n.id }, key: keyOf(n) })),
  ...[...REMOVALS.values()].filter((r) => r.kind !== "facility").map((r) => ({ text: removalName(r), more: KIND[r.kind].toLowerCase(),
    words: `${removalName(r)} ${r.name} ${r.id}`.toLowerCase(), weight: 8 + 10 * (r.loss_abroad_12m ?? 0), open: { removal: r.id }, key: r.id })),
  ...Object.entries(P.removables.items).filter(([id]) => id.startsWith("process:")).map(([id]) => ({ text: takenName(id), more: "step in all countries", words: `${takenName(id)} ${id}`.toLowerCase(), weight: 20, key: id })),
  ...[...MADE].map(([id, { name }]) => ({ text: name, more: "material of a country", words: `${name} ${id}`.toLowerCase(), weight: 0, key: id })),
  ...Object.entries(P.materials).map(([id, m]) => ({ text: m.name, more: "material", words: `${m.name} ${id}`.toLowerCase(), weight: 1, material: id })),
];
const Q = { found: [], at: -1 };
function suggest() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const rate = (e) => e.weight + (e.text.toLowerCase().startsWith(words[0]) ? 20 : 0);
  Q.found = words.length ? ENTRIES.filter((e) => words.every((w) => e.words.includes(w))).sort((a, b) => rate(b) - rate(a) || (a.text < b.text ? -1 : 1)).slice(0, 9) : [];
  Q.at = -1;
  paintSuggestions();
  if (words.length) say(Q.found.length ? `${plural(Q.found.length, "suggestion")}, arrow keys to choose.` : "Nothing found.");
}
function paintSuggestions() {
  const box = byId("suggestions"), input = byId("search");
  box.replaceChildren(...Q.found.map((e, i) => el("li", { role: "option", id: `s${i}`, "aria-selected": String(i === Q.at),
    on: { pointerdown: (event) => { event.preventDefault(); openEntry(e); } } }, el("span", {}, e.text), el("span", {}, e.more), e.key ? el("b", { class: "plus", title: "Take away with others", on: { pointerdown: (event) => { event.preventDefault(); event.stopPropagation(); openEntry(e, true); } } }, inSet(e.key) ? "×" : "+") : null)));
  if (input.value.trim() && !Q.found.length) box.append(el("li", { role: "option", "aria-disabled": "true" }, el("span", {}, "Nothing found")));
  box.hidden = !box.children.length;
  input.setAttribute("aria-expanded", String(!box.hidden));
  Q.at >= 0 ? input.setAttribute("aria-activedescendant", `s${Q.at}`) : input.removeAttribute("aria-activedescendant");
}
function openEntry(entry, several = false) {
  closeSuggestions();
  byId("search").value = "";
  if (entry.key && (several || !entry.open)) { toggle(entry.key); return; }
  if (!entry.material) { choose(entry.open); return; }
  const pools = POOLS.filter((p) => p.material === entry.material);
  const top = pools.flatMap((p) => p.makers).sort((a, b) => b[1] - a[1])[0] ?? pools.flatMap((p) => p.users).sort((a, b) => b[1] - a[1])[0];
  if (top) choose({ node: top[0] });
}
function closeSuggestions() { Q.found = []; Q.at = -1; byId("suggestions").hidden = true; byId("search").setAttribute("aria-expanded", "false"); }
function searchKey(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && Q.found.length) { Q.at = (Q.at + step + Q.found.length) % Q.found.length; paintSuggestions(); event.preventDefault(); }
  else if (event.key === "Enter" && Q.found.length) openEntry(Q.found[Math.max(Q.at, 0)], severalAsked(event));
  else if (event.key === "Escape") { closeSuggestions(); byId("search").value = ""; event.stopPropagation(); }
}

function drawLegend() {
  const mark = (...shapes) => { const s = svg("svg", { width: 18, height: 12, "aria-hidden": "true" }); s.append(...shapes); return s; };
  const ring = (more) => svg("circle", { cx: 9, cy: 6, r: 4, ...more });
  const ink = tone("soft");
  const item = (m, text) => el("span", {}, m, text);
  const flow = [
    item(mark(svg("rect", { x: 0, y: 3, width: 18, height: 6, fill: ink, opacity: 0.3 })), "flow, coloured by where it comes from"),
    item(mark(svg("rect", { x: 0, y: 3, width: 18, height: 6, fill: ink, opacity: 0.3 }), svg("rect", { x: 0, y: 5.5, width: 18, height: 1, fill: ink })), "mostly published routes"),
  ];
  if (S.tab === "map") { byId("legend").replaceChildren(...mapLegend(item, mark, ring, ink)); return; }
  if (S.tab === "network") { byId("legend").replaceChildren(...networkLegend(item, mark)); return; }
  if (S.tab === "sankey") {
    byId("legend").replaceChildren(...flow, el("span", {}, "Heights: tonnes a year, each material in its own unit. Yields, surplus and uses that nobody names leave between stages."));
    return;
  }
  byId("legend").replaceChildren(
    item(mark(ring({ fill: ink })), "output published"), item(mark(ring({ fill: "none", stroke: ink, "stroke-width": 1.6 })), "estimated"),
    item(mark(svg("rect", { x: 5, y: 2, width: 8, height: 8, fill: "none", stroke: ink, "stroke-width": 1.6 })), "rest of a group, never ranked"),
    item(mark(ring({ r: 2.4, fill: "none", stroke: ink, "stroke-dasharray": "1.6 1.2" })), "no output in the base year"),
    ...(stopping() ? stopLegend(item, mark) : []), ...flow, P.matrix.hidden ? el("span", {}, `${P.matrix.hidden} smaller flows not drawn`) : "");
}

// What the lines of a removal mean: where exports stop, those at home are not drawn.
function stopLegend(item, mark) {
  const line = (ink) => mark(svg("line", { x1: 0, x2: 18, y1: 6, y2: 6, stroke: tone(ink), "stroke-width": 2.2, opacity: 0.7 }));
  return [item(line("loss"), exporting() ? "what it exports" : "what it makes"), item(line("accent"), "what it uses")];
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  byId("theme").textContent = name === "dark" ? "Light" : "Dark";
}
function start() {
  performance.mark("start");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  setTheme(dark.matches ? "dark" : "light");
  dark.addEventListener("change", (e) => { setTheme(e.matches ? "dark" : "light"); paint(); });
  byId("theme").addEventListener("click", () => { setTheme(theme() === "dark" ? "light" : "dark"); paint(); });
  byId("title").textContent = `${P.dataset.name}, ${P.meta.base_year}${P.params.product || P.params.region ? ` · ${[P.params.product && productName(P.params.product), P.params.region].filter(Boolean).join(" in ")}` : ""}${P.params.at ? ` · capacities of ${P.params.at}` : ""}`;
  fillFilters();
  for (const tab of TABS) byId(`tab-${tab}`).addEventListener("click", () => openTab(tab));
  document.querySelector(".tabs").addEventListener("keydown", (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    openTab(TABS[(TABS.indexOf(S.tab) + step + TABS.length) % TABS.length]);
    byId(`tab-${S.tab}`).focus();
  });
  for (const as of Object.keys(ACTS)) byId(`as-${as}`).addEventListener("change", () => switchTo(as));
  byId("search").addEventListener("input", suggest);
  byId("search").addEventListener("keydown", searchKey);
  byId("search").addEventListener("blur", closeSuggestions);
  byId("reset").addEventListener("click", () => { S.filters = {}; Object.assign(S, { sector: null, rank: RANK, scenario: null, month: null, compare: null }); Object.assign(T, TABLE_START); M.zoomed = false; clearSet(); choose({}); });
  for (const [id, factor] of [["zoom-in", 1.5], ["zoom-out", 1 / 1.5]]) byId(id).addEventListener("click", () => ({ network: zoomNetwork, map: zoomMap })[S.tab]?.(factor) ?? (S.tab === "matrix" && zoom(factor)));
  byId("zoom-fit").addEventListener("click", () => { if (S.tab === "network") fitNetwork(); else if (S.tab === "map") fitMap(); else { M.zoomed = false; paintMatrix(); writeHash(); } });
  for (const kind of ["svg", "png"])
    byId(`save-${kind}`).addEventListener("click", () => savePicture(byId(S.tab), `supplygraph-${S.tab}`, kind));
  byId("save-csv").addEventListener("click", () => save(`supplygraph-${S.tab}.csv`, CSV[S.tab](), "text/csv"));
  byId("share").addEventListener("toggle", () => { if (byId("share").open) drawShare(); });
  addEventListener("keydown", (e) => {
    if (e.key === "Escape" && byId("share").open) { byId("share").open = false; byId("share").firstElementChild.focus(); } else if (e.key === "Escape") choose({});
    if (e.key === "/" && !document.activeElement?.matches("input[type=text], select, textarea")) { e.preventDefault(); byId("search").focus(); }
  });
  addEventListener("hashchange", readHash);
  let screen = null; // the theme to go back to: paper is light, whatever the screen is
  const paper = (printing) => {
    if (printing === (screen !== null)) return;
    [screen, printing] = printing ? [theme(), "light"] : [null, screen];
    setTheme(printing);
    paint();
  };
  matchMedia("print").addEventListener("change", (e) => paper(e.matches));
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
  addEventListener("resize", () => { if (S.tab === "matrix") paintMatrix(); if (S.tab === "timeline") drawTimeline(); if (S.tab === "map") paintMap(); });
  byId("skip").addEventListener("click", (e) => { e.preventDefault(); byId("panel").focus(); });
  readHash();
  performance.measure("drawn");
  document.documentElement.dataset.drawn = String(Math.round(performance.now()));
}
start();
