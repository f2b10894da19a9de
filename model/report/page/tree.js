// The page tables as a tree that unfolds, with the occupancy of each table.
import { NOT_RADIX, address, count, objects, plural, share, size } from "./format.js";
import { h, note } from "./dom.js";
import { heat } from "./space.js";

export function tableTree(one) {
  const { paging } = one.result.details;
  if (paging.radix === false) return note(NOT_RADIX);
  const tables = objects(paging.tables);
  const children = new Map(tables.map((table) => [table.id, []]));
  const roots = tables.filter((table) => table.parent === table.id);
  for (const table of tables) {
    if (table.parent !== table.id && children.has(table.parent)) children.get(table.parent).push(table);
  }
  const most = d3.max(tables, (table) => table.reads) || 1;
  const context = { paging, children, most };
  const tree = h("div", { class: "tree", "data-chart": "tree" }, roots.map((root) => node(root, context)));
  const first = tree.querySelector("details");
  if (first) first.open = true;
  const left = paging.tables.visited - tables.length;
  return h("div", {}, tree, left > 0 ? note(`${count(left)} tables that were read less are not shown.`) : null,
    paging.tables.cut ? note("There are more tables than were visited.") : null,
    paging.spaces_left_out ? note(`${paging.spaces_left_out} address spaces are left out.`) : null);
}

// Children are made when the table is opened, since there may be thousands.
function node(table, context) {
  const below = context.children.get(table.id);
  if (table.pointers === 0) return h("div", { class: "leaf" }, summaryOf(table, context));
  const details = h("details", {}, h("summary", {}, summaryOf(table, context)));
  details.addEventListener("toggle", () => {
    if (!details.open || details.children.length > 1) return;
    details.append(...below.map((child) => node(child, context)));
    const missing = table.pointers - below.length;
    if (missing > 0) details.append(h("div", { class: "leaf soft" }, `${count(missing)} more tables`));
  });
  return details;
}

function summaryOf(table, { paging, most }) {
  const level = paging.levels[table.level];
  const entries = level.table_bytes / paging.entry_bytes;
  const used = table.pointers + table.leaves;
  const kinds = [table.pointers ? plural(table.pointers, "table") : "", table.leaves ? `${plural(table.leaves, "page")} of ${size(level.entry_maps)}` : ""];
  const space = table.asid ? `, address space ${table.asid}` : "";
  return [h("b", {}, level.name), " ", h("span", { class: "mono" }, address(table.address)), ` maps from `,
    h("span", { class: "mono" }, address(table.va)), `${space}: ${count(used)} of ${count(entries)} entries (${share(used / entries)}): `,
    `${kinds.filter(Boolean).join(", ") || "empty"}; ${plural(table.reads, "read")} `, strip(table, level, paging, most)];
}

// Above, which parts of the table are occupied; below, which were read.
function strip(table, level, paging, most) {
  const cells = table.occupancy.length;
  const step = 192 / cells;
  const part = size(level.table_bytes / cells);
  const svg = d3.create("svg").attr("class", "strip").attr("viewBox", "0 0 192 16").attr("width", 192).attr("height", 16).attr("role", "img")
    .attr("aria-label", `occupancy and reads of ${cells} parts of ${part}`);
  svg.append("title").text(`Each cell is ${part} of the table. Above: occupied entries. Below: reads by walks.`);
  [...table.occupancy].forEach((digit, i) => {
    const used = Number(digit);
    svg.append("rect").attr("x", i * step).attr("y", 0).attr("width", Math.max(0.5, step - 0.4)).attr("height", 8)
      .style("fill", used ? `color-mix(in srgb, var(--l2) ${20 + 9 * used - 1}%, var(--heat-0))` : "var(--heat-0)");
    svg.append("rect").attr("x", i * step).attr("y", 9).attr("width", Math.max(0.5, step - 0.4)).attr("height", 6)
      .style("fill", heat(readsOf(table.heat[i]), most));
  });
  return svg.node();
}

// A digit is a power of 4.
const readsOf = (digit) => (digit === "0" ? 0 : 4 ** (Number(digit) - 1));
