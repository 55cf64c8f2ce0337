// What a pointer does in the matrix. A mouse drags the picture at any zoom, with Shift a box whose
// plants join the set; a finger scrolls the frame; a press that does not move is a click.
const STILL = 5; // pixels that a click may move
function startDrag(event) {
  const drag = event.shiftKey ? boxDrag(event) : pictureDrag(event), touch = event.pointerType === "touch";
  let moved = false;
  const move = (e) => {
    moved ||= Math.hypot(e.clientX - event.clientX, e.clientY - event.clientY) > STILL;
    if (!moved || touch) return;
    tip(e, null);
    drag.to(e);
  };
  const end = (e) => {
    for (const [name, run] of Object.entries(heard)) removeEventListener(name, run);
    if (moved && !touch) drag.end(e);
    else if (!moved && e.type !== "pointercancel") clicked(e);
  };
  const heard = { pointermove: move, pointerup: end, pointercancel: end };
  for (const [name, run] of Object.entries(heard)) addEventListener(name, run);
}
function clicked(event) {
  const { node, lane, column, ribbon } = what(event);
  const several = severalAsked(event) && (node ? keyOf(node) : lane && `country:${lane}`);
  if (several && removable(several)) toggle(several);
  else if (node) choose({ node: node.id });
  else if (lane && REMOVALS.has(`country:${lane}`)) choose({ removal: `country:${lane}` });
  else if (column) choose({ column });
  else choose({ flow: ribbon && RIBBON_KEYS[EDGES.indexOf(ribbon)] });
}
function pictureDrag(start) {
  const from = { ...M.box }, within = (value, least, most) => Math.max(least, Math.min(most, value));
  return {
    to(e) {
      const k = unit(), { w, h } = M.box, full = wholeBox();
      M.zoomed = true;
      M.box.x = within(from.x - (e.clientX - start.clientX) * k, full.x - w * SLACK, full.x + full.w - w * (1 - SLACK));
      M.box.y = within(from.y - (e.clientY - start.clientY) * k, full.y - h * SLACK, full.y + full.h - h * (1 - SLACK));
      M.picture.style.cursor = "grabbing";
      frame();
      paintHeads();
    },
    end() { paintMoved(); },
  };
}
function boxDrag(start) {
  const from = spot(start), lasso = svg("rect", { "data-lasso": "", fill: tone("accent"), "fill-opacity": 0.12, stroke: tone("accent"), "stroke-width": 1.5 * unit(), "pointer-events": "none" });
  const sides = (e) => { const to = spot(e); return [0, 1].map((i) => [Math.min(from[i], to[i]), Math.max(from[i], to[i])]); };
  return {
    to(e) {
      const [[left, right], [top, bottom]] = sides(e);
      for (const [name, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top })) lasso.setAttribute(name, value);
      if (!lasso.isConnected) M.picture.append(lasso);
    },
    end(e) {
      lasso.remove();
      if (e.type === "pointercancel") return;
      const [[left, right], [top, bottom]] = sides(e);
      takeAll(NODES.filter((n) => !isProduct(n) && n.x >= left && n.x <= right && n.y >= top && n.y <= bottom).map(keyOf));
    },
  };
}
