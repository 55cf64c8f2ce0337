// Plants where they stand, and flows between countries. A tenth of a degree is a unit, north and south
// stretched so that shapes are true at 40 degrees (equirectangular); land.js holds the outline. What has no place of its own (products, rests of groups) stands with its country's plants.
const STRETCH = 1.3, WORLD = { x: -1330, y: -1010, w: 3020, h: 1760 };
const NAMED_COUNTRIES = 40;
const A = { picture: null, box: null };
const SITES = NODES.filter((n) => !missing(n.data.at)).map((n) => ({ n, x: n.data.at[1] * 10, y: -n.data.at[0] * 10 * STRETCH }));
const SITE = new Map(SITES.map((site) => [site.n.id, site]));
// A country stands where its plants do on average, each by its share of its stage.
const CENTRES = new Map();
{
  const sums = new Map();
  for (const { n, x, y } of SITES) push(sums, n.data.country, [x, y, (n.data.share ?? 0) + 1e-4]);
  for (const [country, all] of sums) {
    const whole = all.reduce((sum, [, , w]) => sum + w, 0);
    CENTRES.set(country, { x: all.reduce((sum, [x, , w]) => sum + x * w, 0) / whole, y: all.reduce((sum, [, y, w]) => sum + y * w, 0) / whole });
  }
}
const isOpen = (n) => n.pattern === "open";
const placeOf = (n) => SITE.get(n.id) ?? CENTRES.get(n.data.country);
const laneOfCell = (cell) => cell.slice(5, cell.lastIndexOf("/"));

function drawMap() {
  A.picture = svg("svg", { id: "map", role: "group", "font-family": FONT, tabindex: 0, "aria-label": `Map of ${SITES.length} plants with a known place, and flows between countries. The tab Table lists all of them.` });
  byId("view-map").replaceChildren(A.picture);
  A.picture.addEventListener("wheel", (e) => {
    const whole = (A.box ?? WORLD).w >= WORLD.w;
    if (e.deltaY > 0 && whole) return;
    e.preventDefault();
    zoomMap(e.deltaY < 0 ? 1.25 : 0.8, ...mapSpot(e));
  }, { passive: false });
  A.picture.addEventListener("pointerdown", dragMap);
  paintMap();
}
function paintMap() {
  const box = A.box ?? WORLD, k = box.w / (A.picture.clientWidth || 1240), lit = lighting(), left = monthFlows(), parts = [];
  A.picture.setAttribute("viewBox", `${box.x} ${box.y} ${box.w} ${box.h}`);
  parts.push(svg("path", { d: LAND, fill: tone("track"), transform: `scale(1 ${STRETCH})` }), svg("path", { d: BORDERS, fill: "none", stroke: tone("paper"), "stroke-width": 0.8 * k, transform: `scale(1 ${STRETCH})` }));
  lit?.start.size || S.flow ? parts.push(...mapArcs(lit, k)) : parts.push(...mapFlows(lit, left, k));
  for (const { n, x, y } of SITES.slice().sort((a, b) => isOpen(b.n) - isOpen(a.n) || b.n.size - a.n.size)) {
    const light = (lit ? lit.of(n.id) : 1) * (left ? left.node(n) ** 2 : 1), r = (isOpen(n) ? 1.8 : Math.max(2.2, n.size * 0.9)) * k, open = n.pattern !== "reported";
    const dot = svg("circle", { cx: x, cy: y, r, fill: open ? tone("halo") : colour(Number(n.color)), stroke: isOpen(n) ? tone("faint") : open ? colour(Number(n.color)) : tone("halo"), "stroke-width": (open ? 1.3 : 0.7) * k,
      opacity: light ? (0.35 + 0.65 * Math.sqrt(light)).toFixed(2) : 0.12, cursor: "pointer", "data-site": n.id });
    dot.addEventListener("pointermove", (e) => tip(e, nodeLines(n)));
    dot.addEventListener("pointerleave", (e) => tip(e, null));
    parts.push(dot);
  }
  A.picture.replaceChildren(...parts, ...mapNames(box, k, lit));
}
// Flows from country to country, of all stages; thickest as in the matrix.
function mapFlows(lit, left, k) {
  const shown = lit ? ribbonTest(lit) : () => true, sums = new Map();
  EDGES.forEach((edge, i) => {
    const [from, to] = [laneOfCell(edge.from), laneOfCell(edge.to)];
    if (from === to || !CENTRES.has(from) || !CENTRES.has(to) || !shown(edge)) return;
    const width = edge.data.width * Math.sqrt(left ? left.ribbon(i) : 1), known = sums.get(`${from}>${to}`);
    if (!known || known.width < width) sums.set(`${from}>${to}`, { from, to, width, i });
  });
  return [...sums.values()].sort((a, b) => b.width - a.width).map(({ from, to, width, i }) => {
    const path = svg("path", { d: bow(CENTRES.get(from), CENTRES.get(to)), fill: "none", stroke: colour(LANE.get(from)?.colour ?? 7), "stroke-width": (width * 0.55 * k).toFixed(2), "stroke-linecap": "round", opacity: 0.42, cursor: "pointer", "data-flow": RIBBON_KEYS[i] });
    path.addEventListener("pointermove", (e) => tip(e, ["Largest flow between the two:", ...ribbonLines(EDGES[i])]));
    path.addEventListener("pointerleave", (e) => tip(e, null));
    return path;
  });
}
// Lines of a selection between places, as in the matrix.
function mapArcs(lit, k) {
  const arcs = S.flow ? partsOf(FLOWS.get(S.flow)).slice(0, ARCS) : arcsOf(lit.start), most = arcs[0]?.q ?? 1;
  return arcs.flatMap(({ id, other, down, q }) => {
    const [a, b] = [BY_ID.get(down ? id : other), BY_ID.get(down ? other : id)].map(placeOf);
    if (!a || !b || (a.x === b.x && a.y === b.y)) return [];
    return [svg("path", { d: bow(a, b), fill: "none", stroke: tone(down ? "loss" : "accent"), "stroke-width": ((0.7 + 4.3 * Math.sqrt(q / most)) * k).toFixed(2), "stroke-linecap": "round", opacity: 0.55, "pointer-events": "none" })];
  });
}
const bow = (a, b) => `M${a.x.toFixed(1)} ${a.y.toFixed(1)}Q${((a.x + b.x) / 2 - (b.y - a.y) * 0.18).toFixed(1)} ${((a.y + b.y) / 2 - Math.abs(b.x - a.x) * 0.18).toFixed(1)} ${b.x.toFixed(1)} ${b.y.toFixed(1)}`;
// Countries first, then plants, as far as names fit without touching.
function mapNames(box, k, lit) {
  const taken = [], parts = [], free = (one) => !taken.some((t) => one.x < t.x + t.w && t.x < one.x + one.w && one.y < t.y + t.h && t.y < one.y + one.h);
  const write = (text, at, size, more) => {
    const one = { x: at.x, y: at.y - size * 0.8 * k, w: textWidth(text, size, more["font-weight"]) * k, h: size * 1.15 * k };
    if (at.x < box.x || at.x + one.w > box.x + box.w || at.y < box.y || at.y > box.y + box.h || !free(one)) return;
    taken.push(one);
    parts.push(svg("text", { x: at.x, y: at.y, "font-size": size * k, stroke: tone("halo"), "stroke-width": 2.6 * k, "paint-order": "stroke", "stroke-linejoin": "round", "pointer-events": "none", ...more }, text));
  };
  const close = box.w < WORLD.w / 2.2;
  for (const lane of P.matrix.lanes.filter((one) => CENTRES.has(one.id)).slice(0, NAMED_COUNTRIES)) {
    const at = CENTRES.get(lane.id);
    write(shortName(lane.name), { x: at.x + 7 * k, y: at.y + 4 * k }, 11.5, { fill: tone("ink"), "font-weight": 620 });
  }
  for (const { n, x, y } of SITES.filter(({ n }) => (close && !isOpen(n) && (!lit || lit.of(n.id) > 0)) || lit?.start.has(n.id)).sort((a, b) => b.n.size - a.n.size))
    write(n.label, { x: x + (n.size + 4) * k, y: y + 3.5 * k }, 10.5, { fill: tone("ink"), "font-weight": lit?.start.has(n.id) ? 620 : 400 });
  return parts;
}
function mapSpot(event) {
  const rect = A.picture.getBoundingClientRect(), box = A.box ?? WORLD, k = box.w / rect.width;
  return [box.x + (event.clientX - rect.left) * k, box.y + (event.clientY - rect.top) * k];
}
function zoomMap(factor, x, y) {
  const box = A.box ?? WORLD, w = Math.max(WORLD.w / 30, Math.min(WORLD.w, box.w / factor)), f = w / box.w;
  const [cx, cy] = [x ?? box.x + box.w / 2, y ?? box.y + box.h / 2];
  A.box = w >= WORLD.w ? null : { x: cx - (cx - box.x) * f, y: cy - (cy - box.y) * f, w, h: box.h * f };
  paintMap();
}
function fitMap() { A.box = null; paintMap(); }
function dragMap(event) {
  const from = { x: event.clientX, y: event.clientY, box: { ...(A.box ?? WORLD) } };
  let moved = false;
  const move = (e) => {
    moved ||= Math.hypot(e.clientX - from.x, e.clientY - from.y) > 4;
    if (!moved || event.pointerType === "touch") return;
    const k = from.box.w / A.picture.clientWidth;
    A.box = { ...from.box, x: from.box.x - (e.clientX - from.x) * k, y: from.box.y - (e.clientY - from.y) * k };
    tip(e, null);
    paintMap();
  };
  const end = (e) => {
    for (const [name, run] of Object.entries(heard)) removeEventListener(name, run);
    if (moved || e.type === "pointercancel") return;
    const { site, flow } = event.target.dataset ?? {};
    if (site && severalAsked(e) && removable(keyOf(BY_ID.get(site)))) toggle(keyOf(BY_ID.get(site)));
    else choose(site ? { node: site } : { flow });
  };
  const heard = { pointermove: move, pointerup: end, pointercancel: end };
  for (const [name, run] of Object.entries(heard)) addEventListener(name, run);
}
const mapCsv = () => csvText([["id", "name", "country", "stage", "process", "latitude", "longitude", "output", "unit", "share_of_column"],
  ...SITES.map(({ n }) => [n.id, n.label, n.data.country, n.data.stage, n.data.process, n.data.at[0], n.data.at[1], n.data.quantity, n.data.unit, n.data.share])]);
function mapLegend(item, mark, ring, ink) {
  const placed = NODES.filter((n) => !isProduct(n) && !isOpen(n)).filter((n) => !SITE.has(n.id)).length;
  const absent = P.matrix.lanes.filter((lane) => lane.id !== "*" && !CENTRES.has(lane.id)).map((lane) => shortName(lane.name));
  return [item(mark(ring({ fill: ink })), "output published"), item(mark(ring({ fill: "none", stroke: ink, "stroke-width": 1.6 })), "estimated"),
    item(mark(ring({ r: 2.4, fill: "none", stroke: tone("faint") })), "no output in the base year"),
    item(mark(svg("rect", { x: 0, y: 3, width: 18, height: 6, fill: ink, opacity: 0.4 })), "largest flow between two countries, coloured by where it comes from"),
    el("span", {}, `A country stands where its plants do on average. ${plural(placed, "running node")} without a place of its own${absent.length ? `; no place for ${absent.join(", ")}` : ""}. Outline: Natural Earth, public domain.`)];
}
