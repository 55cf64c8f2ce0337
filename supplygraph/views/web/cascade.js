// What a set of removals costs when nobody reroutes: the cascade of docs/methods/cascade.md, solved
// in the page. Plain functions of arrays, without the page around them, so that a network of three
// nodes can be followed by hand. With the words of that page,
//
//   made_k = left_k  sum_a share_ak h_a
//   home_k = own_k made_k + sum over arcs into k of share left_arc made_origin
//   h_i    = min(left_i, min over the groups g that i owns of sum_j share_gj home_j)
//
// where the shares of a pool's makers, of what is at home in a pool, and of a group each add up to 1.
// Levels start at those without a removal and only fall, pass after pass, until none moves by more
// than TOLERANCE. The engine settles a chain without loops in one sorted pass; passes in any order
// end at the same levels, which are unique there, and a chain with loops is passed through alike.
const TOLERANCE = 1e-12, MOST_PASSES = 10000;
const NOTHING = 1e-12; // of a loss: what sums of shares leave of 0

const whole = (count) => new Float64Array(count).fill(1);
const usersOf = (net) => net.activities + net.demand.market.length;

// The record's flows as shares. Divided by their own sums, so that rounded flows leave no loop that
// gains or drains by itself.
function networkOf({ made, kept, arc, need, ...rest }) {
  const shares = (quantity, of, extra = []) => {
    const sums = [...extra];
    quantity.forEach((q, e) => { sums[of[e]] = (sums[of[e]] ?? 0) + q; });
    return { share: quantity.map((q, e) => q / sums[of[e]]), sums };
  };
  const home = shares(arc.quantity, arc.destination, kept);
  return {
    ...rest,
    made: { ...made, share: shares(made.quantity, made.pool).share },
    own: kept.map((q, k) => (q > 0 ? q / home.sums[k] : 0)),
    arc: { ...arc, share: home.share },
    need: { ...need, share: shares(need.quantity, need.group).share },
  };
}

// Levels of users (activities, then demands) under what is left of activities, of what pools make,
// and of what every arc carries. `start` holds levels that no removal can exceed.
function settle(net, start, left) {
  const { made, own, arc, need, owner } = net, pools = own.length;
  const user = start.map((level, i) => (i < net.activities ? Math.min(level, left.activity[i]) : level));
  const output = new Float64Array(pools), home = new Float64Array(pools), served = new Float64Array(owner.length);
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    output.fill(0);
    for (let e = 0; e < made.pool.length; e++) output[made.pool[e]] += made.share[e] * user[made.activity[e]];
    for (let k = 0; k < pools; k++) { output[k] *= left.made[k]; home[k] = own[k] * output[k]; }
    // An arc carries the made level of its origin, never what is at home there.
    for (let e = 0; e < arc.origin.length; e++) home[arc.destination[e]] += arc.share[e] * left.arc[e] * output[arc.origin[e]];
    served.fill(0);
    for (let e = 0; e < need.group.length; e++) served[need.group[e]] += need.share[e] * home[need.pool[e]];
    let fall = 0;
    for (let g = 0; g < owner.length; g++) {
      const down = user[owner[g]] - served[g];
      if (down > 0) { user[owner[g]] = served[g]; fall = Math.max(fall, down); }
    }
    if (fall <= TOLERANCE) return user;
  }
  throw new Error(`The cascade still moves after ${MOST_PASSES} passes. Ask the command line.`);
}

// What an outage leaves of all that a pool sends to other markets, if plants run on and only what they
// export stays away: their part of its output.
function leftToLeave(net, outage) {
  const { made } = net, pools = net.own.length;
  const all = new Float64Array(pools), stays = new Float64Array(pools), hit = new Set();
  for (let e = 0; e < made.pool.length; e++) {
    const left = outage.activity[made.activity[e]];
    all[made.pool[e]] += made.share[e];
    stays[made.pool[e]] += made.share[e] * left;
    if (left < 1) hit.add(made.pool[e]); // sums of parts leave rounding: other pools stay whole
  }
  return outage.made.map((left, k) => Math.min(left, hit.has(k) && all[k] > 0 ? stays[k] / all[k] : 1));
}

const untouched = (net) => ({ activity: whole(net.activities), made: whole(net.own.length), arc: whole(net.arc.origin.length) });
function outageOf(net, taken, share) {
  const outage = untouched(net);
  for (const one of taken)
    for (const part of ["activity", "made"])
      for (const i of one[part] ?? []) outage[part][i] = 1 - share;
  return outage;
}

const marketOf = (pool) => pool.slice(pool.lastIndexOf("@") + 1);
// Of every arc what a licence leaves: of what is taken, the share approved for the market it goes to.
// Approved shares stand by market; `*` holds for all others. A stop of exports is one share for all.
function leftByLicence(net, taken, licence) {
  const leaves = new Map();
  return Float64Array.from(net.arc.origin, (origin, e) => {
    const market = marketOf(net.pools[net.arc.destination[e]]), approved = licence[Object.hasOwn(licence, market) ? market : "*"];
    if (!leaves.has(approved)) leaves.set(approved, leftToLeave(net, outageOf(net, taken, 1 - approved)));
    return leaves.get(approved)[origin];
  });
}

// What is left under several removals, all alike: a `share` of each stops, or its exports do, or of these
// leaves what a `licence` approves.
function leftUnder(net, taken, { share, acts, licence }) {
  const arc = licence ?? (acts === "export-stop" ? { "*": 1 - share } : null);
  const left = arc ? { ...untouched(net), arc: leftByLicence(net, taken, arc) } : outageOf(net, taken, share);
  // What the month itself takes: plants that closed since the base year.
  net.closed.activity.forEach((a, n) => { left.activity[a] = Math.min(left.activity[a], net.closed.left[n]); });
  return left;
}

// Levels without a removal: those that a removal starts from, and those it is held against.
const UNHURT = new WeakMap();
function unhurt(net) {
  if (!UNHURT.has(net)) {
    const start = settle(net, whole(usersOf(net)), untouched(net));
    UNHURT.set(net, { start, month: settle(net, start, leftUnder(net, [], { share: 0, acts: "outage" })) });
  }
  return UNHURT.get(net);
}

// Share lost of some demands by their weights; null where nothing weighs.
function meanLoss(lost, weight, demands) {
  let sum = 0, total = 0;
  for (const i of demands) { sum += weight[i] * lost[i]; total += weight[i]; }
  return total > 0 ? (sum / total < NOTHING ? 0 : sum / total) : null;
}

// Losses under none: weighted totals abroad, at home and of all, and one row for each product,
// region and segment. Home are the markets of what is taken away; under a licence, those whose exports fall.
function lossUnderNone(net, taken, how) {
  const { start, month } = unhurt(net);
  const left = leftUnder(net, taken, how), level = settle(net, start, left);
  const { market, weight, units } = net.demand;
  const markets = new Set(how.licence ? net.arc.origin.filter((_, e) => left.arc[e] < 1).map((k) => marketOf(net.pools[k])) : taken.flatMap((one) => one.markets ?? []));
  const lost = market.map((_, i) => Math.min(1, Math.max(0, month[net.activities + i] - level[net.activities + i])));
  const all = market.map((_, i) => i), home = all.filter((i) => markets.has(market[i])), abroad = all.filter((i) => !markets.has(market[i]));
  return {
    abroad: meanLoss(lost, weight, abroad), home: meanLoss(lost, weight, home), total: meanLoss(lost, weight, all),
    rows: net.rows.map(([product, region, segment, unit, demands]) => ({
      product, region, segment, unit, demand: demands.reduce((sum, i) => sum + units[i], 0), none: meanLoss(lost, units, demands),
      place: demands.every((i) => markets.has(market[i])) ? "home" : demands.some((i) => markets.has(market[i])) ? "both" : "abroad",
    })),
  };
}
