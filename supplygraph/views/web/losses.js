// Losses in figures, words and bars. Exports stop or plants stop: one of the two is shown at a time.
const ACTS = {
  "export-stop": { short: "Exports stop", does: "its exports end, its plants go on and serve their own country" },
  outage: { short: "Plants stop", does: "its plants stop, and their own country lacks their goods too" },
};
const EXPORTS = "export-stop";
const IDENTITY = ["id", "name", "kind", "country", "stage", "process", "step", "baseline_share", "selector"];
const records = ({ names, words, rows }) => rows.map((row) => Object.fromEntries(names.map((name, i) => [name, (own(words, name) ? words[name][row[i]] : row[i]) ?? undefined])));
const STOPS = { [EXPORTS]: new Map(records(P.removals).map((r) => [r.id, r])), outage: new Map() };
{
  const removals = [...STOPS[EXPORTS].values()];
  for (const r of removals) r.name ??= BY_ID.get(r.id.slice("facility:".length))?.label; // a plant's stands there alone
  for (const row of records(P.outages)) { // in the order of their own ranks
    const r = removals[row.of];
    STOPS.outage.set(r.id, { ...row, ...Object.fromEntries(IDENTITY.map((name) => [name, r[name]])) });
  }
}
let REMOVALS = STOPS[EXPORTS];
const PLACES = [...REMOVALS.keys()]; // lists of products name a removal by its place
function act(as) {
  S.as = Object.hasOwn(ACTS, as) ? as : EXPORTS;
  REMOVALS = STOPS[S.as];
}
const exporting = () => S.as === EXPORTS;

// One loss: nobody reroutes, a year later, at best; those not solved for are missing.
const lossOf = (r, place = "abroad") => ({ none: r[`loss_${place}_none`], year: r[`loss_${place}_12m`], least: r[`loss_${place}_least`], upper: place === "abroad" ? r.loss_upper : undefined });
const hurts = (r) => r.loss_abroad_none > 0 || r.loss_home_none > 0;
const unstated = (r) => (r.flags ?? []).includes("share_unknown");
const figure = ({ none, year, upper }, text = pct) => (!missing(year) ? text(year) : !missing(none) ? `≤ ${text(none)}` : !missing(upper) ? `≤ ${text(upper)}` : "–");
const percentWords = (x) => (x === 0 ? "nothing" : x < 0.001 ? "less than 0.1 %" : `${(100 * x).toFixed(x >= 0.0995 ? 0 : 1)} %`);

// What the losses are shares of. A removal of an element counts the countries that make none of it.
function counted(r) {
  const product = P.params.product && productName(P.params.product);
  const goods = product ? `all ${product} made` : P.dataset.name === "rare-earths" ? "what is made with rare earths" : "what is made of these materials";
  if (P.params.region) return `${goods} in ${P.params.region}`;
  if (r?.kind === "element") return `${goods} in countries that make none of it`;
  return product ? `all ${product} made in the rest of the world` : goods.replace("what is made", "what the rest of the world makes");
}
const condition = (r) => (r.kind === "element" ? (exporting() ? "If nobody exports it" : "If nobody makes it")
  : exporting() ? "If its exports stop" : r.kind === "facility" ? "If it stops" : "If its plants stop");
// The headline of a removal as a sentence.
function sentence(r) {
  if (unstated(r)) return `No public figure states its share; at most loss ${pct(r.loss_upper)}, which is what its group's unstated rest would cost.`;
  const { none, year, least } = lossOf(r), start = `${condition(r)}: `;
  if (missing(none)) return missing(r.loss_home_none) ? `${start}no product that counts is reached.` : `${start}nothing that counts lies abroad.`;
  if (none === 0) return `${start}nothing of ${counted(r)} is lost.`;
  if (missing(year)) return `${start}at most ${percentWords(none)} of ${counted(r)} is lost, the loss if nobody reroutes.`;
  const best = missing(least) ? "" : `${percentWords(least)} at best, `;
  return `${start}${percentWords(year)} of ${counted(r)} is lost after a year; ${best}${percentWords(none)} if nobody reroutes.`;
}
// Of one sector, where it is asked for: none and a year later, since the least is of all that counts.
const SECTOR_WORDS = { autos: "cars", defence: "arms", chips: "chips and electronics" };
const sectorLoss = (r, sector) => pairLoss(r[`loss_abroad_none_${sector}`], r[`loss_abroad_12m_${sector}`]);
const shownLoss = (r) => (S.sector ? sectorLoss(r, S.sector) : lossOf(r));
const lostThen = (r) => { const { none, year } = shownLoss(r); return year ?? none ?? -1; };
function answer(r) {
  if (!S.sector) return `${removalName(r)}. ${sentence(r)}`;
  const { none, year } = shownLoss(r), goods = `the rest of the world's ${SECTOR_WORDS[S.sector]}`;
  if (missing(year)) return `${removalName(r)}. ${condition(r)}: at most ${percentWords(none)} of ${goods} is lost, the loss if nobody reroutes.`;
  return `${removalName(r)}. ${condition(r)}: ${percentWords(year)} of ${goods} is lost after a year; ${percentWords(none)} if nobody reroutes.`;
}
const tipLine = (r) => (!r || unstated(r) || !hurts(r) ? [] : [`${condition(r)}: ${figure(lossOf(r))} lost abroad after a year`]);

// A loss as a bar: hollow mark at best, full mark a year later, thin end if nobody reroutes.
function rangeBar({ none, year, least, upper }) {
  const picture = svg("svg", { viewBox: "0 0 200 8", preserveAspectRatio: "none", "aria-hidden": "true" });
  const at = (x) => 4 + 192 * Math.min(1, Math.max(0, x));
  const box = (x, y, width, height, more) => picture.append(svg("rect", { x, y, width, height, ...more }));
  box(0, 3, 200, 2, { rx: 1, fill: tone("track") });
  if (missing(year)) {
    const most = none ?? upper;
    if (!missing(most)) picture.append(svg("line", { x1: 4, x2: at(most), y1: 4, y2: 4, stroke: tone("loss"), "stroke-width": 2, "stroke-dasharray": "3 3", opacity: 0.6 }));
    return picture;
  }
  const [start, end] = [least ?? year, none ?? year].map(at);
  box(Math.min(start, end), 2.5, Math.max(Math.abs(end - start), 1), 3, { fill: tone("loss"), opacity: 0.4 });
  box(end - 0.6, 1, 1.2, 6, { fill: tone("loss"), opacity: 0.7 });
  if (!missing(least)) box(start - 1.5, 0.8, 3, 6.4, { fill: tone("card"), stroke: tone("least"), "stroke-width": 1 });
  box(at(year) - 1.5, 0, 3, 8, { fill: tone("loss") });
  return picture;
}

// One row of a list, with the bar of its loss below it.
function lossRow(name, more, loss, open) {
  const { none, year, least } = loss;
  const rest = [missing(least) ? null : `${pct(least)} at best`, missing(none) || missing(year) ? null : `${pct(none)} if nobody reroutes`].filter(Boolean).join(", ");
  const content = [
    el("span", { class: "name", title: name }, name, more ? el("i", {}, `  ${more}`) : null),
    el("span", { class: "num", title: rest || null }, figure(loss), rest ? el("span", { class: "unseen" }, ` (${rest})`) : null),
    el("span", { class: "bar2" }, rangeBar(loss)),
  ];
  return el("li", {}, open ? el("button", { on: { click: open } }, content) : el("div", { class: "row" }, content));
}
const removalRow = (r, more) => lossRow(removalName(r), more, shownLoss(r), () => openRemoval(r));
// Lists of [removal or product, …, under none, a year later].
const pairLoss = (none, year) => ({ none, year: year ?? undefined });

function lossBlock(r) {
  if (!r) return el("p", { class: "note", id: "losses" }, "This row closes a group to its total. It is never ranked: it is no single place that could stop.");
  if (unstated(r)) return el("p", { class: "note", id: "losses" }, sentence(r));
  const abroad = lossOf(r), home = lossOf(r, "home");
  const path = ["3m", "6m"].filter((step) => !missing(r[`loss_abroad_${step}`])).map((step) => `${pct(r[`loss_abroad_${step}`])} after ${parseInt(step, 10)} months`);
  return el("div", { id: "losses", "data-as": S.as, "data-year": abroad.year, "data-none": abroad.none, "data-least": abroad.least, "data-home": home.year },
    el("div", { class: "pair" },
      el("div", { class: "abroad" }, el("b", {}, figure(abroad)), el("span", {}, missing(abroad.none) ? "nothing counted abroad" : "lost abroad after 12 months")),
      el("div", { class: "home" }, el("b", {}, figure(home)), el("span", {}, missing(home.none) ? "nothing counted at home" : "lost at home"))),
    missing(abroad.none) ? null : el("div", { class: "bar2" }, rangeBar(abroad)),
    el("p", { id: "headline" }, sentence(r)),
    path.length && abroad.none > 0 ? el("p", { class: "small" }, `On the way: ${path.join(", ")}.`) : null);
}
