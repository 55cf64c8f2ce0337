// The matrix: lanes are countries, columns are stages, ribbons are summed flows.
const ARCS = 60;
const HEAD = 92, EDGE = 138;
const SLACK = 0.6; // of the frame, that a drag may leave empty
const M = { box: null, zoomed: false, picture: null, cursor: null, layers: {}, ended: 0 };
const unit = () => M.box.w / (M.picture?.clientWidth || 1224); // picture units in one pixel of the screen
// Names keep their size on the screen, so a narrow window gives their margins more of the picture.
function wholeBox() {
  const { width, height } = P.matrix, room = M.picture?.clientWidth || 1224;
  const k = (width - EDGE) / (room - EDGE), x = EDGE * (1 - k), y = HEAD * (1 - k);
  return { x, y, w: width - x, h: height - y };
}

function drawMatrix() {
  const root = byId("view-matrix");
  M.picture = svg("svg", {
    viewBox: `0 0 ${P.matrix.width} ${P.matrix.height}`, tabindex: 0, role: "application", id: "matrix",
    "aria-label": "Matrix of countries and stages. Arrow keys move between plants and products, Enter opens one, Escape clears.",
    "font-family": FONT,
  });
  for (const name of ["bands", "ribbons", "arcs", "dots", "labels", "ring", "names", "heads"])
    M.picture.append((M.layers[name] = svg("g", { "data-layer": name })));
  root.replaceChildren(M.picture);
  M.picture.addEventListener("pointermove", pointAt);
  M.picture.addEventListener("pointerleave", (e) => tip(e, null));
  M.picture.addEventListener("pointerdown", startDrag);
  M.picture.addEventListener("keydown", steer);
  M.picture.addEventListener("focus", paintRing);
  M.picture.addEventListener("blur", paintRing);
  M.picture.addEventListener("wheel", (e) => {
    if (e.deltaY > 0 && !M.zoomed) return; // nothing to show more of: the page scrolls
    e.preventDefault();
    const [x, y] = spot(e);
    zoom(e.deltaY < 0 ? 1.2 : 1 / 1.2, x, y);
  }, { passive: false });
  paintMatrix();
}

function paintMatrix() {
  if (!M.picture) return;
  const full = wholeBox();
  M.box = M.zoomed ? { ...M.box, h: (M.box.w * full.h) / full.w } : full;
  frame();
  const lit = lighting();
  paintBands();
  paintRibbons(lit);
  paintArcs(lit);
  paintDots(lit);
  paintLabels(lit);
  paintHeads();
  paintRing();
}

function frame() { M.picture.setAttribute("viewBox", `${M.box.x} ${M.box.y} ${M.box.w} ${M.box.h}`); }
// What part of the picture is shown, in the address.
const zoomState = () => (S.tab === "matrix" && M.zoomed ? { zoom: [M.box.x, M.box.y, M.box.w].map(Math.round).join(",") } : {});
function readZoom(text) {
  const [x, y, w] = (text ?? "").split(",").map(Number);
  M.zoomed = w >= P.matrix.width / 12 && w <= 3 * P.matrix.width && Number.isFinite(x) && Number.isFinite(y);
  if (M.zoomed) M.box = { x, y, w, h: w };
}

// How strongly each node is lit: by selection, else by filters. Null where nothing is asked.
function lighting() {
  const start = selected();
  if (start.size) {
    const element = stoppedElement(), abroad = stopping() && exporting();
    const down = spreadDown(start, element ? (p) => refined(p.material, element) : undefined, abroad), up = spreadUp(start);
    return { start, of: (id) => (start.has(id) ? 1 : Math.max(down.get(id) ?? 0, up.get(id) ?? 0)) };
  }
  if (S.flow) {
    const ends = flowNodes(FLOWS.get(S.flow));
    return { start, of: (id) => (ends.has(id) ? 1 : 0) };
  }
  if (!filtering()) return null;
  const fits = filterTest();
  return { start, of: (id) => (fits(BY_ID.get(id)) ? 1 : 0) };
}

function paintBands() {
  const layer = M.layers.bands;
  layer.replaceChildren();
  P.matrix.lanes.forEach((lane, i) => layer.append(svg("rect", {
    x: Math.min(0, M.box.x), y: lane.y, width: P.matrix.width - Math.min(0, M.box.x), height: lane.height, fill: i % 2 ? tone("paper") : tone("band"),
  })));
  const first = P.matrix.columns.find((c) => c.block === "product");
  if (first) layer.append(svg("line", { x1: first.x - 13, x2: first.x - 13, y1: 20, y2: P.matrix.height, stroke: tone("line"), "stroke-width": 1 }));
}

function curve(x1, y1, x2, y2, back) {
  if (back) {
    const reach = 26 + Math.abs(y2 - y1) * 0.1;
    return `M${x1} ${y1}C${x1 + reach} ${y1 + 18} ${x2 - reach} ${y2 + 18} ${x2} ${y2}`;
  }
  const bend = Math.max((x2 - x1) * 0.46, 12);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

function paintRibbons(lit) {
  const layer = M.layers.ribbons;
  layer.replaceChildren();
  const chosen = FLOWS.get(S.flow)?.ribbon, left = monthFlows();
  const shown = S.flow ? (edge) => EDGES[chosen] === edge : lit && !lit.start.size ? ribbonTest(lit) : () => !lit;
  EDGES.forEach((edge, i) => {
    const r = edge.data, lane = LANE.get(edge.from.slice(5, edge.from.lastIndexOf("/")));
    const path = curve(...r.ends, r.back), strong = shown(edge);
    const ink = colour(lane?.colour ?? 7);
    layer.append(svg("path", {
      d: path, fill: "none", stroke: ink, "stroke-width": left ? (r.width * Math.sqrt(left.ribbon(i))).toFixed(2) : r.width, opacity: strong ? 0.24 : 0.045, "data-ribbon": i, "data-left": left?.ribbon(i),
      "stroke-dasharray": r.back ? "6 4" : undefined,
    }));
    if (strong && (r.reported ?? 0) >= 0.5)
      layer.append(svg("path", { d: path, fill: "none", stroke: ink, "stroke-width": 1.1, opacity: 0.75, "pointer-events": "none" }));
  });
}

function ribbonTest(lit) {
  const cells = new Set(NODES.filter((n) => lit.of(n.id)).map((n) => `cell:${laneOf(n.data.country)}/${COLUMN.get(n.data.column).block}`));
  const { element, country, stage } = S.filters;
  const block = stage && COLUMN.get(stage)?.block;
  return ({ from, to, data }) => {
    if (country && ![from, to].some((end) => end.startsWith(`cell:${laneOf(country)}/`))) return false;
    if (block && ![from, to].some((end) => end.endsWith(`/${block}`))) return false;
    if (element && !data.materials.some(([m]) => { const e = own(P.materials, m)?.elements; return !e || e.includes(element); })) return false;
    return country || block ? cells.has(from) || cells.has(to) : cells.has(from) && cells.has(to);
  };
}

// Arcs of what is selected: the largest, upstream in one colour, downstream in another.
function arcsOf(start) {
  const sums = new Map(), element = stoppedElement();
  for (const id of start)
    for (const down of [true, false])
      for (const flow of flowsOf(id, down, down && stopping() && exporting())) {
        if (start.has(flow.node) || !BY_ID.has(flow.node) || (element && down && !refined(flow.material, element))) continue;
        const key = `${id}\n${flow.node}\n${down}`;
        const arc = sums.get(key) ?? { id, other: flow.node, down, q: 0 };
        arc.q += flow.q;
        sums.set(key, arc);
      }
  return [...sums.values()].sort((a, b) => b.q - a.q).slice(0, ARCS);
}

function paintArcs(lit) {
  const layer = M.layers.arcs;
  layer.replaceChildren();
  if (!lit?.start.size && !S.flow) return;
  const arcs = S.flow ? partsOf(FLOWS.get(S.flow)).slice(0, ARCS) : arcsOf(lit.start), most = arcs[0]?.q ?? 1;
  for (const arc of arcs.reverse()) {
    const a = BY_ID.get(arc.down ? arc.id : arc.other), b = BY_ID.get(arc.down ? arc.other : arc.id);
    const back = ORDER.get(b.data.column) <= ORDER.get(a.data.column);
    layer.append(svg("path", {
      d: curve(a.x + a.size, a.y, b.x - b.size - 1, b.y, back), fill: "none", stroke: tone(arc.down ? "loss" : "accent"),
      "stroke-width": (0.7 + 4.3 * Math.sqrt(arc.q / most)).toFixed(2), opacity: 0.5, "stroke-linecap": "round", "pointer-events": "none",
    }));
  }
}

function dotShape(n, opacity) {
  const ink = colour(Number(n.color)), r = n.size, at = { cx: n.x, cy: n.y, r };
  const square = { x: n.x - r * 0.9, y: n.y - r * 0.9, width: r * 1.8, height: r * 1.8, rx: 1 };
  const look = {
    reported: { fill: ink, stroke: tone("halo"), "stroke-width": 0.7 },
    estimated: { fill: tone("halo"), stroke: ink, "stroke-width": Math.min(1.7, Math.max(1, r * 0.5)) },
    open: { fill: "none", stroke: tone("faint"), "stroke-width": 0.8, "stroke-dasharray": "1.6 1.2" },
  }[n.pattern];
  const made = n.shape === "square" ? svg("rect", { ...square, ...look, opacity }) : svg("circle", { ...at, ...look, opacity });
  return made;
}

function paintDots(lit) {
  const layer = M.layers.dots;
  layer.replaceChildren();
  const left = monthFlows();
  for (const n of NODES) {
    const light = (lit ? lit.of(n.id) : 1) * (left ? left.node(n) ** 2 : 1);
    const opacity = light ? (0.3 + 0.7 * Math.sqrt(light)).toFixed(2) : 0.1;
    layer.append(dotShape(n, opacity));
  }
}

// Names that fit whole, the heaviest first, always the same size on the screen: on one line, on several
// where nothing else wants the room, or a shorter name in whole words. A name that fits in no way waits for zoom.
function paintLabels(lit) {
  const layer = M.layers.labels;
  layer.replaceChildren();
  const k = unit(), taken = [];
  const free = (box) => !taken.some((t) => box.x < t.x + t.w && t.x < box.x + box.w && box.y < t.y + t.h && t.y < box.y + box.h);
  const single = lit?.start.size === 1;
  const weight = (n) => (lit?.start.has(n.id) ? 1e6 : 0) + (lit ? 1000 * lit.of(n.id) : 0) + n.size + (n.pattern === "open" ? -5 : 0);
  for (const n of NODES) if (n.size > 3.4) taken.push({ x: n.x - n.size, y: n.y - n.size, w: 2 * n.size, h: 2 * n.size });
  const order = NODES.filter((n) => !lit || lit.of(n.id) > 0).sort((a, b) => weight(b) - weight(a) || (a.id < b.id ? -1 : 1));
  let count = 0;
  for (const n of order) {
    if (n.x < M.box.x || n.x > M.box.x + M.box.w || n.y < M.box.y || n.y > M.box.y + M.box.h) continue;
    const chosen = single && lit.start.has(n.id), size = isProduct(n) ? 10 : 10.5, bold = chosen ? 600 : 400;
    const room = chosen ? 240 : (Math.min(edgeAfter(n), n.x + 190 * k) - (n.x + n.size + 4 * k) - 3) / k;
    const boxOf = (lines) => ({ x: n.x + n.size + 3 * k, y: n.y - 5.6 * k * lines.length, w: Math.max(...lines.map((text) => textWidth(text, size, bold))) * k, h: 11.2 * k * lines.length });
    const lines = (chosen ? [wrapped(fullName(n), size, room, bold)] : waysToSay(n, size, room)).find((some) => chosen || (free(boxOf(some)) && !crowded(n, boxOf(some), lit)
      && (some.length === 1 || !wantedByOthers(n, boxOf(some), lit, k))));
    if (!lines) continue;
    const box = boxOf(lines);
    taken.push(box);
    const text = svg("text", { "font-size": size * k, fill: tone(n.pattern === "open" ? "soft" : "ink"), stroke: tone("halo"), "stroke-width": 2.6 * k, "stroke-linejoin": "round", "paint-order": "stroke", "font-weight": bold, "pointer-events": "none" });
    lines.forEach((line, i) => text.append(svg("tspan", { x: box.x, y: box.y + (9.2 + 11.2 * i) * k }, i < lines.length - 1 ? `${line} ` : line)));
    layer.append(text);
    if (++count > 420) break;
  }
}
const fullName = (n) => (isProduct(n) ? productName(n.data.product) : n.label);
// A name on one line, on up to six, and what is shorter in whole words; its country is that of its lane.
function waysToSay(n, size, room) {
  const fits = (text) => textWidth(text, size) <= room, name = fullName(n), lines = wrapped(name, size, room);
  if (fits(name)) return [[name]];
  const place = shortName(countryName(n.data.country)), bare = name.replace(/ \([^)]*\)/g, "");
  const homely = bare.startsWith(`${place}, `) ? bare.slice(place.length + 2) : bare.endsWith(` of ${place}`) ? bare.slice(0, -place.length - 4) : bare;
  const own = homely.charAt(0).toUpperCase() + homely.slice(1), first = own.split(", ")[0];
  const ways = [lines, [bare], [own], wrapped(bare, size, room), wrapped(own, size, room), [first.length > 4 ? first : ""], [isProduct(n) ? n.data.product : ""]];
  return ways.filter((some) => some.length <= 6 && some[0] && some[0] !== place && some.every(fits));
}
// Lines above and below a dot may lie where its neighbours have their names.
const wantedByOthers = (n, box, lit, k) => (CELLMATES.get(`${laneOf(n.data.country)}/${n.data.column}`) ?? [])
  .some((m) => m !== n && (!lit || lit.of(m.id) > 0) && box.x < m.x + m.size + (m.size > 2.4 ? 40 * k : 0) && m.x - m.size < box.x + box.w && Math.abs(m.y - n.y) < box.h / 2 + (m.size > 2.4 ? 4 * k : m.size))
  || overEdge(n, box);
function overEdge(n, box) {
  const lane = LANE.get(laneOf(n.data.country));
  return box.y < lane.y - 3 || box.y + box.h > lane.y + lane.height + 3;
}
// A name over other dots of its own cell would hide them.
const crowded = (n, box, lit) => (CELLMATES.get(`${laneOf(n.data.country)}/${n.data.column}`) ?? [])
  .some((m) => m !== n && (!lit || lit.of(m.id) > 0) && m.x > n.x && m.x - m.size < box.x + box.w && Math.abs(m.y - n.y) < m.size + box.h / 2 - 1);
// Where the next cell of the lane that holds a dot begins: a name may run so far.
function edgeAfter(n) {
  const next = P.matrix.columns.slice(ORDER.get(n.data.column) + 1).find((c) => CELLMATES.has(`${laneOf(n.data.country)}/${c.id}`));
  return next ? next.x + 5 : P.matrix.width - 4;
}
const CELLMATES = new Map();
for (const n of NODES) push(CELLMATES, `${laneOf(n.data.country)}/${n.data.column}`, n);

function paintHeads() {
  const { heads, names } = M.layers, k = unit(), { x, y } = M.box;
  heads.replaceChildren();
  names.replaceChildren();
  const label = (text, size, at, options) => svg("text", { "font-size": size * k, ...at, ...options }, text);
  names.append(svg("rect", { x, y, width: EDGE * k - 6 * k, height: M.box.h, fill: tone("paper") }));
  P.matrix.lanes.forEach((lane, i) => {
    if (lane.id !== "*" && i % 2 === 0) names.append(svg("rect", { x, y: lane.y, width: EDGE * k - 6 * k, height: lane.height, fill: tone("band") }));
    const clickable = REMOVALS.has(`country:${lane.id}`);
    const middle = lane.y + lane.height / 2, lines = wrapped(shortName(lane.name), 11.5, EDGE - 28, 560);
    names.append(svg("rect", { x: x + 10 * k, y: middle - 4 * k, width: 4 * k, height: 8 * k, rx: 2 * k, fill: colour(lane.colour), opacity: lane.id === "*" ? 0 : 1 }));
    lines.forEach((line, j) => names.append(label(line, 11.5, { x: x + 20 * k, y: middle + (4 + 12 * (j - (lines.length - 1) / 2)) * k },
      { fill: tone(lane.id === "*" ? "faint" : "ink"), "font-weight": 560, "data-lane": lane.id, cursor: clickable ? "pointer" : "default" })));
  });
  heads.append(svg("rect", { x, y, width: M.box.w, height: HEAD * k - 3 * k, fill: tone("paper") }));
  let group = "";
  for (const c of P.matrix.columns) {
    const at = c.x + (c.stage === "product" ? 6 : 8), room = (c.width - 9) / k;
    if (at < x + (EDGE - 4) * k) continue;
    const split = P.matrix.columns.filter((d) => d.group === c.group).length > 1;
    if (split && c.group !== group) heads.append(label(c.group.toUpperCase(), 9.5, { x: at, y: y + 12 * k }, { fill: tone("faint"), "font-weight": 600, "letter-spacing": 0.7 * k }));
    group = c.group;
    const widest = Math.max(...wrapped(c.title, 13, room, 620).map((line) => textWidth(line, 13, 620))), size = Math.min(13, (13 * room) / widest);
    wrapped(c.title, size, room, 620).slice(0, 2).forEach((line, i) => heads.append(label(line, size, { x: at, y: y + (27 + 13.5 * i) * k }, { fill: tone("ink"), "font-weight": 620, "data-column": c.id, cursor: "pointer" })));
    c.lines.forEach((line, i) => heads.append(label(line, Math.min(10.2, (10.2 * room) / textWidth(line, 10.2)), { x: at, y: y + (54 + 12.5 * i) * k }, { fill: tone("soft"), "pointer-events": "none" })));
  }
}

function paintRing() {
  M.layers.ring.replaceChildren();
  const n = BY_ID.get(M.cursor);
  if (!n || document.activeElement !== M.picture) return;
  M.layers.ring.append(svg("circle", { cx: n.x, cy: n.y, r: n.size + 4 * unit(), fill: "none", stroke: tone("accent"), "stroke-width": 2 * unit() }));
}

// Pointer, keyboard, zoom.
function spot(event) {
  const box = M.picture.getBoundingClientRect(), k = M.box.w / box.width;
  return [M.box.x + (event.clientX - box.left) * k, M.box.y + (event.clientY - box.top) * k];
}
function nearest(x, y) {
  let best = null, least = Infinity;
  for (const n of NODES) {
    const gap = Math.hypot(n.x - x, n.y - y) - n.size;
    if (gap < least) { least = gap; best = n; }
  }
  return least <= 5 * unit() ? best : null;
}
function what(event) {
  const { lane, column, ribbon } = event.target.dataset ?? {};
  if (lane) return { lane };
  if (column) return { column };
  const node = nearest(...spot(event));
  if (node) return { node };
  return ribbon === undefined ? {} : { ribbon: EDGES[Number(ribbon)] };
}
function pointAt(event) {
  if (event.buttons) return;
  const { node, lane, column, ribbon } = what(event);
  M.picture.style.cursor = node || ribbon || (lane && lane !== "*") || column ? "pointer" : "default";
  if (node) tip(event, nodeLines(node));
  else if (ribbon) tip(event, ribbonLines(ribbon));
  else if (column) tip(event, columnLines(COLUMN.get(column)));
  else if (lane) tip(event, [LANE.get(lane).name, lane === "*" ? "Countries with projects only" : `${pct(LANE.get(lane).share)} of the stages, on average`, ...tipLine(REMOVALS.get(`country:${lane}`))]);
  else tip(event, null);
}
function nodeLines(n) {
  const d = n.data, lines = [n.label, `${countryName(d.country)} · ${d.step}${d.status && d.status !== "operating" ? ` · ${d.status}` : ""}`];
  if (isProduct(n)) lines.push(`${num(d.units)} ${d.unit}`);
  else if (d.quantity > 0) lines.push(`${num(d.quantity)} ${d.unit}, ${pct(d.share)} of its column`);
  else lines.push("no output of its own in the base year's balance");
  const left = monthFlows();
  if (left && n.data.quantity > 0) lines.push(`${pct(left.node(n))} of it in ${monthText(monthShown().month)}`);
  return [...lines, ...tipLine(REMOVALS.get(`facility:${n.id}`))];
}
function cellName(cell) {
  const cut = cell.lastIndexOf("/"), lane = LANE.get(cell.slice(5, cut)), block = cell.slice(cut + 1);
  return `${shortName(lane?.name)}, ${block === "product" ? "products" : (COLUMN.get(block)?.title ?? block).toLowerCase()}`;
}
function ribbonLines({ from, to, data }) {
  return [`${cellName(from)} → ${cellName(to)}`, `${num(data.quantity)} ${data.unit}`,
    ...data.materials.slice(0, 4).map(([m, q]) => `${m} ${num(q)}`),
    `${pct(data.reported ?? 0)} on routes that a published figure pins`, ...leftLine((left) => left.ribbon(EDGES.findIndex((e) => e.data === data)))];
}
function leftLine(part) { const left = monthFlows(); return left ? [`${pct(part(left))} of it in ${monthText(monthShown().month)}`] : []; }
const columnLines = (c) => [steps(c).length > 1 || c.stage === "product" ? `${c.group}: ${steps(c).join(", ")}` : c.title,
  ...(c.total > 0 ? [`${num(c.total)} ${c.unit}`, ...(c.top ?? []).slice(0, 5).map(([n, s]) => `${countryName(n)} ${pct(s)}`)] : [])];

// The address is written when a movement has ended: browsers slow down what changes it more often.
function paintMoved() {
  paintMatrix();
  clearTimeout(M.ended);
  M.ended = setTimeout(writeHash, 250);
}
function place(x, y, w) {
  const full = wholeBox(), within = (value, least, most) => Math.max(least, Math.min(most, value));
  M.zoomed = w < full.w * 0.999;
  w = Math.max(full.w / 12, w);
  const h = (w * full.h) / full.w;
  M.box = M.zoomed ? { w, h, x: within(x, full.x, full.x + full.w - w), y: within(y, full.y, full.y + full.h - h) } : full;
  paintMoved();
}
function zoom(factor, x = M.box.x + M.box.w / 2, y = M.box.y + M.box.h / 2) {
  const w = M.box.w / factor, f = w / M.box.w;
  place(x - (x - M.box.x) * f, y - (y - M.box.y) * f, w);
}
function steer(event) {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (event.key === "+" || event.key === "-") { zoom(event.key === "+" ? 1.4 : 1 / 1.4); event.preventDefault(); return; }
  if (event.key === "Enter" || event.key === " ") { if (M.cursor) severalAsked(event) ? toggle(keyOf(BY_ID.get(M.cursor))) : choose({ node: M.cursor }); event.preventDefault(); return; }
  if (!step) return;
  event.preventDefault();
  const now = BY_ID.get(M.cursor) ?? BY_ID.get(S.node);
  const next = now ? neighbour(now, ...step) : NODES[0];
  if (!next) return;
  M.cursor = next.id;
  say(nodeLines(next).join(", "));
  paintRing();
}
function neighbour(n, dx, dy) {
  if (dy) {
    const column = NODES.filter((m) => m.data.column === n.data.column).sort((a, b) => a.y - b.y || a.x - b.x);
    return column[column.indexOf(n) + dy];
  }
  for (let i = ORDER.get(n.data.column) + dx; i >= 0 && i < P.matrix.columns.length; i += dx) {
    const there = NODES.filter((m) => ORDER.get(m.data.column) === i);
    if (there.length) return there.reduce((best, m) => (Math.abs(m.y - n.y) < Math.abs(best.y - n.y) ? m : best));
  }
  return null;
}
