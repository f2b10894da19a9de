// How long translations and walks take, and what they spend it on.
import { PLACES, PLACE_NAMES, count, resultColour, resultDash, share, short } from "./format.js";
import { choice, h, note, showTip, hideTip } from "./dom.js";
import { arrowKeys, axisBelow, axisLeft, chart, numberColumn, stackedBars, textColumn } from "./frame.js";
import { meaningOf } from "./figures.js";

// Bins of equal ratio, since latencies range over several powers of ten.
const BINS_PER_DOUBLING = 3;

function binned(buckets) {
  const bins = new Map();
  let total = 0;
  for (const [low, high, times] of buckets) {
    const bin = low === 0 ? -1 : Math.floor(Math.log2((low + Math.min(high, low * 1.02)) / 2) * BINS_PER_DOUBLING);
    bins.set(bin, (bins.get(bin) || 0) + times);
    total += times;
  }
  const [first, last] = d3.extent([...bins.keys()]);
  const all = total === 0 ? [] : d3.range(first, last + 1).map((bin) => ({ bin, times: bins.get(bin) || 0, share: (bins.get(bin) || 0) / total }));
  return { total, bins: all };
}

const edge = (bin) => (bin < 0 ? 0.7 : 2 ** (bin / BINS_PER_DOUBLING));

export function distributionChart(results) {
  const names = [...new Set(results.flatMap((one) => Object.keys(one.result.histograms)))];
  if (names.length === 0) return note("These results have no distributions.");
  const holder = h("div");
  const show = (name) => holder.replaceChildren(oneDistribution(results, name));
  const first = names.includes("walker.latency_cycles") ? "walker.latency_cycles" : names[0];
  show(first);
  return h("div", {}, h("div", { class: "controls" }, choice("Distribution", names.map((name) => [name, name]), first, show)), holder);
}

function oneDistribution(results, name) {
  const series = results.map((one, number) => ({ label: one.label, number, ...binned(one.result.histograms[name] || []) }))
    .filter((one) => one.total > 0);
  if (series.length === 0) return note(`${name} is empty.`);
  const meant = results.find((one) => one.result.meaning[name]);
  const rows = series.flatMap((one) => one.bins.map((bin) => ({ label: one.label, ...bin })));
  return h("div", {}, h("p", { class: "soft" }, meant ? meaningOf(meant.result, name).split("\n").join(". ") : ""), chart({
    name: "distribution",
    caption: `Distribution of ${name}`,
    description: series.map((one) => `${one.label}: ${count(one.total)} values, most often about ${commonest(one)}`).join("; "),
    draw: (svg, width) => drawDistribution(svg, width, series, meant && meant.result.meaning[name].unit),
    table: [[textColumn("result", (row) => row.label), numberColumn("from", (row) => edge(row.bin), (row) => count(Math.ceil(edge(row.bin) - 0.7))),
      numberColumn("values", (row) => row.times, (row) => count(row.times)),
      numberColumn("share", (row) => row.share, (row) => share(row.share))], rows],
    entries: series.length > 1 ? series.map((one) => [resultColour(one.number), one.label]) : null,
  }));
}

function commonest(one) {
  const bin = one.bins.reduce((a, b) => (b.times > a.times ? b : a));
  return count(Math.round(edge(bin.bin + 0.5)));
}

function drawDistribution(svg, width, series, unit) {
  const [left, right, height] = [52, width - 12, 220];
  const bins = series.flatMap((one) => one.bins);
  const x = d3.scaleLog().domain([edge(d3.min(bins, (d) => d.bin)), edge(d3.max(bins, (d) => d.bin) + 1)]).range([left, right]);
  const y = d3.scaleLinear().domain([0, d3.max(bins, (d) => d.share)]).nice().range([height, 10]);
  axisLeft(svg, y, left, right - left, 5, ".0%");
  axisBelow(svg, x, height, Math.max(3, width / 110), "~s");
  svg.append("text").attr("class", "faint").attr("x", right).attr("y", height + 32).attr("text-anchor", "end").text(`${unit || "value"} (logarithmic); bars: share of the values`);
  const items = [];
  for (const one of series) {
    const colour = resultColour(one.number);
    if (series.length > 1) {
      const line = d3.line().x((d) => x(edge(d.bin + 0.5))).y((d) => y(d.share)).curve(d3.curveStep);
      svg.append("path").datum(one.bins).attr("d", line).attr("fill", "none").attr("stroke", colour).attr("stroke-width", 2)
        .attr("stroke-dasharray", resultDash(one.number));
    }
    for (const d of one.bins) {
      const [from, to] = [Math.ceil(edge(d.bin)), Math.ceil(edge(d.bin + 1)) - 1];
      if (d.times > 0) items.push({ x: x(edge(d.bin)), y: y(d.share), width: x(edge(d.bin + 1)) - x(edge(d.bin)) - 1, height: height - y(d.share), colour,
        text: `${one.label}\n${d.bin < 0 ? "0" : `${from} to ${Math.max(from, to)}`}: ${count(d.times)} values, ${share(d.share)}` });
    }
  }
  svg.append("g").selectAll("rect").data(items).enter().append("rect").attr("x", (d) => d.x).attr("y", (d) => d.y)
    .attr("width", (d) => Math.max(1, d.width)).attr("height", (d) => d.height).attr("fill", (d) => d.colour)
    .attr("fill-opacity", series.length > 1 ? 0 : 0.9)
    .on("pointermove", (d) => showTip(d.text, d3.event.clientX, d3.event.clientY)).on("pointerleave", hideTip);
  arrowKeys(svg, items);
  return height + 38;
}

const placeParts = (stats, prefix) => PLACES.filter((place) => stats[`${prefix}.${place}`]).map((place) => ({
  value: stats[`${prefix}.${place}`], colour: `var(--${place})`, place }));

function levelsNamed(stats, pattern) {
  const levels = Object.keys(stats).map((name) => name.match(pattern)).filter(Boolean).map((match) => Number(match[1]));
  return [...new Set(levels)].sort((a, b) => b - a);
}

const SIMPLE_PARTS = [["queue", "waiting", "var(--wait)"], ["tlb_lookup", "TLB lookups", "var(--tlb)"],
  ["walk_cache_lookup", "walk caches", "var(--step)"]];
const LAST_PARTS = [["entry_writeback", "entry updates", "var(--step)"], ["fault", "page faults", "var(--wait)"],
  ["fill", "way back", "var(--tlb)"]];

// Cycles of all translations that missed the first level.
export function breakdownChart(one) {
  const { stats } = one.result;
  const simple = ([key, label, colour]) => ({ label, parts: [{ value: stats[`translation.cycles.${key}`] || 0, colour, place: null }] });
  const levels = levelsNamed(stats, /^translation\.cycles\.level(\d+)\./).map((level) => ({
    label: `level ${level} reads`, parts: placeParts(stats, `translation.cycles.level${level}`) }));
  const rows = [...SIMPLE_PARTS.map(simple), ...levels, ...LAST_PARTS.map(simple)].map((row) => ({
    ...row, total: d3.sum(row.parts, (part) => part.value) })).filter((row) => row.total > 0);
  if (rows.length === 0) return null;
  return placesChart("breakdown", "Where the cycles of translations went, by level and place", rows, "cycles");
}

export function readsChart(one) {
  const { stats } = one.result;
  const rows = levelsNamed(stats, /^walker\.level(\d+)\.served_by/).map((level) => {
    const parts = placeParts(stats, `walker.level${level}.served_by`);
    return { label: `level ${level}`, parts, total: d3.sum(parts, (part) => part.value) };
  }).filter((row) => row.total > 0);
  if (rows.length === 0) return null;
  return placesChart("reads", "Entries read by walks, by level and by the memory that served them", rows, "reads");
}

function placesChart(name, caption, rows, unit) {
  const all = d3.sum(rows, (row) => row.total);
  for (const row of rows) {
    for (const part of row.parts) {
      const where = part.place ? `, ${PLACE_NAMES[part.place]}` : "";
      part.text = `${row.label}${where}: ${count(part.value)} ${unit}, ${share(part.value / all)}`;
    }
  }
  const parts = rows.flatMap((row) => row.parts);
  return chart({
    name,
    caption,
    description: parts.map((part) => part.text).join("; "),
    draw: (svg, width) => stackedBars(svg, width, rows, short),
    table: [[textColumn("part", (part) => part.text.split(":")[0]), numberColumn(unit, (part) => part.value, (part) => count(part.value)),
      numberColumn("share", (part) => part.value / all, (part) => share(part.value / all))], parts],
    entries: legendOf(rows),
  });
}

// A name for each colour of the bars: the rows that have it, or the memory.
function legendOf(rows) {
  const rowNames = new Map();
  const places = new Set();
  for (const row of rows) {
    for (const { place, colour } of row.parts) {
      if (place) places.add(place);
      else rowNames.set(colour, [...(rowNames.get(colour) || []), row.label]);
    }
  }
  return [...[...rowNames].map(([colour, labels]) => [colour, labels.join(", ")]),
    ...PLACES.filter((place) => places.has(place)).map((place) => [`var(--${place})`, `served by ${PLACE_NAMES[place]}`])];
}
