// The chain above and below what is selected, as a graph to walk through. Columns are stages; the
// nodes that carry most of the flow come first, more of them on demand, never more than MOST.
const DIRECTIONS = { up: "Where it comes from", both: "Both ways", down: "Where it goes" };
const MOST = 120, FIRST = 30, ROOTS = 8, MORE = 6; // nodes: at all, at first, of a selection, of one expansion
const SIZE = { width: 1224, head: 46, least: 640 };
const LINE = 12.5, BELOW = 33; // of a name, which stands above its node; node and plus below it
const G = { picture: null, box: null, moved: new Map(), of: null, graph: null };
const STAGE_ORDER = [...new Set(P.matrix.columns.map((c) => c.stage))];
const stageColour = (stage) => colour(STAGE_ORDER.indexOf(stage) % 8);
const stageName = (stage) => P.matrix.columns.find((c) => c.stage === stage).group;

// What the graph starts from: the selection, else the first row of the ranking.
function networkRoots() {
  const flow = S.flow && FLOWS.get(S.flow), box = S.box && [...FLOWS.values()].flatMap((f) => [f.from, f.to]).find((end) => end.key === S.box);
  const first = [...REMOVALS.values()].find((r) => r.kind === RANK && r.rank === 1);
  const ids = S.column ? NODES.filter((n) => n.data.column === S.column).map((n) => n.id) : flow ? [...flowNodes(flow)] : box ? box.nodes().map((n) => n.id)
    : selected().size ? [...selected()] : first ? [...nodesOf(first)] : NODES.map((n) => n.id);
  const carries = ids.filter((id) => MAKES.has(id) || DRAWS.has(id));
  return { of: selected().size || S.flow || S.box || S.column ? null : first, all: carries.length, ids: carries.sort((a, b) => BY_ID.get(b).data.quantity - BY_ID.get(a).data.quantity || (a < b ? -1 : 1)).slice(0, ROOTS) };
}
// Neighbours of a node in one direction with their part of what it makes or draws, the largest first.
const NEAR = new Map();
function neighbours(id, down) {
  const key = `${id}\n${down}`;
  if (!NEAR.has(key)) NEAR.set(key, partsAround(id, down));
  return NEAR.get(key);
}
function partsAround(id, down) {
  const sums = new Map(), whole = new Map();
  for (const f of flowsOf(id, down)) whole.set(f.unit, (whole.get(f.unit) ?? 0) + f.q);
  for (const f of flowsOf(id, down)) if (f.node !== id && BY_ID.has(f.node)) sums.set(f.node, Math.max(sums.get(f.node) ?? 0, f.q / whole.get(f.unit)));
  return [...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
// Nodes of the graph: from the roots along the flows, those first that most of the flow reaches.
function networkNodes(roots) {
  const found = new Set(roots.ids), ways = S.dir === "both" ? [true, false] : [S.dir === "down"];
  const queue = roots.ids.flatMap((id) => ways.map((down) => ({ id, down, part: 1 })));
  while (queue.length && found.size < FIRST) {
    queue.sort((a, b) => b.part - a.part || (a.id < b.id ? -1 : 1));
    const { id, down, part } = queue.shift();
    for (const [other, share] of neighbours(id, down).slice(0, MORE)) {
      if (found.has(other) || found.size >= FIRST) continue;
      found.add(other);
      queue.push({ id: other, down, part: part * share });
    }
  }
  for (const id of S.open) for (const [other] of hiddenOf(id, found).slice(0, MORE)) if (found.size < MOST) found.add(other);
  return found;
}
const hiddenOf = (id, found) => [...neighbours(id, true), ...neighbours(id, false)].filter(([other]) => !found.has(other)).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
function networkLinks(found) {
  const sums = new Map();
  for (const id of found)
    for (const f of flowsOf(id, true)) {
      if (f.node === id || !found.has(f.node)) continue;
      const key = `${id}\n${f.node}\n${f.unit}`, link = sums.get(key) ?? { from: id, to: f.node, unit: f.unit, q: 0, materials: [] };
      link.q += f.q;
      link.materials.push(f.material);
      sums.set(key, link);
    }
  return [...sums.values()].sort((a, b) => b.q - a.q || (a.from + a.to < b.from + b.to ? -1 : 1));
}
const nameLines = (n, room) => [...wrapped(n.label, 11, room, 650).map((text) => [text, "ink"]), [shortName(countryName(n.data.country)), "soft"]];
// Columns by stage in use; in a column nodes lie in the order of those they are tied to.
function arrange(found, links) {
  const columns = P.matrix.columns.filter((c) => [...found].some((id) => BY_ID.get(id).data.column === c.id));
  const stages = [...new Set(columns.map((c) => (c.stage === "product" ? "product" : c.id)))];
  const of = (id) => { const d = BY_ID.get(id).data; return stages.indexOf(d.stage === "product" ? "product" : d.column); };
  const rows = stages.map((_, i) => [...found].filter((id) => of(id) === i).sort((a, b) => BY_ID.get(b).data.quantity - BY_ID.get(a).data.quantity || (a < b ? -1 : 1)));
  const rank = new Map();
  const number = (row) => row.forEach((id, i) => rank.set(id, (i + 0.5) / row.length));
  rows.forEach(number);
  const tied = new Map();
  for (const { from, to, q } of links) { push(tied, from, [to, q]); push(tied, to, [from, q]); }
  for (let round = 0; round < 8; round++)
    for (const row of round % 2 ? rows.slice().reverse() : rows) {
      const middle = (id) => { const ends = tied.get(id) ?? []; const all = ends.reduce((s, [, q]) => s + Math.sqrt(q), 0); return all ? ends.reduce((s, [end, q]) => s + Math.sqrt(q) * rank.get(end), 0) / all : rank.get(id); };
      const at = new Map(row.map((id) => [id, middle(id)]));
      row.sort((a, b) => at.get(a) - at.get(b) || (a < b ? -1 : 1));
      number(row);
    }
  const step = SIZE.width / Math.max(stages.length, 2), room = step - 24, places = new Map();
  const names = new Map([...found].map((id) => [id, nameLines(BY_ID.get(id), room)])), tall = (id) => LINE * names.get(id).length + BELOW;
  const full = (row) => row.reduce((sum, id) => sum + tall(id), 0);
  const height = Math.max(SIZE.least, SIZE.head + 10 + Math.max(...rows.map(full)));
  rows.forEach((row, i) => {
    const spare = (height - SIZE.head - 10 - full(row)) / Math.max(row.length, 1);
    let y = SIZE.head;
    for (const id of row) {
      places.set(id, { x: step * i + 26, y: y + spare / 2 + LINE * names.get(id).length + 12 });
      y += spare + tall(id);
    }
  });
  const titles = stages.map((id, i) => ({ x: step * i + 12, text: id === "product" ? "Products" : COLUMN.get(id).group === COLUMN.get(id).title ? COLUMN.get(id).title : `${COLUMN.get(id).group}: ${COLUMN.get(id).title.toLowerCase()}`, room: step - 18 }));
  return { places, titles, height, names };
}
function networkGraph() {
  const roots = networkRoots(), found = networkNodes(roots), links = networkLinks(found);
  const hidden = new Map([...found].map((id) => [id, hiddenOf(id, found).length]));
  return { roots, found, links, hidden, ...arrange(found, links) };
}

// The address: which way, and what was expanded.
const networkState = () => (S.tab !== "network" ? {} : { ...(S.dir === "both" ? {} : { dir: S.dir }), ...(S.open.length ? { open: S.open.join("|") } : {}) });
function readNetwork(parts) {
  S.dir = Object.hasOwn(DIRECTIONS, parts.get("dir")) ? parts.get("dir") : "both";
  G.of = null; // what the link expanded belongs to what it selects
  S.open = (parts.get("open") ?? "").split("|").filter((id) => BY_ID.has(id));
}
function expand(id) {
  if (!S.open.includes(id)) S.open.push(id);
  paint();
  const { found } = G.graph;
  say(`${BY_ID.get(id).label}: ${found.size >= MOST ? `the graph holds its most, ${MOST} nodes; follow one to go on` : `${plural(found.size, "node")} shown`}.`);
}

function drawNetwork() {
  const root = byId("view-network"), of = JSON.stringify([CHOSEN.map((key) => S[key]), W.set]);
  if (of !== G.of) {
    if (G.of) S.open = [];
    G.moved.clear();
    G.box = null;
  }
  G.of = of;
  G.graph = networkGraph();
  const { roots, found, places } = G.graph;
  for (const [id, at] of G.moved) if (places.has(id)) places.set(id, at);
  G.picture = svg("svg", { id: "network", role: "group", "font-family": FONT, "aria-label": `Graph of ${found.size} plants and products; Tab moves between them, Enter follows one, plus expands it.` });
  const shown = roots.of ? `Nothing is selected: ${removalName(roots.of)}, which ranks first.` : `${byId("chosen")?.textContent ?? ""}.`;
  root.replaceChildren(el("div", { class: "time-bar" },
    el("div", { class: "pick", id: "direction", role: "group", "aria-label": "Which way" }, Object.entries(DIRECTIONS).map(([id, name]) =>
      el("button", { "aria-pressed": String(id === S.dir), "data-dir": id, on: { click: () => { Object.assign(S, { dir: id, open: [] }); G.moved.clear(); G.box = null; paint(); } } }, name))),
    el("span", { class: "small", id: "network-about" }, `${shown} ${plural(found.size, "node")}, those that most of the flow reaches${roots.all > ROOTS ? `, from the ${ROOTS} largest of ${roots.all}` : ""}. Click follows, + expands, drag moves.`)), G.picture);
  paintNetwork();
  G.picture.addEventListener("wheel", (e) => {
    if (e.deltaY > 0 && G.box.w >= SIZE.width) return;
    e.preventDefault();
    zoomNetwork(e.deltaY < 0 ? 1.2 : 1 / 1.2, ...networkSpot(e));
  }, { passive: false });
  G.picture.addEventListener("pointerdown", dragNetwork);
}
function paintNetwork() {
  const { links, places, titles, height, found, roots } = G.graph, parts = [];
  G.box ??= { x: 0, y: 0, w: SIZE.width, h: height };
  G.picture.setAttribute("viewBox", `${G.box.x} ${G.box.y} ${G.box.w} ${G.box.h}`);
  for (const { x, text, room: wide } of titles)
    wrapped(text, 12.5, wide, 620).forEach((line, i) => parts.push(svg("text", { x, y: 15 + 15 * i, "font-size": 12.5, "font-weight": 620, fill: tone("ink") }, line)));
  const most = new Map(); // widths compare tonnes of one unit
  for (const { unit, q } of links) most.set(unit, Math.max(most.get(unit) ?? 0, q));
  for (const link of links) {
    const a = places.get(link.from), b = places.get(link.to), back = b.x <= a.x;
    const path = svg("path", { d: curve(a.x + 7, a.y, b.x - 7, b.y, back), fill: "none", stroke: stageColour(BY_ID.get(link.from).data.stage), "stroke-linecap": "round", opacity: 0.42,
      "stroke-width": (0.6 + 8 * Math.sqrt(link.q / most.get(link.unit))).toFixed(2), "stroke-dasharray": back ? "6 4" : undefined, "data-link": `${link.from}>${link.to}` });
    path.addEventListener("pointermove", (e) => tip(e, [`${BY_ID.get(link.from).label} → ${BY_ID.get(link.to).label}`, `${num(link.q)} ${link.unit}`, [...new Set(link.materials)].map(materialName).join(", ")]));
    path.addEventListener("pointerleave", (e) => tip(e, null));
    parts.push(path);
  }
  for (const id of found) parts.push(networkNode(BY_ID.get(id), places.get(id), roots.ids.includes(id), G.graph.hidden.get(id)));
  G.picture.replaceChildren(...parts);
}
function networkNode(n, { x, y }, isRoot, hidden) {
  const group = svg("g", { tabindex: 0, role: "button", "data-node": n.id, cursor: "pointer", "aria-label": `${nodeLines(n).join(", ")}${hidden ? `; ${hidden} more beside it` : ""}` });
  const ink = stageColour(n.data.stage), r = isRoot ? 8 : 6;
  group.append(svg("circle", { cx: x, cy: y, r, fill: n.pattern === "reported" ? ink : tone("halo"), stroke: isRoot ? tone("ink") : ink, "stroke-width": isRoot ? 2.2 : 1.8 }));
  const lines = G.graph.names.get(n.id); // above it: flows leave to its sides
  lines.forEach(([text, tint], i) => group.append(svg("text", { x: x - r, y: y - r - 4 - LINE * (lines.length - 1 - i), "font-size": tint === "soft" ? 10 : 11, "font-weight": isRoot && tint === "ink" ? 650 : 450, fill: tone(tint), stroke: tone("halo"), "stroke-width": 3, "paint-order": "stroke", "stroke-linejoin": "round" }, text)));
  if (hidden && G.graph.found.size < MOST) {
    const more = svg("g", { "data-more": n.id });
    more.append(svg("circle", { cx: x, cy: y + r + 8, r: 6.5, fill: tone("card"), stroke: tone("faint") }), svg("path", { d: `M${x - 3} ${y + r + 8}h6M${x} ${y + r + 5}v6`, stroke: tone("ink"), "stroke-width": 1.3 }), svg("title", {}, `${hidden} more beside it`));
    group.append(more);
  }
  group.addEventListener("pointermove", (e) => tip(e, nodeLines(n)));
  group.addEventListener("pointerleave", (e) => tip(e, null));
  group.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" && e.key !== "+") return;
    e.preventDefault();
    e.key === "+" ? expand(n.id) : choose({ node: n.id });
    G.picture.querySelector(`[data-node="${CSS.escape(n.id)}"]`)?.focus();
  });
  return group;
}

function networkSpot(event) {
  const box = G.picture.getBoundingClientRect(), k = G.box.w / box.width;
  return [G.box.x + (event.clientX - box.left) * k, G.box.y + (event.clientY - box.top) * k];
}
function zoomNetwork(factor, x = G.box.x + G.box.w / 2, y = G.box.y + G.box.h / 2) {
  const w = Math.max(SIZE.width / 8, Math.min(SIZE.width * 1.5, G.box.w / factor)), f = w / G.box.w;
  G.box = { x: x - (x - G.box.x) * f, y: y - (y - G.box.y) * f, w, h: G.box.h * f };
  paintNetwork();
}
function fitNetwork() { G.box = null; G.moved.clear(); drawNetwork(); }
// A node is moved, the ground is dragged; a press without a movement follows or expands.
function dragNetwork(event) {
  const node = event.target.closest("[data-node]")?.dataset.node, more = event.target.closest("[data-more]")?.dataset.more;
  const from = { x: event.clientX, y: event.clientY, box: { ...G.box } };
  let moved = false;
  const move = (e) => {
    moved ||= Math.hypot(e.clientX - from.x, e.clientY - from.y) > 4;
    if (!moved || (event.pointerType === "touch" && !node)) return;
    tip(e, null);
    const [x, y] = networkSpot(e), k = G.box.w / G.picture.clientWidth;
    if (node) { G.moved.set(node, { x, y }); G.graph.places.set(node, { x, y }); } else G.box = { ...G.box, x: from.box.x - (e.clientX - from.x) * k, y: from.box.y - (e.clientY - from.y) * k };
    paintNetwork();
  };
  const end = (e) => {
    for (const [name, run] of Object.entries(heard)) removeEventListener(name, run);
    if (moved || e.type === "pointercancel") return;
    if (more) expand(more); else if (node) choose({ node }); else choose({});
  };
  const heard = { pointermove: move, pointerup: end, pointercancel: end };
  for (const [name, run] of Object.entries(heard)) addEventListener(name, run);
}
function networkLegend(item, mark) {
  const used = STAGE_ORDER.filter((stage) => [...(G.graph?.found ?? [])].some((id) => BY_ID.get(id).data.stage === stage));
  return [...used.map((stage) => item(mark(svg("circle", { cx: 9, cy: 6, r: 4, fill: stageColour(stage) })), stage === "product" ? "products" : stageName(stage).toLowerCase())),
    el("span", {}, "Width: square root of tonnes a year, each unit on its own scale; filled: output published. Plants of a place are mixed in proportion.")];
}
const networkCsv = () => csvText([["from", "to", "quantity", "unit", "materials"], ...G.graph.links.map((l) => [l.from, l.to, l.q, l.unit, [...new Set(l.materials)].join("; ")])]);
