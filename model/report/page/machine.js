// The machine as its config describes it, with the load on each module and link.
import { count, share, size } from "./format.js";
import { chart, arrowKeys, numberColumn, textColumn } from "./frame.js";
import { showTip, hideTip } from "./dom.js";

// Columns of the drawing from the core to the memory, and the place in each.
const PLACES_OF = {
  core: [0, 1.5], segment: [0, 0], itlb: [1, 0], dtlb: [1, 1], l1d: [1, 2], l1i: [1, 3], stlb: [2, 0.5], l2: [2, 2.5], walker: [3, 0.5],
  llc: [3, 2.5], dram: [4, 2.5],
};
const TITLES = { core: "core", segment: "segments", itlb: "ITLB", dtlb: "DTLB", stlb: "STLB", walker: "walker", l1i: "L1I", l1d: "L1D", l2: "L2",
  llc: "LLC", dram: "DRAM" };

function tlbSize(tlb) {
  return (tlb.arrays || []).map((array) => `${array.entries} × ${array.page_sizes.map(size).join("/")}`).join(", ");
}

// Size in short, and in full for the tooltip.
function sizeOf(name, config) {
  const part = config[name] || {};
  if (name === "core") return [`window ${part.window ?? "-"}`, `${config.cores || 1} core${config.cores > 1 ? "s" : ""}, issue width ${part.issue_width}, window ${part.window}`];
  if (name === "segment") return [config.segmentation.kind, `segmentation.kind ${config.segmentation.kind}`];
  if (name.endsWith("tlb")) {
    const entries = d3.sum(part.arrays || [], (array) => array.entries);
    return [`${count(entries)} entries`, `${tlbSize(part)}; ${part.miss_registers} miss registers`];
  }
  if (name === "walker") {
    const caches = (part.walk_caches || []).map((cache) => `level ${cache.level}: ${cache.entries}`).join(", ");
    return [`${part.walkers} walker${part.walkers > 1 ? "s" : ""}`, `${part.kind}, ${part.walkers} walkers; walk caches: ${caches || "none"}`];
  }
  if (name === "dram") return [`${part.channels * part.ranks * part.banks} banks`, `${part.channels} channels, ${part.ranks} ranks, ${part.banks} banks, rows of ${size(part.row_bytes)}`];
  return [size(part.bytes || 0), `${size(part.bytes || 0)}, ${part.ways} ways, latency ${part.latency_cycles} cycles`];
}

// How much came, and which part of it had to go on: { text, full, use }.
function loadOf(name, stats) {
  const [lookups, misses] = [stats[`${name}.lookups`], stats[`${name}.misses`]];
  if (name === "core") return { text: `${count(stats["core.cycles"])} cyc`, full: `${count(stats["core.accesses"])} accesses`, use: 0 };
  if (name === "walker") {
    return { text: `${count(stats["walker.walks"])} walks`, full: `${count(stats["walker.entry_reads"])} entries read, mean latency ${count(stats["walker.latency_cycles.mean"])} cycles`, use: 0 };
  }
  if (name === "dram") {
    return { text: `${count(stats["dram.reads"])} reads`, full: `row hits ${share(stats["dram.row_hit_share"] || 0)}, ${count(stats["dram.table_reads"])} reads of table entries`, use: 0 };
  }
  if (lookups === undefined) return { text: "", full: "no figures", use: 0 };
  const use = lookups ? misses / lookups : 0;
  return { text: `${share(use)} miss`, full: `${count(lookups)} lookups, ${count(misses)} misses`, use };
}

function isOn(name, config) {
  if (name === "core" || name === "walker" || name === "dram") return name in config;
  if (name === "segment") return Boolean(config.segmentation && config.segmentation.kind !== "none");
  return Boolean(config[name]) && config[name].enabled !== false;
}

// The next module that is not left out.
function below(chain, config) {
  return chain.find((name) => isOn(name, config));
}

function linksOf(config, stats) {
  const reads = config.walker_reads || "l1d";
  const caches = ["l1d", "l2", "llc", "dram"];
  const links = [["core", "itlb", "itlb.lookups"], ["core", "dtlb", "dtlb.lookups"],
    ["itlb", below(["stlb", "walker"], config), "itlb.sent_down"], ["dtlb", below(["stlb", "walker"], config), "dtlb.sent_down"],
    ["stlb", "walker", "stlb.sent_down"],
    ["core", below(["l1i", "l2", "llc", "dram"], config), "l1i.lookups"], ["core", below(caches, config), "l1d.lookups"],
    ["l1i", below(["l2", "llc", "dram"], config), "l1i.sent_down"], ["l1d", below(["l2", "llc", "dram"], config), "l1d.sent_down"],
    ["l2", below(["llc", "dram"], config), "l2.sent_down"], ["llc", "dram", "llc.sent_down"],
    ["walker", below(caches.slice(Math.max(0, caches.indexOf(reads))), config), "walker.entry_reads"]];
  return links.filter(([from, to]) => to && isOn(from, config) && isOn(to, config))
    .map(([from, to, name]) => ({ from, to, name, load: stats[name] || 0 }));
}

export function machineChart(one) {
  const { config, stats } = one.result;
  const nodes = Object.keys(PLACES_OF).filter((name) => isOn(name, config)).map((name) => {
    const [short, full] = sizeOf(name, config);
    return { name, title: TITLES[name], short, load: loadOf(name, stats), full };
  });
  for (const node of nodes) node.text = `${node.title}: ${node.full}; ${node.load.full}`;
  const links = linksOf(config, stats);
  const shared = Object.entries(config.sharing || {}).filter(([, is]) => is).map(([name]) => name);
  const cores = config.cores > 1 ? ` (${config.cores} cores, one drawn; shared: ${["llc", "dram", ...shared].join(", ")})` : "";
  return chart({
    name: "machine",
    caption: `The machine: ${one.label}, ${config.paging ? config.paging.mode : ""}${cores}`,
    description: nodes.map((node) => node.text).join(". "),
    draw: (svg, width) => drawMachine(svg, width, nodes, links),
    table: [[textColumn("module", (node) => node.title), textColumn("size", (node) => node.full), textColumn("load", (node) => `${node.load.text}; ${node.load.full}`),
      numberColumn("sends down", (node) => sent(node, links), (node) => count(sent(node, links)))], nodes],
  });
}

const sent = (node, links) => d3.sum(links.filter((link) => link.from === node.name), (link) => link.load);

// In a narrow window the machine runs from top to bottom.
function layout(width) {
  const narrow = width < 700;
  const columns = narrow ? 4 : 5;
  const cell = { width: width / columns, height: narrow ? 104 : 92 };
  const box = { width: Math.min(narrow ? 104 : 132, cell.width - (narrow ? 10 : 34)), height: 62 };
  const place = ([column, row]) => (narrow
    ? [(row + 0.5) * cell.width, (column + 0.5) * cell.height]
    : [(column + 0.5) * cell.width, (row + 0.5) * cell.height]);
  return { narrow, box, place, height: (narrow ? 5 : 4) * cell.height };
}

function drawMachine(svg, width, nodes, links) {
  const { narrow, box, place, height } = layout(width);
  const most = d3.max(links, (link) => link.load) || 1;
  const thick = d3.scaleLog().domain([1, Math.max(2, most)]).range([1, 9]).clamp(true);
  const lines = svg.append("g").selectAll("path").data(links).enter().append("path");
  lines.attr("d", (link) => pathOf(place(PLACES_OF[link.from]), place(PLACES_OF[link.to]), box, narrow))
    .attr("fill", "none").attr("stroke", (link) => (link.from === "walker" ? "var(--dram)" : "var(--step)"))
    .attr("stroke-width", (link) => (link.load ? thick(link.load) : 1)).attr("stroke-opacity", 0.6)
    .on("pointermove", (link) => showTip(`${TITLES[link.from]} to ${TITLES[link.to]}: ${count(link.load)} (${link.name})`, d3.event.clientX, d3.event.clientY))
    .on("pointerleave", hideTip);
  const group = svg.append("g").selectAll("g").data(nodes).enter().append("g").attr("transform", (node) => {
    const [x, y] = place(PLACES_OF[node.name]);
    return `translate(${x - box.width / 2},${y - box.height / 2})`;
  });
  group.append("rect").attr("width", box.width).attr("height", box.height).attr("rx", 7).attr("fill", "var(--panel)").attr("stroke", "var(--line)");
  group.append("rect").attr("y", box.height - 5).attr("x", 3).attr("height", 3).attr("rx", 1.5).attr("fill", "var(--wait)")
    .attr("width", (node) => Math.max(0, Math.sqrt(node.load.use) * (box.width - 6)));
  const lineText = (dy, text, extra) => group.append("text").attr("x", box.width / 2).attr("y", dy).attr("text-anchor", "middle")
    .attr("class", extra).style("font-size", narrow ? "11px" : "12px").text(text);
  lineText(18, (node) => node.title, "").attr("font-weight", 700);
  lineText(34, (node) => node.short, "faint");
  lineText(50, (node) => node.load.text, "");
  group.on("pointermove", (node) => showTip(node.text, d3.event.clientX, d3.event.clientY)).on("pointerleave", hideTip);
  arrowKeys(svg, nodes.map((node) => {
    const [x, y] = place(PLACES_OF[node.name]);
    return { x: x - box.width / 2, y: y - box.height / 2, width: box.width, height: box.height, text: node.text };
  }));
  return height;
}

function pathOf(from, to, box, narrow) {
  const along = narrow ? 1 : 0;
  const half = (narrow ? box.height : box.width) / 2;
  const forward = to[along] >= from[along] + half * 2;
  const start = [...from];
  const end = [...to];
  const across = 1 - along;
  if (forward) {
    start[along] += half;
    end[along] -= half;
    const middle = [...start];
    const middle2 = [...end];
    middle[along] = middle2[along] = (start[along] + end[along]) / 2;
    return `M${start}C${middle} ${middle2} ${end}`;
  }
  // Back towards the core, or within a column: leaves at the side.
  const side = (narrow ? box.width : box.height) / 2;
  start[across] += side;
  end[along] += from[along] > to[along] ? half : 0;
  end[across] += from[along] > to[along] ? 0 : -side;
  const control = [...start];
  const control2 = [...end];
  control[across] += 26;
  control2[along] += from[along] > to[along] ? 30 : 0;
  control2[across] -= from[along] > to[along] ? 0 : 26;
  return `M${start}C${control} ${control2} ${end}`;
}
