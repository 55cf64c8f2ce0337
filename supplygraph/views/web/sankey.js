// The country Sankey: heights are tonnes a year, one scale for the whole picture.
const boxOf = (end) => P.sankey.boxes.find((b) => b.country === end[0] && b.column === end[1]);
function drawSankey() {
  const K = P.sankey, root = byId("view-sankey");
  const picture = svg("svg", { viewBox: `0 0 ${K.width} ${K.height}`, id: "sankey", role: "group", "font-family": FONT,
    "aria-label": "Flows between countries and stages, heights in tonnes a year" });
  for (const c of K.columns)
    wrapped(c.title, 13, (K.width - 40) / K.columns.length - 12, 620).slice(0, 3).forEach((line, i) => picture.append(svg("text", { x: c.x, y: 14 + 15 * i, "font-size": 13, "font-weight": 620, fill: tone("ink") }, line)));
  const title = new Map(K.columns.map((c) => [c.id, c.title]));
  const left = monthFlows();
  for (const band of K.bands) {
    const country = S.filters.country;
    const strong = S.flow ? bandKey(band) === S.flow : S.box ? [band.from, band.to].some((end) => end.join("/") === S.box) : !country || band.from[0] === country || band.to[0] === country;
    const made = svg("path", {
      d: band.back ? backBand(...band.ends) : curve(...band.ends, false), fill: "none", stroke: colour(band.colour ?? 7), "stroke-width": left ? (band.width * left.band(band)).toFixed(2) : band.width,
      opacity: strong ? 0.3 : 0.05, "stroke-dasharray": band.back ? "5 4" : undefined,
    });
    const a = boxOf(band.from), b = boxOf(band.to);
    made.addEventListener("pointermove", (e) => tip(e, [`${a.name}, ${title.get(a.column)} → ${b.name}, ${title.get(b.column)}`,
      ...Object.entries(band.units).map(([u, q]) => `${num(q)} ${u}`), `${pct(band.reported ?? 0)} on routes that a published figure pins`, ...leftLine((now) => now.band(band))]));
    made.addEventListener("pointerleave", (e) => tip(e, null));
    made.addEventListener("click", (e) => { e.stopPropagation(); choose({ flow: bandKey(band) }); });
    made.dataset.band = bandKey(band);
    made.setAttribute("cursor", "pointer");
    picture.append(made);
    if (strong && (band.reported ?? 0) >= 0.5)
      picture.append(svg("path", { d: made.getAttribute("d"), fill: "none", stroke: colour(band.colour ?? 7), "stroke-width": 1.3, opacity: 0.9, "pointer-events": "none" }));
  }
  let last = { column: "", y: -99 };
  for (const box of K.boxes) {
    const open = (e) => { e.stopPropagation(); choose({ box: `${box.country}/${box.column}` }); };
    const block = svg("rect", { x: box.x, y: box.y ?? 0, width: K.bar, height: box.height, fill: colour(box.colour ?? 7), rx: Math.min(2, box.height / 2), cursor: "pointer",
      tabindex: 0, role: "button", "aria-label": `${box.name}, ${title.get(box.column)}, ${num(box.quantity)} t a year`, "data-box": `${box.country}/${box.column}` });
    block.addEventListener("click", open);
    block.addEventListener("keydown", (e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); open(e); } });
    picture.append(block);
    if (left) { // what the base year has stays as a shadow
      block.setAttribute("opacity", 0.25);
      picture.append(svg("rect", { x: box.x, y: box.y ?? 0, width: K.bar, height: (box.height * left.box(`${box.country}/${box.column}`)).toFixed(2), fill: colour(box.colour ?? 7), "pointer-events": "none", "data-left": `${box.country}/${box.column}` }));
    }
    const y = (box.y ?? 0) + box.height / 2 + 4;
    if (last.column === box.column && y - last.y < 12) continue;
    last = { column: box.column, y };
    const text = svg("text", { x: box.x + K.bar + 5, y, "font-size": 11, fill: tone("ink"), stroke: tone("halo"), "stroke-width": 2.8, "paint-order": "stroke", "stroke-linejoin": "round" });
    text.append(svg("tspan", { "font-weight": 560 }, shortName(box.name)), svg("tspan", { fill: tone("soft") }, `  ${num(box.quantity)} t`));
    text.setAttribute("cursor", "pointer");
    text.addEventListener("click", open);
    picture.append(text);
  }
  picture.addEventListener("click", () => choose({}));
  root.replaceChildren(picture);
}
function backBand(x1, y1, x2, y2) {
  if (x2 > x1 - P.sankey.bar - 1) return `M${x1} ${y1}C${x1 + 34} ${y1 - 6} ${x1 + 34} ${y2 + 14} ${x2 + P.sankey.bar} ${y2 + 8}`;
  const low = P.sankey.height - 8;
  return `M${x1} ${y1}C${x1 + 60} ${y1} ${x1 + 60} ${low} ${x1} ${low}L${x2} ${low}C${x2 - 60} ${low} ${x2 - 60} ${y2} ${x2} ${y2}`;
}
