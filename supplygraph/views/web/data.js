// The record, and the one thing computed here: who feeds whom, by the mixing rule of the record.
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const P = read("page");
const missing = (x) => x === undefined || x === null;
const NODES = read("nodes").filter((n) => !n.cell);
const EDGES = read("edges");
const BY_ID = new Map(NODES.map((n) => [n.id, n]));
const COLUMN = new Map(P.matrix.columns.map((c) => [c.id, c]));
for (const n of NODES) {
  const column = COLUMN.get(n.data.column);
  if (missing(n.data.kind)) Object.assign(n.data, { kind: "site", status: "operating" });
  n.data.stage = column.stage;
  n.data.step = column.steps[n.data.process] ?? n.data.process;
  n.data.unit ??= column.unit;
}
const steps = (column) => Object.values(column.steps);
const ORDER = new Map(P.matrix.columns.map((c, i) => [c.id, i]));
const LANE = new Map(P.matrix.lanes.map((l) => [l.id, l]));
const laneOf = (country) => (LANE.has(country) ? country : "*");
const own = (table, key) => (Object.hasOwn(table, key) ? table[key] : undefined);
const countryName = (code) => own(P.countries, code)?.name ?? code;
const shortName = (name) => String(name ?? "").replace(/ \(.*|, .*/, "");
const materialName = (id) => own(P.materials, id)?.name ?? id;
const productName = (id) => own(P.products, id)?.name ?? id;
const isProduct = (n) => n.data.kind === "product";

// Text of figures.
const pct = (x) => missing(x) ? "–" : x === 0 ? "0 %" : x < 0.0005 ? "< 0.1 %" : `${(100 * x).toFixed(1)} %`;
const num = (x) => {
  if (missing(x)) return "–";
  const size = Math.abs(x);
  if (size >= 1000) return Math.round(x).toLocaleString("en-US");
  return size === 0 ? "0" : String(Number(x.toPrecision(3)));
};
const plural = (n, one, more = `${one}s`) => `${num(n)} ${n === 1 ? one : more}`;

// Pools as arrays: makers and users by node, and what moves between pools.
const POOLS = P.pools.map(([id, material, unit, made, home, stay, makers, users]) =>
  ({ id, material, unit, made, home, stay, makers, users, out: [], into: [] }));
const POOL = new Map(POOLS.map((p) => [p.id, p]));
const MAKES = new Map(), DRAWS = new Map();
const push = (map, key, value) => { map.has(key) ? map.get(key).push(value) : map.set(key, [value]); };
for (const p of POOLS) {
  for (const [id, q] of p.makers) push(MAKES, id, { pool: p, q });
  for (const [id, q] of p.users) push(DRAWS, id, { pool: p, q });
  if (p.stay > 0) { p.out.push({ to: p, q: p.stay, grade: "D" }); p.into.push({ from: p, q: p.stay, grade: "D" }); }
}
for (const [from, to, q, grade] of P.arcs) {
  const a = POOL.get(from), b = POOL.get(to);
  if (!a || !b) continue;
  a.out.push({ to: b, q, grade });
  b.into.push({ from: a, q, grade });
}

// Flows of one node to (or from) every other, by material, largest first; exports alone if asked.
function flowsOf(id, downstream, abroad = false) {
  const found = new Map();
  const add = (other, pool, q) => {
    const key = `${other}\n${pool.material}`;
    const entry = found.get(key) ?? { node: other, material: pool.material, unit: pool.unit, q: 0 };
    entry.q += q;
    found.set(key, entry);
  };
  if (downstream) {
    for (const { pool, q } of MAKES.get(id) ?? [])
      for (const move of pool.out)
        for (const [user, drawn] of abroad && move.to === pool ? [] : move.to.users)
          add(user, pool, (q / pool.made) * (move.q / move.to.home) * drawn);
  } else {
    for (const { pool, q } of DRAWS.get(id) ?? [])
      for (const move of pool.into)
        for (const [maker, made] of move.from.makers)
          add(maker, move.from, (q / pool.home) * move.q * (made / move.from.made));
  }
  return [...found.values()].filter((f) => f.q > 1e-9)
    .sort((a, b) => b.q - a.q || (a.node < b.node ? -1 : 1));
}

// Share of each node's scarcest input that comes from the start set, in rounds until it settles.
// With `only`, the start set counts for the pools that it names and no others; with `abroad` it
// counts where it is exported, and not in the market that it stands in.
function spreadDown(start, only = () => true, abroad = false) {
  const share = new Map([...start].map((id) => [id, 1]));
  const users = [...DRAWS.keys()].filter((id) => BY_ID.has(id))
    .sort((a, b) => ORDER.get(BY_ID.get(a).data.column) - ORDER.get(BY_ID.get(b).data.column));
  const part = (p, own) => p.makers.reduce((s, [id, q]) => s + (start.has(id) && !(own && only(p)) ? 0 : q * (share.get(id) ?? 0)), 0) / (p.made || 1);
  const both = (p) => ({ leaves: part(p, true), stays: part(p, !abroad) });
  for (let round = 0; round < 4; round++) {
    const content = new Map(POOLS.map((p) => [p, both(p)]));
    const inside = (p) => p.into.reduce((s, m) => s + m.q * content.get(m.from)[m.from === p ? "stays" : "leaves"], 0) / (p.home || 1);
    let moved = false;
    for (const id of users) {
      if (start.has(id)) continue;
      const now = Math.max(...DRAWS.get(id).map((d) => inside(d.pool)));
      if (now > 1e-6 && now - (share.get(id) ?? 0) > 1e-9) {
        share.set(id, now);
        moved = true;
        for (const m of MAKES.get(id) ?? [])
          content.set(m.pool, both(m.pool));
      }
    }
    if (!moved) break;
  }
  return share;
}

// Share of each node's output that ends in the start set.
function spreadUp(start) {
  const share = new Map([...start].map((id) => [id, 1]));
  const makers = [...MAKES.keys()].filter((id) => BY_ID.has(id))
    .sort((a, b) => ORDER.get(BY_ID.get(b).data.column) - ORDER.get(BY_ID.get(a).data.column));
  const used = (p) => p.users.reduce((s, [id, q]) => s + q * (share.get(id) ?? 0), 0) / (p.home || 1);
  for (let round = 0; round < 4; round++) {
    let moved = false;
    for (const id of makers) {
      if (start.has(id)) continue;
      const now = Math.max(...MAKES.get(id).map(({ pool }) =>
        pool.out.reduce((s, m) => s + (m.q / pool.made) * used(m.to), 0)));
      if (now > 1e-6 && now - (share.get(id) ?? 0) > 1e-9) { share.set(id, now); moved = true; }
    }
    if (!moved) break;
  }
  return share;
}

// Whether a material is an oxide or metal of an element: what the removal of an element takes.
function refined(material, element) {
  const m = own(P.materials, material);
  return ["t_oxide", "t_metal"].includes(m?.unit) && (m.elements ?? []).includes(element);
}
// Nodes that a removal takes.
function nodesOf(removal) {
  const { kind } = removal, id = removal.id.slice(kind.length + 1);
  const fits = {
    facility: (n) => n.id === id,
    country: (n) => n.data.country === removal.country,
    "country-stage": (n) => n.data.country === removal.country && n.data.stage === removal.stage,
    "country-process": (n) => n.data.country === removal.country && n.data.process === removal.process,
    element: (n) => (MAKES.get(n.id) ?? []).some(({ pool }) => refined(pool.material, id)),
  }[kind];
  return new Set(NODES.filter((n) => !isProduct(n) && fits(n)).map((n) => n.id));
}

// The command that prints the same figures.
const quoted = (text) => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
function programWords(...words) {
  return ["supplygraph", ...(P.dataset.name === "rare-earths" ? [] : ["--dataset", quoted(P.dataset.name)]), ...words];
}
// A value within a selector.
const inQuotes = (text) => (/[\s'"\\]/.test(text) ? `'${text.replaceAll("'", `'"'"'`)}'` : text);
const poolName = (id) => { const cut = id.lastIndexOf("@"); return `${materialName(id.slice(0, cut))}, ${shortName(countryName(id.slice(cut + 1)))}`; };
function command(selectors) {
  const words = programWords("whatif", ...selectors.flatMap((text) => ["--remove", quoted(text)]), "--as", S.as);
  for (const key of ["product", "region", "at"])
    if (P.params[key]) words.push(`--${key}`, quoted(P.params[key]));
  if (P.params.weights && P.params.weights !== "level") words.push("--weights", P.params.weights);
  return words.join(" ");
}
