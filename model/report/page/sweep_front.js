// Of `tablewalk tune`: TLB bits against the cost of translation, and the machines that no other beats in both, nor in the
// cells of its walker, if that is hardware.
import { count, objects, share, short } from "./format.js";
import { choice, h, note } from "./dom.js";
import { axisBelow, axisLeft, chart, numberColumn, textColumn } from "./frame.js";
import { dataTable } from "./table.js";
import { drawDots, valueScale } from "./sweep_chart.js";
import { pointLink } from "./sweep_data.js";

const COSTS = [
  ["cycles", "cost in cycles", (one) => one.cost_cycles, short],
  ["share", "cost, of all cycles", (one) => one.cost_share, share],
];
const MEANINGS = {
  bits: "tags, frame numbers, rights and state of all TLB entries, without replacement state",
  cells: "gates and flip-flops of the walkers in hardware",
  depth: "cells on the longest path of a walker",
  cost: "cycles of this machine minus cycles of the same machine with free translation, summed over the traces",
};

export function machinesOf(sweep) {
  const points = new Map(sweep.points.map((point) => [point.id, point]));
  return objects(sweep.page.tune.machines).map((one) => ({ ...one, of: one.points.map((id) => points.get(id)),
    name: sweep.page.keys.map((key, i) => `${key} ${one.values[i]}`).join(", ") || one.config }));
}

export function frontChart(sweep) {
  const machines = machinesOf(sweep);
  if (machines.length === 0) return note("No machine has run on every trace yet.");
  const drawing = h("div");
  const show = (which) => drawing.replaceChildren(oneFront(sweep, machines, COSTS.find(([name]) => name === which)));
  show("cycles");
  return h("div", {}, h("div", { class: "controls" }, choice("Show", COSTS.map(([name, text]) => [name, text]), "cycles", show)), drawing);
}

function oneFront(sweep, machines, [, caption, cost, text]) {
  const front = machines.filter((one) => one.on_front);
  return chart({
    name: "front",
    caption: `TLB bits against ${caption}`,
    description: `${count(front.length)} of ${count(machines.length)} machines are on the front, from ${count(front[0].bits)} bits and ${text(cost(front[0]))} to ${count(front[front.length - 1].bits)} bits and ${text(cost(front[front.length - 1]))}`,
    draw: (svg, width) => drawFront(svg, width, { machines, front, caption, cost, text }),
    entries: [["var(--dram)", "on the front: no other machine is at least as good in all of these and better in one"], ["var(--step)", "other machines"]],
    table: [machineColumns(sweep), machines],
  });
}

function drawFront(svg, width, { machines, front, caption, cost, text }) {
  const [left, right, height] = [76, width - 28, 320];
  const x = valueScale(machines.map((one) => one.bits), [left, right], false);
  const y = valueScale(machines.map(cost), [height, 12], false);
  axisLeft(svg, y, left, right - left, 6, text);
  axisBelow(svg, x, height, Math.max(2, width / 130), "~s");
  svg.append("text").attr("class", "faint").attr("x", right).attr("y", height + 34).attr("text-anchor", "end").text("TLB bits");
  // With walkers in hardware the front is one of three figures, and no line.
  if (!withCells(front)) svg.append("path").datum(front).attr("class", "front").attr("fill", "none").attr("stroke", "var(--dram)").attr("stroke-width", 2)
    .attr("d", d3.line().x((one) => x(one.bits)).y((one) => y(cost(one))).curve(d3.curveStepAfter));
  const item = (one) => {
    const radius = one.on_front ? 5 : 3.5;
    return { x: x(one.bits) - radius, y: y(cost(one)) - radius, width: 2 * radius, height: 2 * radius, colour: one.on_front ? "var(--dram)" : "var(--step)",
      mark: { points: one.of }, text: `${one.name}\n${count(one.bits)} TLB bits, ${"cells" in one && one.cells !== null ? `${count(one.cells)} walker cells, ` : ""}${caption} ${text(cost(one))}${one.on_front ? "\non the front" : ""}` };
  };
  // The arrow keys go along the front first; it is drawn over the others.
  drawDots(svg, machines.filter((one) => !one.on_front).map(item));
  drawDots(svg, [...front, ...machines.filter((one) => !one.on_front)].map(item));
  return height + 40;
}

const withCells = (machines) => machines.some((one) => "cells" in one);

function areaColumns(sweep) {
  if (!withCells(machinesOf(sweep))) return [];
  const text = (value) => (value === null ? "" : count(value));
  return [numberColumn("walker cells", (one) => one.cells, (one) => text(one.cells), MEANINGS.cells),
    numberColumn("walker depth", (one) => one.depth, (one) => text(one.depth), MEANINGS.depth)];
}

function machineColumns(sweep) {
  const keys = sweep.page.keys.map((key, i) => {
    const column = textColumn(key, (one) => one.values[i]);
    return sweep.dimensions.find((one) => one.name === key).numeric ? { ...column, number: true, value: (one) => Number(one.values[i]) } : column;
  });
  const configs = sweep.varied.some((one) => one.name === "config") ? [textColumn("config", (one) => one.config)] : [];
  return [{ name: "points", heading: true, text: (one) => one.of.map((point) => point.trace).join(" "),
    node: (one) => one.of.flatMap((point, i) => [i > 0 ? ", " : "", h("a", { href: pointLink(point) }, sweep.dimensions[0].shown(point.trace))]) },
    ...configs, ...keys,
    numberColumn("TLB entries", (one) => one.entries, (one) => count(one.entries)),
    numberColumn("TLB bits", (one) => one.bits, (one) => count(one.bits), MEANINGS.bits),
    ...areaColumns(sweep),
    numberColumn("cost cycles", (one) => one.cost_cycles, (one) => count(one.cost_cycles), MEANINGS.cost),
    numberColumn("cost of all", (one) => one.cost_share, (one) => share(one.cost_share), "cost, of the cycles with translation"),
    textColumn("on the front", (one) => (one.on_front ? "yes" : ""))];
}

export function frontTable(sweep) {
  const front = machinesOf(sweep).filter((one) => one.on_front);
  return front.length === 0 ? null : dataTable("The front; each link is a point with the config of the machine", machineColumns(sweep), front);
}
