// What still flows in a month of a scenario, for the matrix, the Sankey and the map: levels of plants, arcs
// and pools, mixed by the rule of the record, against the base year mixed alike.
const MONTHED = ["matrix", "sankey", "map"];
const PER_MILLE = 1000;
const F = { key: "", found: null, base: null, moves: null };

function monthShown() {
  const s = MONTHED.includes(S.tab) ? SCENARIOS.get(S.scenario) : null, place = s ? s.months.indexOf(shownMonth()) : -1;
  return place < 0 ? null : { s, month: s.months[place], place };
}
// Level at a place among the months, of spells that start at 1.
function levelAt(spells, place) {
  let level = PER_MILLE;
  for (let i = 0; i < spells.length && spells[i] <= place; i += 2) level = spells[i + 1];
  return level / PER_MILLE;
}
const cellOf = (n) => `${laneOf(n.data.country)}/${COLUMN.get(n.data.column).block}`;
function cellsOf(amounts, level) {
  const sums = new Map();
  for (const [id, q] of amounts) {
    const n = BY_ID.get(id);
    if (n) sums.set(cellOf(n), (sums.get(cellOf(n)) ?? 0) + q * level(id));
  }
  return sums;
}
// Flows between cells by `from>to>unit`. What a place holds is mixed, so that each of its users draws
// alike; a user's part of what is there is that of the base year.
function cellFlows({ plant, arc, pool }) {
  const sums = new Map(), makers = new Map(), users = new Map();
  for (const p of POOLS) {
    const made = cellsOf(p.makers, plant), whole = [...made.values()].reduce((a, b) => a + b, 0);
    makers.set(p, [...made].map(([cell, q]) => [cell, whole > 0 ? q / whole : 0]));
    users.set(p, [...cellsOf(p.users, () => 1)].map(([cell, q]) => [cell, p.home > 0 ? q / p.home : 0]));
  }
  const move = (from, to, q) => {
    for (const [cell, part] of makers.get(from))
      for (const [end, drawn] of users.get(to)) {
        const key = `${cell}>${end}>${from.unit}`;
        sums.set(key, (sums.get(key) ?? 0) + part * q * drawn);
      }
  };
  POOLS.forEach((p, i) => { if (p.stay > 0) move(p, p, p.stay * pool(i)); });
  P.arcs.forEach(([from, to, q], i) => { const a = POOL.get(from), b = POOL.get(to); if (a && b) move(a, b, q * arc(i)); });
  return sums;
}
// Parts of the base year's flow that are left: of ribbons, bands, blocks, plants and products.
function monthFlows() {
  const at = monthShown(), key = at ? `${at.s.id}/${at.place}` : "";
  if (key === F.key) return F.found;
  F.key = key;
  F.found = at ? partsLeft(at) : null;
  return F.found;
}
function partsLeft({ s, place }) {
  const level = (rows) => { const found = new Map(rows.map(([id, ...spells]) => [id, levelAt(spells, place)])); return (id) => found.get(id) ?? 1; };
  const plant = level(s.flows.plants), whole = () => 1;
  F.base ??= cellFlows({ plant: whole, arc: whole, pool: whole });
  const now = cellFlows({ plant, arc: level(s.flows.arcs), pool: level(s.flows.pools) });
  const part = (keys) => { const sum = (of) => keys.reduce((total, key) => total + (of.get(key) ?? 0), 0), base = sum(F.base); return base > 0 ? Math.min(1, sum(now) / base) : 1; };
  const bands = new Map(), into = new Map(), out = new Map();
  for (const key of F.base.keys()) {
    const [from, to] = key.split(">").map(blockOf);
    push(bands, `${from}>${to}`, key);
    push(out, from, key);
    push(into, to, key);
  }
  const lost = (n) => s.byKey.get([n.data.product, n.data.region, n.data.segment].join("\n"))?.central[place] ?? 0;
  return {
    node: (n) => (isProduct(n) ? 1 - lost(n) : plant(n.id)),
    ribbon: (i) => part([RIBBON_KEYS[i]]),
    band: (band) => part(bands.get(bandKey(band)) ?? []),
    box: (key) => part([...(out.get(key) ?? into.get(key) ?? [])]),
  };
}
// A cell as a block of the Sankey, where small countries are one.
function blockOf(cell) {
  const cut = cell.lastIndexOf("/");
  return BOXES.has(cell) ? cell : `others/${cell.slice(cut + 1)}`;
}

// The bar of scenario and month: always on the timeline, above the pictures while a month is chosen.
function drawTimeBar() {
  const bar = byId("time-bar"), timeline = S.tab === "timeline", at = monthShown();
  byId("when").hidden = !MONTHED.includes(S.tab) || !SCENARIOS.size || Boolean(at);
  bar.hidden = !SCENARIOS.size || !(timeline || at);
  if (bar.hidden) { stopPlaying(); return; }
  if (!byId("scenario")) bar.replaceChildren(...timeControls());
  const months = axisMonths(), month = shownMonth(), slider = byId("month");
  byId("scenario").value = chosenScenario().id;
  byId("scenario").options[0].hidden = timeline; // the base year has no months
  byId("compare").parentElement.hidden = !timeline;
  byId("compare").value = comparedScenario()?.id ?? "";
  for (const option of byId("compare").options) option.disabled = option.value === chosenScenario().id;
  slider.max = String(months.length - 1);
  slider.value = String(months.indexOf(month));
  slider.setAttribute("aria-valuetext", monthText(month));
  byId("month-name").textContent = monthText(month);
  byId("play").textContent = L.timer ? "Pause" : "Play";
}
// What a picture of a month shows, above the figures of the base year.
function monthNote() {
  const at = monthShown();
  if (!at) return null;
  const { total } = at.s, lost = total.central[at.place];
  return el("p", { class: "note", id: "month-note" }, el("b", {}, `${monthText(at.month)}. `), `${at.s.title}: ${missing(lost) ? "" : `${pct(lost)} of all goods is lost if nobody reroutes. `}`,
    "Widths and dots show what is left of the base year's flow, central stocks. Lines of a selection and the figures below are of the base year.");
}
