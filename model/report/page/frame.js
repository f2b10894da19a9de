// What all charts have: a caption, a drawing as wide as the page, arrow keys, and the same data as a table.
import { announce, h, hideTip, legend, showTip } from "./dom.js";
import { dataTable } from "./table.js";

const drawings = new Set();
let lastWidth = 0;

// description: for a screen reader. draw(svg, width): returns the height. table: [columns, rows].
export function chart({ name, caption, description, draw, table, entries, controls }) {
  const holder = h("div", { class: "drawing" });
  const figure = h("figure", { "data-chart": name }, h("figcaption", {}, caption), controls, holder,
    entries ? legend(entries) : null, table ? tableOf(caption, table) : null);
  const redraw = () => {
    const width = Math.floor(holder.clientWidth);
    if (width === 0) return;
    const svg = d3.create("svg").attr("role", "img").attr("aria-label", `${caption}. ${description}`).attr("width", width);
    holder.replaceChildren(svg.node());
    const height = draw(svg, width);
    svg.attr("height", height).attr("viewBox", `0 0 ${width} ${height}`);
  };
  drawings.add({ holder, redraw });
  figure.redraw = redraw;
  requestAnimationFrame(redraw);
  return figure;
}

function tableOf(caption, [columns, rows]) {
  const details = h("details", { class: "data" }, h("summary", {}, "Data as a table"));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(dataTable(caption, columns, rows));
  });
  return details;
}

// When the window gets another width. Drawings that are gone are forgotten.
export function redrawAll() {
  if (window.innerWidth === lastWidth) return;
  lastWidth = window.innerWidth;
  for (const drawing of drawings) {
    if (drawing.holder.isConnected) drawing.redraw();
    else drawings.delete(drawing);
  }
}

// Arrow keys go through the marks of a drawing. items: { x, y, width, height, text }; onEnter(item) may be missing.
export function arrowKeys(svg, items, onEnter) {
  if (items.length === 0) return;
  let at = -1;
  const mark = svg.append("rect").attr("class", "focus").attr("display", "none");
  const show = () => {
    const item = items[at];
    mark.attr("display", null).attr("x", item.x - 1).attr("y", item.y - 1)
      .attr("width", Math.max(3, item.width + 2)).attr("height", Math.max(3, item.height + 2));
    const box = svg.node().getBoundingClientRect();
    showTip(item.text, box.left + item.x, box.top + item.y + item.height);
    announce(item.text);
  };
  svg.attr("tabindex", 0).on("keydown.arrows", () => {
    const key = d3.event.key;
    if (key === "Enter" && at >= 0 && onEnter) return onEnter(items[at]);
    const next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0,
      End: items.length - 1 }[key];
    if (next === undefined) return undefined;
    d3.event.preventDefault();
    at = Math.max(0, Math.min(items.length - 1, next));
    return show();
  }).on("blur.arrows", () => { mark.attr("display", "none"); hideTip(); });
}

// A format is text; that of a linear scale may also be any function.
function withTicks(axis, scale, ticks, format) {
  return typeof format === "function" && !scale.base ? axis.ticks(ticks).tickFormat(format) : axis.ticks(ticks, format);
}

export function axisBelow(svg, scale, y, ticks, format) {
  const axis = withTicks(d3.axisBottom(scale), scale, ticks, format).tickSizeOuter(0);
  svg.append("g").attr("class", "axis").attr("transform", `translate(0,${y})`).call(axis);
}

export function axisLeft(svg, scale, x, width, ticks, format) {
  svg.append("g").attr("class", "grid").attr("transform", `translate(${x},0)`)
    .call(d3.axisLeft(scale).ticks(ticks).tickSize(-width).tickFormat("").tickSizeOuter(0));
  svg.append("g").attr("class", "axis").attr("transform", `translate(${x},0)`)
    .call(withTicks(d3.axisLeft(scale), scale, ticks, format).tickSizeOuter(0));
  svg.selectAll(".grid path").remove();
}

export const numberColumn = (name, value, text, meaning) => ({ name, number: true, meaning, value, text });
export const textColumn = (name, text, meaning) => ({ name, meaning, text });

// Horizontal bars of parts, one row each. rows: { label, parts: [{ value, colour, text }], total }.
export function stackedBars(svg, width, rows, format) {
  const left = Math.min(170, Math.max(96, width * 0.28));
  const right = 66;
  const step = 24;
  const scale = d3.scaleLinear().domain([0, d3.max(rows, (row) => row.total) || 1]).range([left, width - right]);
  const items = [];
  rows.forEach((row, i) => {
    const y = 4 + i * step;
    svg.append("text").attr("x", left - 8).attr("y", y + 14).attr("text-anchor", "end").text(row.label);
    let sum = 0;
    for (const part of row.parts) {
      const box = { x: scale(sum), y, width: scale(sum + part.value) - scale(sum), height: step - 6, text: part.text };
      sum += part.value;
      if (part.value > 0) items.push({ ...box, colour: part.colour });
    }
    svg.append("text").attr("class", "faint").attr("x", scale(sum) + 6).attr("y", y + 14).text(format(row.total));
  });
  const marks = svg.append("g").selectAll("rect").data(items).enter().append("rect");
  marks.attr("x", (d) => d.x).attr("y", (d) => d.y).attr("width", (d) => Math.max(d.width, 0.5))
    .attr("height", (d) => d.height).attr("fill", (d) => d.colour);
  marks.on("pointermove", (d) => showTip(d.text, d3.event.clientX, d3.event.clientY)).on("pointerleave", hideTip);
  arrowKeys(svg, items);
  return rows.length * step + 8;
}
