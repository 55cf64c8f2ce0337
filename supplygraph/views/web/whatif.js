// Several things taken away together: the set, its chips, and what the page's own cascade answers.
const NET = P.cascade && networkOf(P.cascade);
const DEPTHS = [0.25, 0.5, 0.75, 1];
const W = { set: [], share: 1, licence: null, refused: [], all: false };
const LOST = 12; // rows shown at first

// What stands under an id of the set: `kind:id` of a removal or plant, `process:ID` of a step in
// all countries, a product's own id, `pool:ID` of a material that a market makes.
const MADE = new Map([...new Set(NET?.made.pool)].map((k) => [`pool:${NET.pools[k]}`, { selector: `id=${inQuotes(NET.pools[k])}`, made: [k], markets: [marketOf(NET.pools[k])], name: poolName(NET.pools[k]) }]));
const removable = (id) => own(P.removables.items, id) ?? MADE.get(id);
const keyOf = (n) => (isProduct(n) ? n.id : `facility:${n.id}`);
const inSet = (id) => W.set.includes(id);
const why = (id) => {
  const item = removable(id);
  if (!NET) return "cannot be taken away here: this page's record holds no network. Make the page anew.";
  if (!item) return "is not part of this page. Choose in the picture, the table or the search box.";
  if (missing(item.why)) return null;
  const upper = REMOVALS.get(id)?.loss_upper;
  return P.removables.reasons[item.why] + (missing(upper) ? "" : ` Its loss abroad is at most ${pct(upper)}, that of its group.`);
};
function takenName(id) {
  const r = REMOVALS.get(id), node = BY_ID.get(id.replace(/^facility:/, ""));
  const name = removable(id)?.name; // of a step in all countries, or of a material
  return node ? node.label : r ? removalName(r) : !name ? id : MADE.has(id) ? name : `${name}, all countries`;
}
const selectorOf = (id) => REMOVALS.get(id)?.selector ?? removable(id).selector;

// What was looked at alone joins what is added to it.
function setBefore(id) {
  const shown = S.node ? keyOf(BY_ID.get(S.node)) : S.removal;
  return !W.set.length && shown && shown !== id && !why(shown) ? [shown] : W.set;
}
// Put a thing into the set, or take it out again.
function toggle(id) {
  const before = setBefore(id);
  W.refused = why(id) ? [refusal(id)] : [];
  if (!W.refused.length) W.set = before.includes(id) ? before.filter((other) => other !== id) : [...before, id];
  showSet();
}
// Put all of several things into the set; those that cannot be are named together.
function takeAll(ids) {
  const fit = ids.filter((id) => !why(id)), others = ids.filter((id) => why(id)).map(takenName);
  if (fit.length) W.set = [...new Set([...setBefore(), ...fit])];
  const named = others.slice(0, 3).join(", ") + (others.length > 3 ? ` and ${others.length - 3} more` : "");
  W.refused = !ids.length ? ["No plant lies in the box. Draw it around the dots."]
    : others.length ? [`Of ${plural(ids.length, "plant")} in the box ${others.length} cannot be taken away: ${named}. Choose one alone to read why.`] : [];
  showSet();
}
function showSet() {
  choose({});
  saySet();
}
function saySet() {
  say(W.refused.length ? W.refused[0] : W.set.length ? `${W.set.map(takenName).join(", ")}. ${byId("whatif")?.dataset.said ?? ""}` : "Nothing is taken away.");
}
const refusal = (id) => `${takenName(id)} ${why(id)}`;
function clearSet() { Object.assign(W, { set: [], share: 1, licence: null, refused: [] }); }
const severalAsked = (event) => event.ctrlKey || event.metaKey || event.shiftKey;

// The set in the address, one `remove` for each thing: ids may hold any sign.
function writeSet(parts) {
  for (const id of W.set) parts.append("remove", id);
  if (W.set.length) { parts.set("as", S.as); licensed() ? writeLicence(parts) : parts.set("share", String(W.share)); }
}
function readSet(parts) {
  const asked = [...new Set(parts.getAll("remove"))], share = parts.has("share") ? Number(parts.get("share")) : 1;
  W.set = asked.filter((id) => !why(id));
  W.refused = asked.filter((id) => why(id)).map(refusal);
  W.share = share > 0 && share <= 1 ? share : 1;
  if (W.share !== share) W.refused.push(`The share '${parts.get("share")}' of this link is not above 0 and at most 1; 1 is shown.`);
  readLicence(parts);
}

// The picture shows the set while nothing else is looked at.
const showsSet = () => W.set.length > 0 && !CHOSEN.some((key) => S[key]);
const stopping = () => Boolean(S.removal) || showsSet();
function stoppedElement() {
  const id = S.removal ?? (showsSet() && W.set.length === 1 ? W.set[0] : "");
  return id.startsWith("element:") ? id.slice("element:".length) : null;
}
function nodesOfSet() {
  const found = new Set();
  for (const id of W.set) {
    for (const a of removable(id).activity ?? []) if (BY_ID.has(NET.plants[a])) found.add(NET.plants[a]);
    if (id.startsWith("element:")) for (const node of nodesOf(REMOVALS.get(id))) found.add(node);
    if (MADE.has(id)) for (const [node] of POOL.get(id.slice("pool:".length))?.makers ?? []) found.add(node);
  }
  return found;
}

// The command that prints the same loss and the bounds that need a solver.
const setCommand = () => licensed() ? licenceCommand() : command(W.set.map((id) => selectorOf(id) + (W.share < 1 ? ` share=${W.share}` : "")));

// A mark that puts into the set, or says why it cannot.
function setButton(id) {
  if (why(id)) return el("p", { class: "small refused" }, `Cannot be taken away: it ${why(id)}`);
  return el("button", { class: "quiet take", "aria-pressed": String(inSet(id)), on: { click: () => toggle(id) } }, inSet(id) ? "Taken away with others ×" : "+ Take away with others");
}
function setMark(id, name) {
  const refused = why(id);
  return el("input", { type: "checkbox", "aria-label": `Take ${name} away with others`, title: refused ? `${name} ${refused}` : null, disabled: Boolean(refused), ...(inSet(id) ? { checked: "" } : {}),
    on: { click: (event) => { event.stopPropagation(); toggle(id); } } });
}

// How the set acts, and what it costs then.
const setActs = () => ({ acts: S.as, share: W.share, licence: licensed() });
const setAnswer = () => lossUnderNone(NET, W.set.map(removable), setActs());

function setPanel() {
  return [
    el("button", { class: "quiet back", id: "clear", on: { click: () => { clearSet(); showSet(); } } }, "← Clear"),
    el("h2", { id: "chosen" }, licensed() ? "Under an export licence" : W.set.length > 1 ? "Taken away together" : "Taken away"),
    el("p", { class: "sub" }, `${licensed() ? "Plants go on; of each route abroad the approved share leaves" : `${ACTS[S.as].short}: ${ACTS[S.as].does}`}. Add with Ctrl or Shift and a click, a box drawn with Shift in the matrix, a mark in the table, or + in the search box.`),
    el("ul", { class: "chips", id: "set" }, W.set.map((id) => el("li", {}, takenName(id), el("button", { "aria-label": `Leave ${takenName(id)} in`, on: { click: () => toggle(id) } }, "×")))),
    ...(W.set.length ? [licensed() ? licenceFields() : depthButtons(), licenceButton()] : []),
    el("div", { id: "answered" }, answered()),
  ];
}
function answered() {
  const answer = W.set.length ? setAnswer() : null;
  return [...W.refused.map((said) => el("p", { class: "note refused" }, said)), ...(answer ? [...answerBlocks(answer), lostRows(answer)] : [])].filter(Boolean);
}
function depthButtons() {
  const depths = DEPTHS.includes(W.share) ? DEPTHS : [...DEPTHS, W.share].sort();
  return el("div", { class: "pick", id: "depth", role: "group", "aria-label": "How much of each stops" }, el("span", { class: "small" }, "Of each stops "), depths.map((share) =>
    el("button", { "aria-pressed": String(share === W.share), "data-share": share, on: { click: () => { W.share = share; showSet(); } } }, `${Number((100 * share).toPrecision(6))} %`)));
}

// Totals. A single removal that was solved for keeps its other bounds; every other set has none alone.
function answerBlocks(answer) {
  const single = W.set.length === 1 && W.share === 1 && !licensed() ? REMOVALS.get(W.set[0]) : null;
  const most = (x, where) => (missing(x) ? `nothing counted ${where}` : `lost ${where} at most`);
  const of = W.set.every((id) => id.startsWith("element:")) ? { kind: "element" } : null;
  const said = missing(answer.abroad) ? "Nothing that counts lies abroad."
    : `At most ${percentWords(answer.abroad)} of ${counted(of)} is lost: the loss if nobody reroutes, an upper bound.`;
  const facts = { id: "whatif", "data-said": said, "data-abroad": answer.abroad, "data-home": answer.home, "data-total": answer.total };
  const solve = el("div", { class: "cmd" }, el("code", { id: "command" }, setCommand()), el("button", { class: "quiet", on: { click: (e) => copy(setCommand(), e.target) } }, "Copy"));
  if (single && !unstated(single)) return [el("div", facts, lossBlock(single)), lossFacts(single), section("Reproduce", solve)];
  return [
    el("div", facts,
      el("div", { class: "pair" },
        el("div", { class: "abroad" }, el("b", {}, upTo(answer.abroad)), el("span", {}, most(answer.abroad, "abroad"))),
        el("div", { class: "home" }, el("b", {}, upTo(answer.home)), el("span", {}, most(answer.home, "at home")))),
      el("p", { id: "headline" }, said)),
    licensed() ? section("Reproduce", el("p", { class: "small" }, setCommand() ? "The page and this command tell none alone, the loss if nobody reroutes." : "All that is exported is approved, so nothing is taken away."), setCommand() && solve)
      : section("The other bounds", el("p", { class: "small" }, "Of this set the page computes none alone, the loss if nobody reroutes. What is lost after a year, and at best, a solver finds:"), solve),
  ];
}
const upTo = (x) => (missing(x) ? "–" : x === 0 ? pct(x) : `≤ ${pct(x)}`);

// Every product and region that loses something: those that weigh first, of these the most.
const weighs = (row) => (own(P.weights, row.product) ?? 0) > 0;
const lossesIn = (answer) => answer.rows.filter((row) => row.none > 0).sort((a, b) => weighs(b) - weighs(a) || b.none - a.none || b.demand - a.demand);
function lostRows(answer) {
  const rows = lossesIn(answer), shown = W.all ? rows : rows.slice(0, LOST);
  if (!rows.length) return section("Products", el("p", { class: "small" }, "No product loses anything."));
  return section("Products and regions, if nobody reroutes",
    el("table", { id: "lost", class: "lost" },
      el("thead", {}, el("tr", {}, ["Product", "Region", "Where", "Lost"].map((h, i) => el("th", { scope: "col", class: i === 3 ? "n" : null }, h)))),
      el("tbody", {}, shown.map((row) => el("tr", { "data-row": JSON.stringify([row.product, row.region, row.segment]), "data-none": row.none },
        el("td", {}, productName(row.product)), el("td", {}, row.region), el("td", {}, row.place), el("td", { class: "n" }, pct(row.none)))))),
    rows.length > LOST ? el("button", { class: "quiet", id: "all-lost", on: { click: () => { W.all = !W.all; drawPanel(); } } }, W.all ? "Show the largest" : `Show all ${num(rows.length)}`) : null,
    el("button", { class: "quiet", id: "save-lost", on: { click: () => save("supplygraph-whatif.csv", lostCsv(answer), "text/csv") } }, "CSV"));
}
const lostCsv = (answer) => csvText([["product", "region", "segment", "place", "demand", "unit", "loss_none"],
  ...answer.rows.map((r) => [r.product, r.region, r.segment, r.place, r.demand, r.unit, r.none]),
  ...["abroad", "home", "total"].map((place) => ["total", "", "", place === "total" ? "" : place, "", "", answer[place]])]);
