// Any figure against anything that varies, a line for each value of something else.
import { count, plural, resultColour, resultDash } from "./format.js";
import { choice, h, note, tipOf } from "./dom.js";
import { arrowKeys, axisLeft, chart, numberColumn, textColumn } from "./frame.js";
import { figureText, groupsOf, openPoint, pointName, spreadOf } from "./sweep_data.js";

const MOST_LINES = 24;
const NONE = "";

export function figureChoice(sweep, selected, onChange) {
  return choice("Figure", sweep.figures.map((one) => [one.name, one.name]), selected.name,
    (name) => onChange(sweep.figures.find((one) => one.name === name)));
}

export function firstFigure(sweep) {
  const named = (name) => sweep.figures.find((one) => one.name === name);
  return named("translation.cost_share") || named("core.cycles") || sweep.figures[0];
}

// The number with the most values goes along the axis; what makes lines of several marks makes the lines.
function firstAxes({ varied, done }) {
  const most = (list) => [...list].sort((a, b) => b.values.length - a.values.length)[0];
  const across = most(varied.filter((one) => one.isKey && one.numeric)) || most(varied.filter((one) => one.isKey)) || varied[0];
  const makesLines = (one) => groupsOf(done, [one, across]).length >= 2 * one.values.length;
  const rest = varied.filter((one) => one !== across && one.values.length <= MOST_LINES && makesLines(one));
  return { across, lines: rest.find((one) => one.isKey) || rest.find((one) => one.name !== "seed") || null };
}

export function keyChart(sweep) {
  if (sweep.done.length === 0) return note("No point is done yet.");
  if (sweep.varied.length === 0) return note("Nothing varies between the points of this sweep.");
  const state = { figure: firstFigure(sweep), ...firstAxes(sweep), only: new Map() };
  const holder = h("div");
  const named = (name) => sweep.varied.find((one) => one.name === name) || null;
  const show = () => {
    if (state.lines === state.across) state.lines = null;
    const rest = sweep.varied.filter((one) => one !== state.across && one !== state.lines);
    const options = sweep.varied.map((one) => [one.name, one.name]);
    const change = (set) => (value) => { set(value); show(); focusOn(holder, set.name); };
    const controls = [
      figureChoice(sweep, state.figure, change(function figure(one) { state.figure = one; })),
      choice("across", options, state.across.name, change(function across(name) { state.across = named(name); })),
      choice("a line for each", [[NONE, "-"], ...options.filter(([name]) => name !== state.across.name)], state.lines ? state.lines.name : NONE,
        change(function lines(name) { state.lines = named(name); })),
      ...rest.map((one) => choice(`only ${one.name}`, [[NONE, "all"], ...one.values.map((value) => [value, one.shown(value)])], state.only.get(one.name) || NONE,
        change((value) => state.only.set(one.name, value))))];
    holder.replaceChildren(h("div", { class: "controls" }, controls), oneChart(sweep, state, rest));
  };
  show();
  return holder;
}

// The controls are made anew after each choice.
function focusOn(holder, name) {
  const at = ["figure", "across", "lines"].indexOf(name);
  const selects = holder.querySelectorAll("select");
  if (at >= 0 && document.activeElement === document.body) selects[at].focus();
}

function linesOf(sweep, state, rest) {
  const kept = sweep.done.filter((point) => rest.every((one) => !state.only.get(one.name) || state.only.get(one.name) === one.text(point)));
  const texts = state.lines ? state.lines.values : [NONE];
  return texts.map((text, number) => {
    const mine = state.lines ? kept.filter((point) => state.lines.text(point) === text) : kept;
    const marks = groupsOf(mine, [state.across]).map((group) => ({ at: group.texts[0], points: group.points, spread: spreadOf(group.points, state.figure) }))
      .filter((mark) => mark.spread).sort((a, b) => state.across.values.indexOf(a.at) - state.across.values.indexOf(b.at));
    return { label: state.lines ? `${state.lines.name} ${state.lines.shown(text)}` : state.figure.name, number, marks };
  }).filter((line) => line.marks.length > 0);
}

function oneChart(sweep, state, rest) {
  const all = linesOf(sweep, state, rest);
  const lines = all.slice(0, MOST_LINES);
  const marks = lines.flatMap((line) => line.marks.map((mark) => ({ ...mark, line })));
  if (marks.length === 0) return note(`No point of this choice has ${state.figure.name}.`);
  const open = rest.filter((one) => !state.only.get(one.name)).map((one) => one.name);
  const several = marks.some((mark) => mark.spread.count > 1);
  const caption = `${state.figure.name} against ${state.across.name}${state.lines ? `, for each ${state.lines.name}` : ""}`;
  const text = (value) => figureText(state.figure, value);
  return h("div", {},
    h("p", { class: "soft" }, `${state.figure.meaning.split("\n").join(". ")}.`,
      several ? ` Lines are means over ${open.join(", ")}; bands reach from the least value to the largest.` : "",
      all.length > lines.length ? ` The first ${MOST_LINES} of ${all.length} lines are drawn.` : ""),
    chart({
      name: "against-key",
      caption,
      description: lines.map((line) => `${line.label}: from ${text(d3.min(line.marks, (mark) => mark.spread.mean))} to ${text(d3.max(line.marks, (mark) => mark.spread.mean))}`).join("; "),
      draw: (svg, width) => drawLinesOfKeys(svg, width, { sweep, lines, state, text }),
      table: [[textColumn("line", (mark) => mark.line.label), { name: state.across.name, text: (mark) => state.across.shown(mark.at), number: state.across.numeric, value: (mark) => (state.across.numeric ? Number(mark.at) : mark.at) },
        numberColumn("mean", (mark) => mark.spread.mean, (mark) => text(mark.spread.mean)), numberColumn("least", (mark) => mark.spread.least, (mark) => text(mark.spread.least)),
        numberColumn("largest", (mark) => mark.spread.largest, (mark) => text(mark.spread.largest)), numberColumn("points", (mark) => mark.spread.count, (mark) => count(mark.spread.count))], marks],
      entries: lines.length > 1 ? lines.map((line) => [resultColour(line.number), line.label]) : null,
    }));
}

// Doublings are equally far apart, if the values are doublings rather than steps.
function acrossScale(dimension, lines, range) {
  const used = dimension.values.filter((value) => lines.some((line) => line.marks.some((mark) => mark.at === value)));
  if (!dimension.numeric) return { x: d3.scalePoint().domain(used).range(range).padding(0.5), used };
  const numbers = used.map(Number);
  const uneven = (list) => { const gaps = d3.pairs(list, (a, b) => b - a); return (d3.deviation(gaps) || 0) / (d3.mean(gaps) || 1); };
  const log = numbers.length > 2 && numbers[0] > 0 && uneven(numbers.map(Math.log2)) < uneven(numbers);
  const scale = (log ? d3.scaleLog().base(2) : d3.scaleLinear()).range([range[0] + 12, range[1] - 12]);
  scale.domain(numbers.length > 1 ? d3.extent(numbers) : [numbers[0] - 1, numbers[0] + 1]);
  return { x: (value) => scale(Number(value)), used };
}

// From zero, unless that would hide what differs or is not wanted.
export function valueScale(values, range, fromZero = true) {
  const [least, largest] = d3.extent(values);
  const from = fromZero && least >= 0 && least < 0.6 * largest ? 0 : least;
  const margin = from === largest ? Math.abs(largest) * 0.1 || 1 : (largest - from) * 0.05;
  return d3.scaleLinear().domain([from === 0 ? 0 : from - margin, largest + margin]).nice().range(range);
}

// A tick for each value, as far as they fit.
function drawTicks(svg, dimension, { x, used }, [left, right, height]) {
  const axis = svg.append("g").attr("class", "axis");
  axis.append("path").attr("d", `M${left},${height}H${right}`).attr("fill", "none");
  let last = -Infinity;
  for (const value of used) {
    const label = dimension.shown(value).length > 22 ? `${dimension.shown(value).slice(0, 20)}…` : dimension.shown(value);
    const half = label.length * 3.4;
    axis.append("line").attr("x1", x(value)).attr("x2", x(value)).attr("y1", height).attr("y2", height + 5);
    const at = Math.max(left + half - 40, Math.min(right - half, x(value)));
    if (at - half < last + 8) continue;
    axis.append("text").attr("x", at).attr("y", height + 18).attr("text-anchor", "middle").text(label);
    last = at + half;
  }
  svg.append("text").attr("class", "faint").attr("x", right).attr("y", height + 34).attr("text-anchor", "end").text(dimension.name);
}

function drawLinesOfKeys(svg, width, { sweep, lines, state, text }) {
  const [left, right, height] = [76, width - 12, 300];
  const marks = lines.flatMap((line) => line.marks);
  const y = valueScale(marks.flatMap((mark) => [mark.spread.least, mark.spread.largest]), [height, 10]);
  const scale = acrossScale(state.across, lines, [left, right]);
  axisLeft(svg, y, left, right - left, 6, text);
  drawTicks(svg, state.across, scale, [left, right, height]);
  const items = [];
  for (const line of lines) {
    const colour = resultColour(line.number);
    const at = (mark) => scale.x(mark.at);
    svg.append("path").datum(line.marks).attr("fill", colour).attr("fill-opacity", 0.15)
      .attr("d", d3.area().x(at).y0((mark) => y(mark.spread.least)).y1((mark) => y(mark.spread.largest)));
    svg.append("path").datum(line.marks).attr("fill", "none").attr("stroke", colour).attr("stroke-width", 1.8)
      .attr("stroke-dasharray", resultDash(line.number)).attr("d", d3.line().x(at).y((mark) => y(mark.spread.mean)));
    for (const mark of line.marks) items.push({ x: at(mark) - 4, y: y(mark.spread.mean) - 4, width: 8, height: 8, colour, mark, text: markText(sweep, state, line, mark, text) });
  }
  drawDots(svg, items);
  return height + 40;
}

function markText(sweep, state, line, mark, text) {
  const { spread } = mark;
  const where = `${state.across.name} ${state.across.shown(mark.at)}: ${text(spread.mean)}`;
  const range = spread.count > 1 ? `\nmean of ${plural(spread.count, "point")}, ${text(spread.least)} to ${text(spread.largest)}` : `\n${pointName(sweep, mark.points[0], [state.across, state.lines])}`;
  return `${line.label}\n${where}${range}`;
}

// Marks with one point open it, by a click or by Enter. items: those of arrowKeys(), with { colour, mark: { points } }.
export function drawDots(svg, items) {
  const open = (item) => { if (item.mark.points.length > 0) openPoint(item.mark.points[0]); };
  const dots = svg.append("g").selectAll("circle").data(items).enter().append("circle");
  dots.attr("class", "dot").attr("cx", (d) => d.x + d.width / 2).attr("cy", (d) => d.y + d.height / 2).attr("r", (d) => d.width / 2)
    .attr("fill", (d) => d.colour).attr("data-point", (d) => (d.mark.points[0] || {}).id).on("click", open);
  tipOf(dots, (d) => d.text);
  arrowKeys(svg, items, open);
}
