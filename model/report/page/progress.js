// What happened over the course of the run, and the working set against the reach of the TLBs.
import { count, objects, resultColour, resultDash, size } from "./format.js";
import { choice, h, hideTip, note, showTip } from "./dom.js";
import { arrowKeys, axisBelow, axisLeft, chart, numberColumn, textColumn } from "./frame.js";

const perThousand = (part) => (row) => (1000 * row[part]) / row.translations;
const CURVES = [
  ["misses", "misses of the first-level TLBs per 1000 translations", perThousand("misses"), ".3~r"],
  ["walks", "walks per 1000 translations", perThousand("walks"), ".3~r"],
  ["latency", "mean cycles per walk", (row) => (row.walks ? row.walk_cycles / row.walks : 0), ".3~s"],
  ["waiting", "mean cycles that a walk waits for a walker", (row) => (row.walks ? row.wait_cycles / row.walks : 0), ".3~s"],
  ["cycles", "cycles per translation", (row) => (row.last_cycle - row.first_cycle) / row.translations, ".3~r"],
];

function seriesOf(results) {
  return results.map((one, number) => ({ one, number })).filter(({ one }) => one.result.details)
    .map(({ one, number }) => {
      let done = 0;
      const rows = objects(one.result.details.intervals).map((row) => {
        done += row.translations;
        return { ...row, at: done - row.translations / 2 };
      });
      return { label: one.label, number, rows, result: one.result };
    }).filter((one) => one.rows.length > 0);
}

export function progressChart(results) {
  const series = seriesOf(results);
  if (series.length === 0) return null;
  const holder = h("div");
  const show = (key) => {
    const [, caption, value, format] = CURVES.find(([name]) => name === key);
    holder.replaceChildren(linesChart("intervals", caption, series.map((one) => ({ ...one,
      points: one.rows.map((row) => ({ at: row.at, value: value(row), row })) })), { format }));
  };
  show("misses");
  return h("div", {}, h("div", { class: "controls" }, choice("Show", CURVES.map(([key, text]) => [key, text]), "misses", show)), holder);
}

export function linesChart(name, caption, series, { format, log, levels = [], text = d3.format(format || ".3~r") }) {
  const rows = series.flatMap((one) => one.points.map((point) => ({ label: one.label, ...point })));
  return chart({
    name,
    caption,
    description: series.map((one) => `${one.label}: from ${text(d3.min(one.points, (p) => p.value))} to ${text(d3.max(one.points, (p) => p.value))}`).join("; "),
    draw: (svg, width) => drawLines(svg, width, series, { log, levels, text }),
    table: [[textColumn("result", (row) => row.label), numberColumn("translations done", (row) => row.at, (row) => count(Math.round(row.at))),
      numberColumn(caption, (row) => row.value, (row) => text(row.value))], rows],
    entries: [...series.map((one) => [resultColour(one.number), one.label]), ...levels.map((level) => [level.colour, level.name])],
  });
}

const LABEL_ROW = 14;

// Names of levels at the right of the drawing, where no curve is: each at its level, or below the one above it.
function nameLevels(svg, levels, y, left) {
  let free = 0;
  for (const level of [...levels].sort((a, b) => b.value - a.value)) {
    const at = Math.max(y(level.value) + 4, free);
    svg.append("text").attr("class", "level").attr("x", left).attr("y", at).text(level.short);
    free = at + LABEL_ROW;
  }
}

function drawLines(svg, width, series, { log, levels, text }) {
  const [left, height] = [68, 230];
  const right = width - 12 - (d3.max(levels, (level) => level.short.length * 7) || 0);
  const points = series.flatMap((one) => one.points);
  const values = [...points.map((point) => point.value), ...levels.map((level) => level.value)];
  const last = d3.max(series, (one) => d3.sum(one.rows, (row) => row.translations));
  const x = d3.scaleLinear().domain([0, last]).range([left, right]);
  const y = log ? d3.scaleLog().base(2).domain([d3.min(values) / 1.5, d3.max(values) * 1.5]).range([height, 10])
    : d3.scaleLinear().domain([0, d3.max(values) || 1]).nice().range([height, 10]);
  axisLeft(svg, y, left, right - left, 6, text);
  axisBelow(svg, x, height, Math.max(2, width / 130), "~s");
  svg.append("text").attr("class", "faint").attr("x", right).attr("y", height + 32).attr("text-anchor", "end").text("translations done");
  levels.forEach((level) => {
    svg.append("line").attr("x1", left).attr("x2", right).attr("y1", y(level.value)).attr("y2", y(level.value))
      .attr("stroke", level.colour).attr("stroke-width", 2).attr("stroke-dasharray", level.dash);
  });
  nameLevels(svg, levels, y, right + 4);
  const items = [];
  for (const one of series) {
    const line = d3.line().x((d) => x(d.at)).y((d) => y(d.value));
    svg.append("path").datum(one.points).attr("d", line).attr("fill", "none").attr("stroke", resultColour(one.number))
      .attr("stroke-width", 1.8).attr("stroke-dasharray", resultDash(one.number));
    if (one.points.length === 1) svg.append("circle").attr("cx", x(one.points[0].at)).attr("cy", y(one.points[0].value)).attr("r", 4).attr("fill", resultColour(one.number));
    one.points.forEach((d) => items.push({ x: x(d.at) - 2, y: y(d.value) - 2, width: 4, height: 4,
      text: `${one.label}\nafter ${count(Math.round(d.at))} translations: ${text(d.value)}` }));
  }
  hoverNearest(svg, items, left, right, height);
  arrowKeys(svg, items);
  return height + 38;
}

function hoverNearest(svg, items, left, right, height) {
  const dot = svg.append("circle").attr("r", 4).attr("fill", "var(--ink)").attr("display", "none");
  svg.append("rect").attr("x", left).attr("y", 0).attr("width", Math.max(0, right - left)).attr("height", height).attr("fill", "transparent")
    .on("pointermove", function move() {
      const [mouseX, mouseY] = d3.mouse(this);
      const near = items.reduce((best, item) => (distance(item, mouseX, mouseY) < distance(best, mouseX, mouseY) ? item : best), items[0]);
      dot.attr("display", null).attr("cx", near.x + 2).attr("cy", near.y + 2);
      showTip(near.text, d3.event.clientX, d3.event.clientY);
    }).on("pointerleave", () => { dot.attr("display", "none"); hideTip(); });
}

const distance = (item, x, y) => Math.abs(item.x - x) + Math.abs(item.y - y) / 8;

// The bytes that a TLB's entries for one page size map.
export function reachOf(tlb, pageBytes) {
  if (!tlb || tlb.enabled === false) return 0;
  return d3.sum((tlb.arrays || []).filter((array) => array.page_sizes.includes(pageBytes)), (array) => array.entries) * pageBytes;
}

const TLB_LINES = [["dtlb", "var(--tlb)", "5 3"], ["itlb", "var(--l1)", "2 3"], ["stlb", "var(--wait)", null]];

// The page size that most of the memory has.
export function commonPageBytes(details) {
  const bytes = new Map();
  for (const region of objects(details.paging.regions)) {
    for (const [page, mapped] of region.pages) bytes.set(page, (bytes.get(page) || 0) + mapped);
  }
  const most = [...bytes].sort((a, b) => b[1] - a[1])[0];
  return most ? most[0] : details.page_bytes;
}

export function reachChart(one, results) {
  const [mine] = seriesOf(results).filter((series) => series.label === one.label);
  if (!mine) return null;
  const { details, config } = one.result;
  const page = commonPageBytes(details);
  const levels = TLB_LINES.map(([name, colour, dash]) => ({ value: reachOf(config[name], page), colour, dash,
    short: name, name: `reach of the ${name}` })).filter((level) => level.value > 0)
    .map((level) => ({ ...level, short: `${level.short} ${size(level.value)}`, name: `${level.name}: ${size(level.value)}` }));
  const points = mine.rows.map((row) => ({ at: row.at, value: Math.max(1, row.pages) * details.page_bytes, row }));
  const whole = details.intervals.pages * details.page_bytes;
  const figure = linesChart("reach", "Working set, and what the TLBs reach", [{ ...mine, points }], { log: true, levels, text: size });
  const over = levels.filter((level) => points.some((point) => point.value > level.value)).map((level) => level.short.split(" ")[0]);
  return h("div", {}, figure, note(`An interval is ${count(details.intervals.translations_each)} translations; its working set is the ` +
    `pages of ${size(details.page_bytes)} that it touches (estimated within a few per cent). The whole run touches ${size(whole)}. ` +
    `Reach: entries for pages of ${size(page)}. ${over.length ? `The working set is larger than the reach of: ${over.join(", ")}.` : "Every TLB reaches the working set of every interval."}`));
}
