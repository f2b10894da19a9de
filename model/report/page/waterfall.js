// What translation costs, and which part of the machine costs it; and where the cycles of the core went.
import { count, share, short } from "./format.js";
import { note, showTip, hideTip } from "./dom.js";
import { arrowKeys, axisBelow, chart, numberColumn, stackedBars, textColumn } from "./frame.js";

const BAR_ROW = 26;

// The first step is free translation, the last one the machine.
export function stepsOf({ result, waterfall }) {
  if (waterfall) return waterfall;
  const cycles = result.stats["core.cycles"];
  if (!result.cost || !result.cost.measured || cycles === undefined) return null;
  return [{ name: "free_translation", adds: "free translation", cycles: result.cost.free_translation_cycles },
    { name: "translation", adds: "address translation", cycles }];
}

function barsOf(steps) {
  const free = steps[0].cycles;
  const last = steps[steps.length - 1].cycles;
  const cost = last - free;
  const bars = [{ label: "free translation", from: 0, to: free, kind: "base", text: `${count(free)} cycles` }];
  for (let i = 1; i < steps.length; i += 1) {
    const added = steps[i].cycles - steps[i - 1].cycles;
    const part = cost === 0 ? "" : `, ${share(added / cost)} of the cost`;
    bars.push({ label: `+ ${steps[i].adds}`, from: steps[i - 1].cycles, to: steps[i].cycles, added,
      kind: added < 0 ? "saves" : "adds", text: `${count(added)} cycles${part}` });
  }
  bars.push({ label: "this machine", from: 0, to: last, kind: "base",
    text: `${count(last)} cycles; cost of translation ${count(cost)}, ${share(last ? cost / last : 0)}` });
  return bars;
}

// The part of the axis in which the bars of these results differ: it begins near free translation, because the cost is
// often a small part of all cycles.
function rangeOf(results) {
  const values = results.map(stepsOf).filter(Boolean).flatMap((steps) => steps.map((step) => step.cycles));
  const margin = Math.max(1, (d3.max(values) - d3.min(values)) * 0.12);
  return [Math.max(0, d3.min(values) - margin), d3.max(values) + margin / 2];
}

// All charts of `results` have one axis.
export function waterfallCharts(results) {
  const range = rangeOf(results);
  return results.map((one) => waterfallChart(one, range));
}

function waterfallChart(one, range) {
  const steps = stepsOf(one);
  if (!steps) {
    const why = one.result.cost && one.result.cost.reason ? ` (${one.result.cost.reason})` : "";
    return note(`The cost of translation of ${one.label} was not measured${why}.`);
  }
  const bars = barsOf(steps);
  return chart({
    name: "waterfall",
    caption: `Cost of translation: ${one.label}`,
    description: bars.map((bar) => `${bar.label}: ${bar.text}`).join("; "),
    draw: (svg, width) => drawBars(svg, width, bars, range),
    table: [[textColumn("part", (bar) => bar.label), numberColumn("cycles", (bar) => bar.added ?? bar.to,
      (bar) => count(bar.added ?? bar.to)), textColumn("", (bar) => bar.text)], bars],
    entries: [["var(--l2)", "the machine"], ["var(--dram)", "adds cycles"],
      ...(bars.some((bar) => bar.kind === "saves") ? [["var(--l1)", "saves cycles"]] : [])],
  });
}

// Only `explain` simulates the machines between the two.
export function partsNote(results) {
  return results.every((one) => one.waterfall) ? null : note("tablewalk explain --html divides the cost into its parts.");
}

function drawBars(svg, width, bars, range) {
  const narrow = width < 560;
  const left = narrow ? 8 : 260;
  const row = narrow ? 40 : BAR_ROW;
  const scale = d3.scaleLinear().domain(range).range([left, width - 12]);
  const items = bars.map((bar, i) => {
    const from = scale(Math.max(scale.domain()[0], Math.min(bar.from, bar.to)));
    const to = scale(Math.max(bar.from, bar.to));
    return { bar, x: from, y: i * row + (narrow ? 20 : 4), width: Math.max(1.5, to - from), height: 17,
      text: `${bar.label}: ${bar.text}` };
  });
  const bottom = bars.length * row + 6;
  axisBelow(svg, scale, bottom, Math.max(2, width / 130), ",d");
  const colour = { base: "var(--l2)", adds: "var(--dram)", saves: "var(--l1)" };
  svg.append("g").selectAll("rect").data(items).enter().append("rect").attr("x", (d) => d.x).attr("y", (d) => d.y)
    .attr("width", (d) => d.width).attr("height", (d) => d.height).attr("fill", (d) => colour[d.bar.kind])
    .on("pointermove", (d) => showTip(d.text, d3.event.clientX, d3.event.clientY)).on("pointerleave", hideTip);
  svg.append("g").selectAll("text").data(items).enter().append("text").attr("x", narrow ? left : left - 8)
    .attr("y", (d) => (narrow ? d.y - 5 : d.y + 13)).attr("text-anchor", narrow ? "start" : "end")
    .text((d) => d.bar.label);
  svg.append("g").selectAll("text").data(items.slice(1, -1)).enter().append("text").attr("class", "faint")
    .attr("y", (d) => (narrow ? d.y - 5 : d.y + 13)).attr("text-anchor", (d) => (narrow || isRight(d, width) ? "end" : "start"))
    .attr("x", (d) => (narrow ? width - 8 : isRight(d, width) ? d.x - 6 : d.x + d.width + 6)).text((d) => count(d.bar.added));
  arrowKeys(svg, items);
  return bottom + 26;
}

function isRight(item, width) {
  return item.x + item.width > width - 90;
}

const CORE_PARTS = [
  ["core.issue_cycles", "issuing", "var(--l1)"],
  ["core.translation_stall_cycles", "translation stall", "var(--wait)"],
  ["core.memory_stall_cycles", "memory stall", "var(--l2)"],
  ["core.invalidation_cycles", "invalidations", "var(--tlb)"],
  ["core.switching_cycles", "switches", "var(--llc)"],
  ["core.interrupt_cycles", "interrupts", "var(--step)"],
  ["core.shootdown_wait_cycles", "shootdown waits", "var(--step)"],
  ["core.kernel_cycles", "kernel", "var(--dram)"],
];

// The cycles of all results by what the core did, with one bar each.
export function coreChart(results) {
  const rows = results.map((one) => {
    const parts = CORE_PARTS.filter(([name]) => one.result.stats[name]).map(([name, text, colour]) => ({
      value: one.result.stats[name], colour,
      text: `${text}: ${count(one.result.stats[name])} cycles, ${share(one.result.stats[name] / one.result.stats["core.cycles"])}`,
      name: text,
    }));
    return { label: one.label.length > 22 ? `${one.label.slice(0, 21)}…` : one.label, parts, total: d3.sum(parts, (part) => part.value) };
  });
  if (rows.every((row) => row.parts.length === 0)) return null;
  const used = CORE_PARTS.filter(([name]) => results.some((one) => one.result.stats[name]));
  return chart({
    name: "core-cycles",
    caption: "What the core did in its cycles",
    description: rows.map((row) => `${row.label}: ${row.parts.map((part) => part.text).join(", ")}`).join("; "),
    draw: (svg, width) => stackedBars(svg, width, rows, short),
    table: [[textColumn("result", (row) => row.label), textColumn("cycles", (row) => row.parts.map((part) => part.text).join("; "))], rows],
    entries: used.map(([, text, colour]) => [colour, text]),
  });
}
