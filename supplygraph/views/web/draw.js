// Small helpers: elements, theme colours, the tooltip, files to save.
const SVG = "http://www.w3.org/2000/svg";
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") for (const [event, run] of Object.entries(value)) made.addEventListener(event, run);
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined && child !== false) made.append(child);
  return made;
}
function svg(name, attributes = {}, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}
const byId = (id) => document.getElementById(id);
const theme = () => document.documentElement.dataset.theme;
const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const colour = (index) => P.colours[theme() === "dark" ? "dark" : "light"][index];
const FONT = 'Inter, "Segoe UI", system-ui, -apple-system, "Helvetica Neue", Arial, sans-serif';

const pen = document.createElement("canvas").getContext("2d");
const widths = new Map();
function textWidth(text, size, weight = 400) {
  const key = `${weight} ${size} ${text}`;
  if (!widths.has(key)) { pen.font = `${weight} ${size}px ${FONT}`; widths.set(key, pen.measureText(text).width); }
  return widths.get(key);
}
function tip(event, lines) {
  const box = byId("tip");
  if (!lines) { box.hidden = true; return; }
  box.textContent = lines.join("\n");
  box.hidden = false;
  const { width, height } = box.getBoundingClientRect();
  box.style.left = `${Math.max(6, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
  box.style.top = `${Math.max(6, event.clientY + 16 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 16)}px`;
}

function save(name, text, type) {
  const link = el("a", { href: URL.createObjectURL(text instanceof Blob ? text : new Blob([text], { type })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 4000);
}

// A picture that stands alone: its colours are attributes, its source is written below it.
function standalone(picture) {
  const copy = picture.cloneNode(true);
  const [x, y, w, h] = picture.getAttribute("viewBox").split(" ").map(Number);
  const foot = 26 * (w / 1224);
  copy.setAttribute("xmlns", SVG);
  copy.setAttribute("viewBox", `${x} ${y} ${w} ${h + foot}`);
  copy.setAttribute("width", 1224);
  copy.setAttribute("height", Math.round((1224 * (h + foot)) / w));
  copy.removeAttribute("tabindex");
  copy.prepend(svg("rect", { x, y, width: w, height: h + foot, fill: tone("paper") }));
  copy.append(svg("text", { x: x + 14 * (w / 1224), y: y + h + foot * 0.55, "font-size": 11 * (w / 1224), "font-family": FONT, fill: tone("soft") },
    `supplygraph · ${P.dataset.name} ${P.dataset.version ?? ""} · base year ${P.meta.base_year} · ${S.tab === "timeline" ? "share lost if nobody reroutes, by size of stocks" : monthShown() ? `what is left in ${monthText(monthShown().month)}: ${monthShown().s.title}; nobody reroutes, central stocks` : "tonnes a year in each material's own unit"}`));
  return new XMLSerializer().serializeToString(copy);
}
function savePicture(picture, name, kind) {
  const text = standalone(picture);
  if (kind === "svg") { save(`${name}.svg`, text, "image/svg+xml"); return; }
  const image = new Image();
  image.onload = () => {
    const sheet = document.createElement("canvas");
    sheet.width = image.width * 2;
    sheet.height = image.height * 2;
    sheet.getContext("2d").drawImage(image, 0, 0, sheet.width, sheet.height);
    sheet.toBlob((blob) => save(`${name}.png`, blob));
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}
const csvCell = (x) => {
  if (missing(x)) return "";
  if (typeof x === "number") return String(x);
  const text = String(x).replace(/[\x00-\x1f\x7f]+/g, " ");
  const inert = /^[=+@-]/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
};
const csvText = (rows) => rows.map((row) => row.map(csvCell).join(",")).join("\n") + "\n";
