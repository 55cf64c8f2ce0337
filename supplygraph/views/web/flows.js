// What a click on a ribbon, a band or a block of the two pictures opens.
// Flows by key: of the matrix `from>to>unit`, of the Sankey `from>to`; an end is `country/column`.
const FLOWS = new Map();
{
  const nodesAt = (inside, column) => NODES.filter((n) => inside(n.data.country) && (column === "product" ? isProduct(n) : n.data.column === column));
  const boxes = P.sankey.boxes, title = new Map(P.sankey.columns.map((c) => [c.id, c.title.toLowerCase()]));
  const drawn = (column) => new Set(boxes.filter((b) => b.column === column).map((b) => b.country));
  const laneEnd = (cell) => {
    const cut = cell.lastIndexOf("/"), lane = cell.slice(5, cut), column = cell.slice(cut + 1);
    return { name: cellName(cell), key: cell.slice(5), nodes: () => nodesAt((country) => laneOf(country) === lane, column) };
  };
  const boxEnd = ([country, column]) => ({
    name: `${shortName(boxOf([country, column]).name)}, ${title.get(column)}`, key: `${country}/${column}`,
    nodes: () => { const apart = drawn(column); return nodesAt((c) => (apart.has(c) ? c === country : !apart.has(country) || country === "others"), column); },
  });
  EDGES.forEach(({ from, to, data }, ribbon) => {
    const ends = [laneEnd(from), laneEnd(to)];
    FLOWS.set(`${ends[0].key}>${ends[1].key}>${data.unit}`, { ribbon, from: ends[0], to: ends[1], amounts: [[data.unit, data.quantity]], reported: data.reported ?? 0, materials: data.materials });
  });
  P.sankey.bands.forEach((band) => {
    const ends = [boxEnd(band.from), boxEnd(band.to)];
    FLOWS.set(`${ends[0].key}>${ends[1].key}`, { band, from: ends[0], to: ends[1], amounts: Object.entries(band.units), reported: band.reported ?? 0, materials: [] });
  });
}
const RIBBON_KEYS = [...FLOWS].filter(([, f]) => f.ribbon !== undefined).map(([key]) => key);
const bandKey = (band) => `${band.from.join("/")}>${band.to.join("/")}`;
const BOXES = new Map(P.sankey.boxes.map((b) => [`${b.country}/${b.column}`, b]));
const amount = (f) => f.amounts.map(([unit, q]) => `${num(q)} ${unit}`).join(", ");
const flowNodes = (f) => new Set([...f.from.nodes(), ...f.to.nodes()].map((n) => n.id));

// Flows between plants that make up a ribbon, the largest first.
function partsOf(f) {
  const ends = new Set(f.to.nodes().map((n) => n.id));
  return f.from.nodes().flatMap((n) => {
    const sums = new Map();
    for (const flow of flowsOf(n.id, true)) if (ends.has(flow.node)) push(sums, flow.node, flow);
    return [...sums].map(([other, flows]) => ({ id: n.id, other, down: true, q: flows.reduce((sum, one) => sum + one.q, 0), unit: flows[0].unit }));
  }).sort((a, b) => b.q - a.q || (a.id < b.id ? -1 : 1));
}
function flowPanel(f) {
  const parts = partsOf(f), origin = f.from.nodes()[0]?.data;
  const stop = origin && REMOVALS.get(`country-stage:${origin.country}/${origin.stage}`);
  return [
    back(), el("h2", { id: "chosen" }, `${f.from.name} → ${f.to.name}`),
    el("p", { class: "sub" }, `${amount(f)}. ${pct(f.reported)} on routes that a published figure pins.`),
    f.materials.length ? section("Materials", list(f.materials.map(([m, q]) => [materialName(m), `${num(q)} ${f.amounts[0][0]}`]))) : null,
    stop ? section("Where it comes from", el("ul", { class: "rows" }, removalRow(stop))) : null,
    parts.length ? section("Between plants", el("ul", { class: "rows" }, parts.slice(0, 14).map((one) => el("li", {}, el("button", { class: "flow", on: { click: () => choose({ node: one.id }) } },
      el("span", { class: "name" }, `${BY_ID.get(one.id).label} → ${BY_ID.get(one.other).label}`), el("span", { class: "num" }, num(one.q), el("i", {}, ` ${one.unit}`)))))),
      el("p", { class: "small" }, `${parts.length > 14 ? `and ${parts.length - 14} more, smaller. ` : ""}Plants of a place are mixed in proportion: nobody publishes who delivers to whom.`)) : null,
  ];
}
function boxPanel(key) {
  const box = BOXES.get(key), flows = (side) => P.sankey.bands.filter((b) => b[side].join("/") === key).sort((a, b) => b.quantity - a.quantity).map((b) => [bandKey(b), FLOWS.get(bandKey(b))]);
  const rows = (title, found, end) => (found.length ? section(title, el("ul", { class: "rows" }, found.slice(0, 10).map(([id, f]) => el("li", {}, el("button", { class: "flow", on: { click: () => choose({ flow: id }) } },
    el("span", { class: "name" }, f[end].name), el("span", { class: "num" }, amount(f))))))) : null);
  const column = COLUMN.get(box.column), stops = [`country-stage:${box.country}/${column?.stage}`, ...(column?.processes ?? []).map((p) => `country-process:${box.country}/${p}`)].map((id) => REMOVALS.get(id)).filter(Boolean);
  const [into, out] = [flows("to"), flows("from")];
  const nodes = [...(out[0]?.[1].from ?? into[0]?.[1].to)?.nodes() ?? []].filter((n) => n.data.quantity > 0).sort((a, b) => b.data.quantity - a.data.quantity);
  return [
    back(), el("h2", { id: "chosen" }, `${box.name}, ${P.sankey.columns.find((c) => c.id === box.column).title.toLowerCase()}`),
    el("p", { class: "sub" }, `${num(box.quantity)} t a year flow through it, each material in its own unit.`),
    stops.length ? section(ACTS[S.as].short, el("ul", { class: "rows" }, stops.map((r) => removalRow(r)))) : null,
    rows("Comes from", into, "from"), rows("Goes to", out, "to"),
    nodes.length ? section(plural(nodes.length, "node"), el("ul", { class: "rows" }, nodes.slice(0, 12).map((n) => el("li", {}, el("button", { on: { click: () => choose({ node: n.id }) } },
      el("span", { class: "name" }, n.label), el("span", { class: "num" }, num(isProduct(n) ? n.data.units : n.data.quantity), el("i", {}, ` ${n.data.unit}`))))))) : null,
  ];
}
