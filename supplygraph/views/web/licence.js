// An export licence on the set: of each route from there to a destination the approved share leaves.
const REST = "*"; // all destinations without a share of their own
const SHOWN_MARKETS = 3;
const licensed = () => (exporting() && W.set.length ? W.licence : null);
const marketName = (market) => shortName(countryName(market));

// Markets that the set sends to, those first where most is counted; what the address names stays.
function destinations() {
  const taken = W.set.map(removable), stopped = leftByLicence(NET, taken, { [REST]: 0 }), weight = new Map();
  NET.arc.destination.forEach((k, e) => { if (stopped[e] < 1) weight.set(marketOf(NET.pools[k]), 0); });
  NET.demand.market.forEach((market, i) => { if (weight.has(market)) weight.set(market, weight.get(market) + NET.demand.weight[i]); });
  return [...weight.keys()].sort((a, b) => weight.get(b) - weight.get(a) || (a < b ? -1 : 1));
}
function licenceButton() {
  const on = licensed();
  return el("button", { class: "quiet", id: "licence", "aria-pressed": String(Boolean(on)), on: { click: () => {
    if (!on) act(EXPORTS);
    W.licence = on ? null : W.licence ?? { [REST]: 1 - W.share };
    showSet();
  } } }, on ? "Drop the licence" : "Export licence by destination");
}
function licenceFields() {
  const all = destinations(), named = Object.keys(W.licence).filter((market) => market !== REST);
  const shown = [...new Set([...all.slice(0, SHOWN_MARKETS), ...named])], more = all.filter((market) => !shown.includes(market));
  const field = (market, name) => el("label", {}, el("span", {}, name), el("input", {
    type: "number", min: 0, max: 100, step: 5, id: `approved-${market}`, "aria-label": `Approved for ${name}, in per cent`, value: percentOf(own(W.licence, market)), placeholder: percentOf(W.licence[REST]),
    on: { change: (event) => approve(market, event.target) } }), " %");
  return el("div", { class: "licence", role: "group", "aria-label": "Approved share of exports by destination" },
    el("p", { class: "small" }, "Approved of what would go to"),
    shown.map((market) => field(market, marketName(market))), field(REST, "all others"),
    more.length ? el("select", { id: "approve-more", "aria-label": "A destination of its own", on: { change: (event) => approveApart(event.target.value) } },
      el("option", { value: "" }, "+ Destination"), more.map((market) => el("option", { value: market }, marketName(market)))) : null);
}
const percentOf = (share) => (missing(share) ? null : Number((100 * share).toPrecision(12)));
// A share in per cent as typed; an empty field is like all others, which need one. The fields stay as
// they are, so that the keyboard goes on from one to the next.
function approve(market, field) {
  const text = field.value.trim(), share = Number(text) / 100;
  W.refused = [];
  if (text === "" && market !== REST) delete W.licence[market];
  else if (text !== "" && share >= 0 && share <= 1) W.licence[market] = share;
  else {
    W.refused = [`The approved share '${text}' is not between 0 and 100 %. The share before it stays.`];
    field.value = percentOf(own(W.licence, market)) ?? "";
  }
  for (const other of document.querySelectorAll(".licence input")) other.placeholder = percentOf(W.licence[REST]);
  byId("answered").replaceChildren(...answered());
  writeHash();
  drawFoot();
  saySet();
}
function approveApart(market) {
  W.licence[market] = W.licence[REST];
  showSet();
  byId(`approved-${market}`).focus();
}

// In the address: `licence=US:0.3`, one for each destination, `*` for all others.
function writeLicence(parts) {
  for (const [market, share] of Object.entries(W.licence)) parts.append("licence", `${market}:${share}`);
}
function readLicence(parts) {
  const known = new Set([REST, ...(NET?.pools ?? []).map(marketOf)]), given = parts.getAll("licence");
  W.licence = given.length && W.set.length && exporting() ? { [REST]: 1 } : null;
  for (const text of W.licence ? given : []) {
    const [, market, share] = /^(.*):([\d.e-]+)$/.exec(text) ?? [];
    if (known.has(market) && Number(share) >= 0 && Number(share) <= 1) W.licence[market] = Number(share);
    else W.refused.push(`The licence '${text}' of this link names no destination with a share from 0 to 1; it is left out.`);
  }
}

// Routes by the share that stops, as `material:from>to`, wider where most fare alike: where two names
// meet the tighter share counts, so a wide one tells the least of all its routes.
function stoppedRoutes() {
  const { arc, pools } = NET, left = leftByLicence(NET, W.set.map(removable), W.licence), stops = new Map();
  const routes = arc.origin.map((k, e) => {
    const from = marketOf(pools[k]), to = marketOf(pools[arc.destination[e]]), material = pools[k].slice(0, -from.length - 1);
    return { share: Number((1 - left[e]).toPrecision(15)), told: 0, names: [`*:${from}>*`, `*:${from}>${to}`, `${material}:${from}>*`, `${material}:${from}>${to}`] };
  });
  for (const width of [0, 1, 2, 3]) {
    const named = new Map();
    for (const route of routes) push(named, route.names[width], route);
    for (const [name, some] of named) {
      const least = Math.min(...some.map((route) => route.share)), alike = some.filter((route) => route.share === least);
      if (2 * alike.length < some.length || alike.every((route) => route.told === least)) continue;
      for (const route of some) route.told = Math.max(route.told, least);
      push(stops, least, name);
    }
  }
  return stops;
}
function licenceCommand() {
  const selectors = [...stoppedRoutes()].map(([share, names]) => `id=${inQuotes(names.join("|"))}${share < 1 ? ` share=${share}` : ""}`);
  return selectors.length ? `${command(selectors)} --rerouting none` : null;
}
