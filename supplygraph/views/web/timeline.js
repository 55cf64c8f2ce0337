// Scenarios month by month: losses with the range of stocks, and what acted when, on one axis of time.
const TEN_THOUSAND = 10000;
const MONTH_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const CHARTS = 8; // products drawn, those that lose most; the table beside them has all
const STEP_MS = 650;
const L = { timer: null };

const shares = (whole) => whole.map((x) => (missing(x) ? null : x / TEN_THOUSAND));
function readScenario(s) {
  const rows = s.rows.map(([product, place, segment, nominal, binding, central, low, high]) => {
    const [id, name, sector] = P.timeline.products[product], [region, regionName] = P.timeline.places[place];
    const line = shares(central);
    return { key: [id, region, segment].join("\n"), product: id, region, segment, sector, nominal: Boolean(nominal), central: line,
      low: low ? shares(low) : line, high: high ? shares(high) : line, binding: binding.map(([first, m]) => [first, P.timeline.materials[m]]),
      title: `${name}, ${shortName(regionName) || region}${segment ? `, ${segment}` : ""}` };
  });
  const total = Object.fromEntries(Object.entries(s.total).map(([key, line]) => [key, shares(line)]));
  return { ...s, rows, byKey: new Map(rows.map((r) => [r.key, r])), total, spans: s.spans.map(([id, title, state, first, last]) => ({ id, title, state, first, last })) };
}
const SCENARIOS = new Map(P.timeline.scenarios.map((s) => [s.id, readScenario(s)]));
const chosenScenario = () => SCENARIOS.get(S.scenario) ?? [...SCENARIOS.values()][0];
const comparedScenario = () => (S.compare === chosenScenario().id ? undefined : SCENARIOS.get(S.compare));
const monthText = (month) => `${MONTH_NAMES[Number(month.slice(5)) - 1]} ${month.slice(0, 4)}`;

// Months that the scenarios shown have, from the first to the last.
function axisMonths() {
  const all = [chosenScenario(), comparedScenario()].filter(Boolean).flatMap((s) => s.months).sort();
  const found = [], last = all[all.length - 1];
  for (let month = all[0]; month <= last; month = nextMonth(month)) found.push(month);
  return found;
}
function nextMonth(month) {
  const [year, number] = month.split("-").map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, "0")}`;
}
// The month shown; where none is asked for, the one in which most is lost.
function shownMonth() {
  const months = axisMonths(), { total, months: its } = chosenScenario();
  if (months.includes(S.month)) return S.month;
  return its[total.central.indexOf(Math.max(...total.central))] ?? its[0];
}
const fits = (r) => (!S.sector || r.sector === S.sector) && (!S.filters.product || r.product === S.filters.product);
const wholeShown = () => !S.sector && !S.filters.product;
const valueAt = (s, line, month) => line[s.months.indexOf(month)];

// What the address says of these tabs, while one of them is open.
function timeState() {
  if (SCENARIOS.size && (S.tab === "timeline" || monthShown())) return { scenario: chosenScenario().id, month: shownMonth(), compare: comparedScenario()?.id };
  return S.tab === "deals" && P.deals ? { place: placeShown(), portfolio: portfolioShown() } : {};
}

// Lines of words that fit a width.
function wrapped(text, size, room, weight = 400) {
  const lines = [""];
  for (const part of text.split(/\s+/)) {
    const longer = lines[lines.length - 1] ? `${lines[lines.length - 1]} ${part}` : part;
    if (textWidth(longer, size, weight) <= room || !lines[lines.length - 1]) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}
const niceTop = (most) => [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1].find((x) => most <= x) ?? 1;

// The picture from top to bottom; each row has its name to the left, or above it where there is no room.
class TimeSheet {
  constructor(width, months) {
    this.width = width;
    this.months = months;
    this.wide = width >= 760;
    this.left = this.wide ? 300 : 8;
    this.room = width - this.left - 46;
    this.top = 6;
    this.plots = []; // from where to where the line of the month goes
    this.picture = svg("svg", { id: "timeline", role: "img", "font-family": FONT, "font-size": 12, fill: tone("ink") });
  }
  x(place) { return this.left + ((place + 0.5) / this.months.length) * this.room; }
  add(name, more, text) { const made = svg(name, more, text); this.picture.append(made); return made; }
  words(text, size, more = {}) {
    for (const line of wrapped(text, size, (more.room ?? this.width - 16), more.weight)) {
      this.top += size * 1.35;
      this.add("text", { x: 8, y: this.top, "font-size": size, "font-weight": more.weight, fill: tone(more.ink ?? "ink") }, line);
    }
    this.top += 4;
  }
  // Room for one row of a height: its name stands beside or above it; gives its upper edge.
  row(name, small, height) {
    const room = this.wide ? this.left - 26 : this.width - 16, start = this.top;
    const lines = [...wrapped(name, 12, room, 560).map((t) => [t, "ink", 560]), ...(small ? wrapped(small, 11, room).map((t) => [t, "soft", 400]) : [])];
    lines.forEach(([text, ink, weight], i) => this.add("text", { x: 8, y: start + 13 + 15 * i, "font-size": ink === "ink" ? 12 : 11, "font-weight": weight, fill: tone(ink) }, text));
    const above = this.wide ? start : start + 15 * lines.length + 5;
    this.top = Math.max(above + height, start + 15 * lines.length) + 9;
    this.plots.push([above - 4, (this.wide ? this.top : above + height) + 4]);
    return above;
  }
  done(label, cursor) {
    const x = this.x(cursor), line = this.plots.map(([from, to]) => `M${x} ${from}V${to}`).join("");
    this.add("path", { d: line, stroke: tone("ink"), "stroke-width": 1.2, opacity: 0.7, id: "cursor" });
    this.picture.setAttribute("viewBox", `0 0 ${this.width} ${Math.ceil(this.top + 6)}`);
    this.picture.setAttribute("aria-label", label);
    return this.picture;
  }
}

function drawTimeline() {
  const root = byId("view-timeline");
  if (!SCENARIOS.size) { stopPlaying(); root.replaceChildren(el("p", { class: "note" }, "This page holds no scenario. Name one: ", el("code", {}, "supplygraph view --scenario FILE.yaml"))); return; }
  if (!byId("time-picture")) root.replaceChildren(el("div", { id: "time-picture" }));
  paintTimeline(axisMonths(), shownMonth());
}
function timeControls() {
  const option = (s) => el("option", { value: s.id }, s.title);
  const chosen = (id, change, label, ...options) => el("label", {}, el("span", {}, label), el("select", { id, on: { change: (e) => { change(e.target.value); paint(); sayMonth(); } } }, ...options));
  return [
    chosen("scenario", (id) => { S.scenario = id || null; S.month = null; }, "Scenario", el("option", { value: "" }, baseYear()), ...[...SCENARIOS.values()].map(option)),
    chosen("compare", (id) => { S.compare = id || null; }, "Compare with", el("option", { value: "" }, "no other"), ...[...SCENARIOS.values()].map(option)),
    el("button", { id: "play", class: "quiet", on: { click: () => (L.timer ? stopPlaying() : startPlaying()) } }, "Play"),
    el("label", { class: "month" }, el("span", { class: "unseen" }, "Month"), el("input", { id: "month", type: "range", min: 0, max: 1, step: 1, value: 0,
      on: { input: (e) => { stopPlaying(); toMonth(Number(e.target.value)); }, change: sayMonth } })),
    el("output", { id: "month-name", for: "month" }),
  ];
}
const baseYear = () => `Base year ${P.meta.base_year}`;
function toMonth(place) {
  const months = axisMonths();
  S.month = months[Math.max(0, Math.min(months.length - 1, place))];
  ({ timeline: drawTimeline, matrix: paintMatrix, sankey: drawSankey, map: paintMap })[S.tab]();
  drawTimeBar();
  drawPanel();
  writeHash();
  drawFoot();
}
const sayMonth = () => say((byId("month-note") ?? byId("answer"))?.textContent ?? "");
function startPlaying() {
  const months = axisMonths();
  if (shownMonth() === months[months.length - 1]) toMonth(0);
  L.timer = setInterval(() => {
    const now = axisMonths(), place = now.indexOf(shownMonth());
    if (byId("time-bar").hidden || place >= now.length - 1) { stopPlaying(); sayMonth(); } else toMonth(place + 1);
  }, STEP_MS);
  byId("play").textContent = "Pause";
}
function stopPlaying() {
  clearInterval(L.timer);
  L.timer = null;
  if (byId("play")) byId("play").textContent = "Play";
}

function paintTimeline(months, month) {
  const s = chosenScenario(), other = comparedScenario(), box = byId("time-picture");
  const sheet = new TimeSheet(Math.max(330, box.clientWidth || 1100), months);
  sheet.words(s.title, 15, { weight: 620 });
  if (other) sheet.words(`Dashed: ${other.title}`, 12, { ink: "accent" });
  timeAxis(sheet);
  if (wholeShown()) chart(sheet, { title: "All goods, weighted" }, s, s.total, other, other?.total, 84, niceTop(Math.max(...s.total.low, ...s.total.central, ...(other?.total.central ?? []))), month);
  if (wholeShown()) drawCustoms(sheet, s);
  for (const one of [s, other].filter(Boolean)) drawSpans(sheet, one, ACTING, other ? `Measures: ${one.title}` : "Measures");
  const worst = s.rows.filter(fits).map((r) => [r.central.reduce((a, b) => a + b, 0), r]).sort((a, b) => b[0] - a[0] || (a[1].key < b[1].key ? -1 : 1)).slice(0, CHARTS).map(([, r]) => r);
  const top = niceTop(Math.max(0, ...worst.flatMap((r) => [...r.low, ...r.central, ...(other?.byKey.get(r.key)?.central ?? [])])));
  sheet.words("Products that lose most", 12, { weight: 620 });
  for (const r of worst) chart(sheet, r, s, r, other, other?.byKey.get(r.key), 38, top, month);
  if (!worst.length) sheet.words("No product that is asked for loses anything in this scenario.", 12, { ink: "soft" });
  for (const one of [s, other].filter(Boolean)) drawSpans(sheet, one, BESIDE, other ? `On record, and deals: ${one.title}` : "On record, and deals");
  drawStops(sheet, s);
  const picture = sheet.done(`${s.title}: share lost by month, ${monthText(months[0])} to ${monthText(months[months.length - 1])}; the table beside it has every figure of a month`, months.indexOf(month));
  const at = (e) => { const { left, width } = picture.getBoundingClientRect(); return Math.floor((((e.clientX - left) / width) * sheet.width - sheet.left) / sheet.room * months.length); };
  picture.addEventListener("pointerdown", (e) => { stopPlaying(); toMonth(at(e)); sayMonth(); });
  box.replaceChildren(picture, timeLegend(s, worst.length));
}
function timeAxis(sheet) {
  const { months, room } = sheet, every = [1, 2, 3, 6, 12, 24].find((n) => room / (months.length / n) > (sheet.wide ? 66 : 92)) ?? 24;
  sheet.top += 12;
  months.forEach((m, i) => {
    if (i % every || sheet.x(i) > sheet.left + room - 20) return;
    sheet.add("text", { x: sheet.x(i), y: sheet.top, "font-size": 11, fill: tone("faint"), "text-anchor": i || sheet.wide ? "middle" : "start" }, monthText(m));
  });
  sheet.top += 7;
}
// One series with its range; a second scenario dashed in another colour.
function chart(sheet, row, s, first, other, second, height, top, month) {
  const now = valueAt(s, first.central, month);
  const small = missing(now) ? "not in this scenario's months" : `${pct(now)}, ${rangeText(valueAt(s, first.high, month), valueAt(s, first.low, month))}`;
  const above = sheet.row(row.title, small, height), offset = (one) => sheet.months.indexOf(one.months[0]);
  const y = (value) => above + height - Math.min(1, value / top) * height;
  const points = (one, line) => line.map((value, i) => `${sheet.x(i + offset(one)).toFixed(1)} ${y(value ?? 0).toFixed(1)}`);
  const path = (one, line, more) => sheet.add("path", { d: `M${points(one, line).join("L")}`, fill: "none", "stroke-linejoin": "round", ...more });
  sheet.add("rect", { x: sheet.left, y: above, width: sheet.room, height, fill: tone("band") });
  sheet.add("text", { x: sheet.left + sheet.room + 6, y: above + 9, "font-size": 10.5, fill: tone("faint") }, `${num(100 * top)} %`);
  sheet.add("text", { x: sheet.left + sheet.room + 6, y: above + height, "font-size": 10.5, fill: tone("faint") }, "0");
  sheet.add("path", { d: `M${[...points(s, first.low), ...points(s, first.high).reverse()].join("L")}Z`, fill: tone("loss"), opacity: 0.2 });
  if (first.least) path(s, first.least, { stroke: tone("least"), "stroke-width": 1.4, "stroke-dasharray": "1.5 3", "data-line": "least" });
  path(s, first.central, { stroke: tone("loss"), "stroke-width": 2, "data-line": "central" });
  if (second) path(other, second.central, { stroke: tone("accent"), "stroke-width": 1.8, "stroke-dasharray": "6 3", "data-line": "compare" });
}
const rangeText = (low, high) => (pct(low) === pct(high) ? "whatever the stocks" : `${pct(low)} to ${pct(high)} by stocks`);

// Where a scenario was lived through: tonnes of magnets that customs counted, beside those the run ships.
function drawCustoms(sheet, s) {
  const { seen, ships, fitted } = s.recorded;
  if (!seen?.length) return;
  const both = seen.map((tonnes, i) => [tonnes, ships[i]]).filter(([tonnes]) => !missing(tonnes)), sum = (i) => both.reduce((all, pair) => all + pair[i], 0);
  const told = `Marks: customs, ${num(sum(0))} t in ${plural(both.length, "month")}; line: the run ships ${num(sum(1))} t of these.${fitted ? " Calibration, no test: the licence's curve was fitted to these tonnes." : ""}`;
  const height = 66, above = sheet.row("Chinese magnets abroad, tonnes a month", told, height), most = Math.max(...ships, ...seen.map((tonnes) => tonnes ?? 0)), start = sheet.months.indexOf(s.months[0]);
  const y = (tonnes) => above + height - (tonnes / (most * 1.06)) * height;
  sheet.add("rect", { x: sheet.left, y: above, width: sheet.room, height, fill: tone("band") });
  sheet.add("text", { x: sheet.left + sheet.room + 6, y: above + 9, "font-size": 10.5, fill: tone("faint") }, `${num(Math.round(most / 10) / 100)} kt`);
  sheet.add("text", { x: sheet.left + sheet.room + 6, y: above + height, "font-size": 10.5, fill: tone("faint") }, "0");
  sheet.add("path", { d: `M${ships.map((tonnes, i) => `${sheet.x(i + start).toFixed(1)} ${y(tonnes).toFixed(1)}`).join("L")}`, fill: "none", stroke: tone("loss"), "stroke-width": 2, "data-line": "ships" });
  seen.forEach((tonnes, i) => { if (!missing(tonnes)) sheet.add("circle", { cx: sheet.x(i + start), cy: y(tonnes), r: 4, fill: tone("paper"), stroke: tone("accent"), "stroke-width": 2, "data-seen": tonnes }); });
}
// Stops of makers on record, each in its month: one plant or firm, where a row above is a whole region.
function drawStops(sheet, s) {
  const stops = s.recorded.stops ?? [], start = sheet.months.indexOf(s.months[0]), half = sheet.room / sheet.months.length / 2;
  const shown = stops.filter((stop) => !S.filters.product || stop.product === S.filters.product);
  if (!shown.length) return;
  sheet.words("Stops on record, of single makers", 12, { weight: 620 });
  for (const stop of shown) {
    const month = stop.date.slice(0, 7), place = s.months.indexOf(month);
    const above = sheet.row([stop.name, shortName(stop.place)].filter(Boolean).join(", "), `${stop.date}, ${stop.event} (${stop.evidence})`, 12);
    if (place >= 0) sheet.add("path", { d: `M${sheet.x(place + start)} ${above}l5 6l-5 6l-5 -6Z`, fill: tone("ink"), "data-stop": month });
    else sheet.add("rect", { x: sheet.x(start) - half, y: above + 4, width: 2 * half, height: 4, fill: tone("ink"), "data-stop": month });
  }
}

const STATES = {
  "in force": { ink: "loss", tall: 9, fill: true, words: "in force" },
  suspended: { ink: "soft", tall: 9, fill: false, dashes: "3 2.5", words: "suspended" },
  "no effect": { ink: "soft", tall: 3, fill: true, words: "in force, changes nothing" },
  changes: { ink: "accent", tall: 9, fill: true, words: "changes a measure" },
  "on record": { ink: "faint", tall: 5, fill: false, words: "on record, without effect here" },
  agreed: { ink: "least", tall: 5, fill: true, words: "deal for what is built, from its date on" },
};
const ACTING = ["in force", "suspended", "no effect", "changes"]; // what the months are run with
const BESIDE = ["on record", "agreed"];
function drawSpans(sheet, s, states, title) {
  const shown = s.spans.filter((span) => states.includes(span.state));
  if (!shown.length) return;
  sheet.words(title, 12, { weight: 620 });
  const start = sheet.months.indexOf(s.months[0]);
  for (const id of new Set(shown.map((span) => span.id))) {
    const spans = shown.filter((span) => span.id === id), half = sheet.room / sheet.months.length / 2;
    const told = spans.map(({ state, first, last }) => `${own(STATES, state)?.words ?? state} ${spanText(s, first, last)}`).join("; ");
    const above = sheet.row(spans[0].title, told, 12);
    for (const { state, first, last } of spans) {
      const look = own(STATES, state) ?? STATES["on record"], x = sheet.x(first + start) - half + 0.5;
      sheet.add("rect", { x, y: above + 6 - look.tall / 2 + (sheet.wide ? 4 : 0), width: Math.max(2, sheet.x(last + start) + half - 0.5 - x), height: look.tall, rx: 1.5, "data-state": state,
        fill: look.fill ? tone(look.ink) : "none", stroke: tone(look.ink), "stroke-width": look.fill ? 0 : 1.2, "stroke-dasharray": look.dashes, opacity: 0.85 });
    }
  }
}
const spanText = (s, first, last) => (first === last ? `in ${monthText(s.months[first])}` : `${monthText(s.months[first])} to ${last === s.months.length - 1 ? "the end" : monthText(s.months[last])}`);
function timeLegend(s, drawn) {
  const shown = s.rows.filter(fits).length;
  return el("p", { class: "small", id: "time-legend" }, "Line: share lost if nobody reroutes, central stocks; band: from large to small stocks. ",
    wholeShown() ? "Dotted: the least that any allocation could reach, of the total alone. " : "",
    `${drawn} of ${plural(shown, "product in a place", "products in a place")} that lose anything, the worst over all months first; the table has every one. `,
    `Bars: ${Object.values(STATES).map((state) => state.words).join(", ")} (${["full", "dashed outline", "thin", "blue", "outline", "grey"].join(", ")}).`);
}
