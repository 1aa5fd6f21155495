// Looks at a page as people do who see little, use a keyboard, hold a telephone or enlarge what they read; a list of what is
// in their way. The argument is the width of a telephone, or null at a desk.
const [phone] = arguments;
const wrong = [];
const seen = (each) => each.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true });
const named = (each) => `${each.tagName.toLowerCase()}${each.id ? "#" + each.id : ""}.${each.getAttribute("class") || ""} “${(each.textContent || "").trim().slice(0, 40)}”`;
const hidden = (each) => each.closest(".visually-hidden, .skip, [hidden]") !== null;

// What can be unfolded is looked at, too.
for (const fold of document.querySelectorAll("details")) fold.open = true;

// The page itself.
if (!document.documentElement.lang) wrong.push("no language");
if (document.title.trim().length < 3) wrong.push("no title");
if (document.querySelectorAll("h1").length !== 1) wrong.push(`${document.querySelectorAll("h1").length} main headings`);
if (document.querySelectorAll("main").length !== 1) wrong.push("no main part");
const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
for (const id of new Set(ids)) if (ids.filter((each) => each === id).length > 1) wrong.push(`the id ${id} stands there twice`);
for (const each of document.querySelectorAll("[aria-labelledby], [aria-describedby]")) {
  for (const id of `${each.getAttribute("aria-labelledby") || ""} ${each.getAttribute("aria-describedby") || ""}`.trim().split(/\s+/)) {
    if (!document.getElementById(id)) wrong.push(`${named(each)} names ${id}, which is not there`);
  }
}
let last = 1;
for (const heading of document.querySelectorAll("main h1, main h2, main h3, main h4")) {
  const level = Number(heading.tagName[1]);
  if (level > last + 1) wrong.push(`${named(heading)} comes after a heading of level ${last}`);
  last = level;
}

// What can be filled in or pressed has a name.
for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
  if (field.getAttribute("aria-hidden") === "true") continue;
  const label = [...(field.labels || [])].map((each) => each.textContent.trim()).join("") || field.getAttribute("aria-label");
  if (!label) wrong.push(`${named(field)} (${field.name}) has no label`);
}
for (const each of document.querySelectorAll("button, a[href], summary, iframe")) {
  const name = each.textContent.trim() || each.getAttribute("aria-label") || each.getAttribute("title");
  if (!name) wrong.push(`${named(each)} has no name`);
}
for (const table of document.querySelectorAll("table")) if (!table.querySelector("th")) wrong.push(`${named(table)} has no heads`);

// Nothing is wider than the window.
const width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth > width || (phone && window.innerWidth > phone)) {
  const wide = [...document.querySelectorAll("body *")].filter((each) => seen(each) && each.getBoundingClientRect().right > (phone || width) + 1);
  wrong.push(`the page is ${document.documentElement.scrollWidth} wide: ${wide.slice(-3).map(named).join(", ")}`);
}

// Nothing spills out of its box, unless the box can be moved.
for (const box of document.querySelectorAll(".card, .bubble, .notice, .tile")) {
  if (!seen(box) || getComputedStyle(box).overflowX !== "visible") continue;
  const edge = box.getBoundingClientRect().right + 1;
  const held = (each) => {
    for (let at = each.parentElement; at !== box; at = at.parentElement) if (getComputedStyle(at).overflowX !== "visible") return true;
    return false;
  };
  const out = [...box.querySelectorAll("*")].find((each) => seen(each) && !hidden(each) && each.getBoundingClientRect().right > edge && !held(each));
  if (out) wrong.push(`${named(out)} spills out of its box`);
}

// Fingers hit what is 24 pixels high and wide, or stands in a line of text (WCAG 2.2, 2.5.8).
if (phone) {
  for (const each of document.querySelectorAll("button, a[href], summary, input:not([type=hidden]), select, textarea")) {
    if (!seen(each) || hidden(each)) continue;
    const box = each.getBoundingClientRect();
    const inText = each.tagName === "A" && getComputedStyle(each).display === "inline";
    const inLabel = each.closest("label") && each.closest("label").getBoundingClientRect().height >= 24;
    if (!inText && !inLabel && (box.width < 24 || box.height < 24)) wrong.push(`${named(each)} is ${Math.round(box.width)} × ${Math.round(box.height)}`);
  }
}

// Text stands out from what is behind it (WCAG 2.2, 1.4.3).
const parse = (color) => {
  const numbers = (color.match(/[\d.]+/g) || []).map(Number);
  return { r: numbers[0], g: numbers[1], b: numbers[2], a: numbers.length > 3 ? numbers[3] : 1 };
};
const over = (top, below) => ({
  r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1,
});
const behind = (each) => {
  const layers = [];
  for (let at = each; at; at = at.parentElement) {
    const color = parse(getComputedStyle(at).backgroundColor);
    if (color.a > 0) layers.push(color);
    if (color.a === 1) break;
  }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  return layers.reverse().reduce((below, top) => over(top, below), dark ? { r: 18, g: 18, b: 18, a: 1 } : { r: 255, g: 255, b: 255, a: 1 });
};
const said = ({ r, g, b }) => [r, g, b].map(Math.round).join(",");
const light = ({ r, g, b }) => {
  const [x, y, z] = [r, g, b].map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const contrast = (one, other) => {
  const [a, b] = [light(one), light(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};
const told = new Set();
const faint = (what, ratio, least, about) => {
  if (ratio >= least || told.has(about)) return;
  told.add(about);
  wrong.push(`${what} has a contrast of ${ratio.toFixed(2)}: ${about}`);
};
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walk.nextNode(); node; node = walk.nextNode()) {
  const each = node.parentElement;
  if (!node.textContent.trim() || !seen(each) || hidden(each) || each.closest("title, desc, script, option")) continue;
  const style = getComputedStyle(each);
  const ground = behind(each);
  const written = each.closest("svg") ? style.fill : style.color;
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  faint(named(each), contrast(over(parse(written), ground), ground), large ? 3 : 4.5, `${written} on ${said(ground)}`);
}

// What is drawn stands out as well, and neighbors are told apart (WCAG 2.2, 1.4.11). Lines across a plot only help the eye.
for (const each of document.querySelectorAll("svg.chart :is(rect, circle, polyline, path), svg.chart line:not(.grid)")) {
  if (!seen(each)) continue;
  const style = getComputedStyle(each);
  const ground = behind(each);
  const colors = [style.fill, style.stroke].filter((color) => color !== "none" && parse(color).a > 0);
  const best = Math.max(1, ...colors.map((color) => contrast(over(parse(color), ground), ground)));
  faint(`${each.tagName}.${each.getAttribute("class")}`, best, 3, `${colors.join(" and ")} drawn on ${said(ground)}`);
}
for (const each of document.querySelectorAll(".legend li")) {
  const mark = getComputedStyle(each, "::before").backgroundColor;
  const ground = behind(each);
  faint(`the mark of ${named(each)}`, contrast(over(parse(mark), ground), ground), 3, `${mark} drawn on ${said(ground)}`);
}
for (const chart of document.querySelectorAll("svg.chart")) {
  const bars = [...chart.querySelectorAll("rect")].filter(seen).map((bar) => ({ bar, box: bar.getBoundingClientRect(), fill: getComputedStyle(bar).fill }));
  for (const { bar, box, fill } of bars) {
    // What is thinner than two pixels cannot stand apart, and its number is in the table.
    const above = bars.find((other) => other.bar !== bar && Math.abs(other.box.left - box.left) < 1 && other.box.height >= 2 &&
      Math.abs(box.top - other.box.bottom) < 1);
    if (above && box.height >= 2 && contrast(parse(fill), parse(above.fill)) < 3) wrong.push(`${bar.getAttribute("class")} touches ${above.bar.getAttribute("class")}`);
  }
}
return wrong;
