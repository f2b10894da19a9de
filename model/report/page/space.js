// The address space: what is mapped with which pages, what is walked; and where the tables are in physical memory.
import { NOT_RADIX, PLACES, PLACE_NAMES, address, count, hex, objects, plural, share, size } from "./format.js";
import { hideTip, note, h, showTip } from "./dom.js";
import { arrowKeys, chart, numberColumn, textColumn } from "./frame.js";
import { dataTable } from "./table.js";

const MOST_STRIPS = 16;
const CELLS = 160;
const STRIP_ROW = 40;

const spread = (big) => (big < 0n ? 0 : Number(big));

export function heat(value, most) {
  if (!value) return "var(--heat-0)";
  const part = Math.round(15 + (85 * Math.log(1 + value)) / Math.log(1 + most));
  return `color-mix(in srgb, var(--heat-1) ${part}%, var(--heat-0))`;
}

// Regions with their walks; the places of walks are larger than pages if there are many.
function regionsOf(details) {
  const bytes = BigInt(details.places.bytes);
  const places = objects(details.places).map((place) => ({ ...place, first: BigInt(place.address) }));
  return objects(details.paging.regions).map((region) => {
    const first = BigInt(region.first);
    const end = BigInt(region.end) > first ? BigInt(region.end) : 1n << 64n;
    const inside = places.filter((place) => place.asid === region.asid && place.first < end && place.first + bytes > first);
    return { ...region, first, end, places: inside, parts: [[first, end]], runs: 1 };
  }).map(withSums);
}

function withSums(region) {
  return { ...region, walks: d3.sum(region.places, (place) => place.walks), cycles: d3.sum(region.places, (place) => place.cycles),
    mapped: d3.sum(region.pages, ([, mapped]) => mapped), pageText: region.pages.map(([page, mapped]) => `${count(mapped / page)} × ${size(page)}`).join(", ") };
}

// Neighbours with the smallest gaps between them share a strip.
function stripsOf(regions) {
  const gaps = regions.slice(1).map((region, i) => (region.asid === regions[i].asid ? region.first - regions[i].end : null));
  const closing = gaps.filter((gap) => gap !== null).sort((a, b) => (a < b ? -1 : 1));
  const limit = closing.length < MOST_STRIPS ? -1n : closing[closing.length - MOST_STRIPS];
  const strips = [];
  regions.forEach((region, i) => {
    const last = strips[strips.length - 1];
    if (i > 0 && gaps[i - 1] !== null && gaps[i - 1] <= limit) strips[strips.length - 1] = united(last, region);
    else strips.push(region);
  });
  return strips;
}

function united(a, b) {
  const pages = new Map(a.pages);
  for (const [page, mapped] of b.pages) pages.set(page, (pages.get(page) || 0) + mapped);
  const places = [...a.places, ...b.places.filter((place) => !a.places.includes(place))];
  return withSums({ ...a, end: b.end, pages: [...pages], places, parts: [...a.parts, ...b.parts], runs: a.runs + b.runs });
}

const regionName = (region) => `${address(hex(region.first))} to ${address(hex(region.end - 1n))}`;
const regionText = (region) => `${regionName(region)}${region.asid ? `, address space ${region.asid}` : ""}: ${size(region.mapped)} mapped by ${region.pageText}; ${plural(region.walks, "walk")}`;

export function spaceChart(one) {
  const { details } = one.result;
  const regions = regionsOf(details);
  if (details.paging.radix === false) return note(NOT_RADIX);
  if (regions.length === 0) return note("Nothing is mapped at the end of this run.");
  const strips = stripsOf(regions);
  const found = details.paging.regions.found;
  return h("div", {}, chart({
    name: "space",
    caption: "The address space: what is mapped, and how often it was walked",
    description: strips.map(regionText).join(". "),
    draw: (svg, width) => drawStrips(svg, width, strips, details),
    table: [[textColumn("region", regionName), numberColumn("bytes", (r) => r.mapped, (r) => size(r.mapped)), textColumn("pages", (r) => r.pageText),
      numberColumn("walks", (r) => r.walks, (r) => count(r.walks)), numberColumn("cycles of walks", (r) => r.cycles, (r) => count(r.cycles)),
      numberColumn("address space", (r) => r.asid, (r) => String(r.asid))], regions],
    entries: [["var(--line)", "not mapped"], ["var(--heat-0)", "mapped, no walk"], ["color-mix(in srgb, var(--heat-1) 45%, var(--heat-0))", "some walks"], ["var(--heat-1)", "most walks"]],
  }), note(`${plural(found, "run")} of adjacent pages; those with the smallest gaps between them share a strip. Between two strips is a hole of the address space.`));
}

function cellsOf(strip, details, most) {
  const length = strip.end - strip.first;
  const grain = BigInt(details.places.bytes);
  const cells = Math.max(1, Math.min(most, spread(length / grain)));
  const border = (i) => strip.first + (length * BigInt(i)) / BigInt(cells);
  const sums = new Array(cells).fill(0);
  for (const place of strip.places) {
    const offset = place.first > strip.first ? place.first - strip.first : 0n;
    sums[Math.min(cells - 1, spread((offset * BigInt(cells)) / length))] += place.walks;
  }
  return sums.map((walks, i) => {
    const [from, end] = [border(i), border(i + 1)];
    return { walks, from, end, mapped: strip.parts.some(([first, last]) => first < end && last > from) };
  });
}

function drawStrips(svg, width, strips, details) {
  const items = [];
  const all = strips.map((strip) => cellsOf(strip, details, Math.min(CELLS, Math.floor(width / 6))));
  const most = Math.max(16, d3.max(all.flat(), (cell) => cell.walks));
  const scale = d3.scalePow().exponent(0.25).domain([0, d3.max(strips, (strip) => spread(strip.end - strip.first))]).range([0, width - 8]);
  strips.forEach((strip, i) => {
    const y = i * STRIP_ROW;
    const length = Math.max(6, scale(spread(strip.end - strip.first)));
    svg.append("text").attr("x", 4).attr("y", y + 13).text(`${strip.asid ? `${strip.asid}: ` : ""}${address(hex(strip.first))}  ${size(spread(strip.end - strip.first))}`);
    if (width > 560) {
      svg.append("text").attr("class", "faint").attr("x", width - 4).attr("y", y + 13).attr("text-anchor", "end").text(`${strip.pageText}; ${plural(strip.walks, "walk")}`);
    }
    const step = length / all[i].length;
    all[i].forEach((cell, k) => items.push({ x: 4 + k * step, y: y + 18 + (cell.mapped ? 0 : 6), width: step, height: cell.mapped ? 14 : 2, ...cell,
      text: `${address(hex(cell.from))} to ${address(hex(cell.end - 1n))}\n${cell.mapped ? plural(cell.walks, "walk") : "not mapped"}\n${regionText(strip)}` }));
  });
  svg.append("g").selectAll("rect").data(items).enter().append("rect").attr("x", (d) => d.x).attr("y", (d) => d.y)
    .attr("width", (d) => Math.max(0.8, d.width - (d.width > 4 ? 0.6 : 0))).attr("height", (d) => d.height)
    .style("fill", (d) => (d.mapped ? heat(d.walks, most) : "var(--line)"))
    .on("pointermove", (d) => showTip(d.text, d3.event.clientX, d3.event.clientY)).on("pointerleave", hideTip);
  arrowKeys(svg, items.filter((item) => item.mapped));
  return strips.length * STRIP_ROW + 4;
}

// The tables in physical memory, one row per level.
export function tablesChart(one) {
  const { details } = one.result;
  const levels = details.paging.levels;
  const tables = objects(details.paging.tables).map((table) => ({ ...table, at: Number(table.address), bytes: levels[table.level].table_bytes }));
  if (tables.length === 0) return null;
  const text = (table) => `${levels[table.level].name} at ${address(table.address)}: maps from ${address(table.va)}; ${count(table.pointers + table.leaves)} of ${count(table.bytes / details.paging.entry_bytes)} entries, read ${count(table.reads)} times`;
  return chart({
    name: "tables",
    caption: "Where the page tables are in physical memory",
    description: `${tables.length} tables. ${tables.slice(0, 6).map(text).join(". ")}`,
    draw: (svg, width) => drawTables(svg, width, tables, levels, text),
    table: [[textColumn("table", (t) => levels[t.level].name), textColumn("address", (t) => address(t.address)), textColumn("maps from", (t) => address(t.va)),
      numberColumn("entries", (t) => t.pointers + t.leaves, (t) => count(t.pointers + t.leaves)), numberColumn("reads", (t) => t.reads, (t) => count(t.reads))], tables],
  });
}

function drawTables(svg, width, tables, levels, text) {
  const left = 76;
  const first = d3.min(tables, (table) => table.at);
  const end = d3.max(tables, (table) => table.at + Math.min(table.bytes, 1 << 20));
  const scale = d3.scaleLinear().domain([first, end]).range([left, width - 8]);
  const most = d3.max(tables, (table) => table.reads) || 1;
  const rows = levels.length;
  const items = tables.map((table) => ({ x: scale(table.at), y: 4 + (rows - 1 - table.level) * 26,
    width: Math.max(2.5, Math.min(width - 8, scale(table.at + table.bytes)) - scale(table.at)), height: 20, reads: table.reads, text: text(table) }));
  levels.forEach((level, i) => svg.append("text").attr("x", left - 8).attr("y", 18 + (rows - 1 - i) * 26).attr("text-anchor", "end").text(level.name));
  svg.append("g").selectAll("rect").data(items).enter().append("rect").attr("x", (d) => d.x).attr("y", (d) => d.y).attr("width", (d) => d.width)
    .attr("height", (d) => d.height).style("fill", (d) => heat(d.reads, most)).attr("stroke", "var(--soft)").attr("stroke-width", 0.5)
    .on("pointermove", (d) => showTip(d.text, d3.event.clientX, d3.event.clientY)).on("pointerleave", hideTip);
  const bottom = rows * 26 + 18;
  svg.append("text").attr("class", "faint").attr("x", left).attr("y", bottom).text(address(hex(BigInt(first))));
  svg.append("text").attr("class", "faint").attr("x", width - 8).attr("y", bottom).attr("text-anchor", "end").text(address(hex(BigInt(Math.round(end)))));
  arrowKeys(svg, items.sort((a, b) => a.x - b.x));
  return bottom + 8;
}

// The cache lines that hold entries, most read first.
export function linesTable(one) {
  const { details } = one.result;
  const { lines, paging } = details;
  const tables = objects(paging.tables).map((table) => ({ ...table, first: BigInt(table.address), bytes: BigInt(paging.levels[table.level].table_bytes) }));
  const rows = objects(lines).map((line) => {
    const at = BigInt(line.address);
    const table = tables.find((candidate) => at >= candidate.first && at < candidate.first + candidate.bytes);
    return { ...line, table: table ? `${paging.levels[table.level].name} at ${address(table.address)}` : "-" };
  });
  const unit = lines.bytes === lines.line_bytes ? "Cache lines" : `Blocks of ${size(lines.bytes)}`;
  const columns = [
    { name: "address", mono: true, heading: true, value: (r) => BigInt(r.address), text: (r) => address(r.address) },
    { name: "table", text: (r) => r.table },
    { name: "reads", number: true, value: (r) => r.reads, text: (r) => count(r.reads) },
    { name: "mean cycles", number: true, value: (r) => r.cycles / r.reads, text: (r) => (r.cycles / r.reads).toFixed(1) },
    ...PLACES.map((place) => ({ name: PLACE_NAMES[place], number: true, value: (r) => r[place] / r.reads, text: (r) => share(r[place] / r.reads),
      meaning: `share of the reads that ${PLACE_NAMES[place]} served` }))];
  return dataTable(`${unit} that hold entries, by the reads of walks: ${rows.length} of ${count(lines.found)}`, columns, rows, { first: 12 });
}
