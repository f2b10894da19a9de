// How much a figure of one machine differs over seeds or traces.
import { count, resultColour, share } from "./format.js";
import { choice, h, note } from "./dom.js";
import { axisBelow, chart, numberColumn, textColumn } from "./frame.js";
import { figureText, groupsOf, spreadOf } from "./sweep_data.js";
import { drawDots, figureChoice, firstFigure, valueScale } from "./sweep_chart.js";

const MOST_ROWS = 40;

// The sets of things over which a machine can be spread.
function spreads(sweep) {
  const seeds = sweep.varied.find((one) => one.name === "seed");
  const traces = sweep.varied.find((one) => one.name === "trace");
  return [seeds && [seeds], traces && [traces], seeds && traces && [seeds, traces]].filter(Boolean)
    .map((over) => ({ over, name: over.map((one) => `${one.name}s`).join(" and ") }));
}

export function spreadChart(sweep) {
  if (sweep.done.length === 0) return note("No point is done yet.");
  const options = spreads(sweep);
  if (options.length === 0) return note("Each machine ran once: the sweep has one trace and one seed.");
  const state = { figure: firstFigure(sweep), spread: options[0] };
  const drawing = h("div");
  const show = () => drawing.replaceChildren(oneSpread(sweep, state));
  show();
  return h("div", {}, h("div", { class: "controls" }, figureChoice(sweep, state.figure, (one) => { state.figure = one; show(); }),
    choice("over", options.map(({ name }) => [name, name]), state.spread.name, (name) => { state.spread = options.find((one) => one.name === name); show(); })), drawing);
}

function rowsOfSpread(sweep, { figure, spread }) {
  const machine = sweep.varied.filter((one) => !spread.over.includes(one));
  return groupsOf(sweep.done, machine).map((group) => ({
    points: group.points,
    label: machine.map((one, i) => `${one.name} ${one.shown(group.texts[i])}`).join(", ") || "the machine",
    spread: spreadOf(group.points, figure),
  })).filter((row) => row.spread);
}

function oneSpread(sweep, state) {
  const rows = rowsOfSpread(sweep, state);
  if (rows.length === 0) return note(`No point has ${state.figure.name}.`);
  const widest = [...rows].sort((a, b) => (b.spread.relative || 0) - (a.spread.relative || 0));
  const drawn = rows.length > MOST_ROWS ? widest.slice(0, MOST_ROWS) : rows;
  const text = (value) => figureText(state.figure, value);
  const number = (name, of, meaning) => numberColumn(name, (row) => of(row.spread), (row) => (of(row.spread) === null ? "-" : text(of(row.spread))), meaning);
  return h("div", {},
    rows.length > drawn.length ? h("p", { class: "soft" }, `The ${MOST_ROWS} of ${count(rows.length)} machines that differ most are drawn; the table has all.`) : null,
    chart({
      name: "spread",
      caption: `${state.figure.name} over ${state.spread.name}`,
      description: `${count(rows.length)} machines; the largest difference is that of ${widest[0].label}: ${text(widest[0].spread.least)} to ${text(widest[0].spread.largest)}`,
      draw: (svg, width) => drawSpread(svg, width, drawn, { state, text }),
      table: [[textColumn("machine", (row) => row.label), numberColumn("points", (row) => row.spread.count, (row) => count(row.spread.count)),
        number("mean", (one) => one.mean), number("standard deviation", (one) => one.deviation, "of a sample: the squares are divided by one less than the points"),
        number("least", (one) => one.least), number("largest", (one) => one.largest),
        numberColumn("range / mean", (row) => row.spread.relative, (row) => (row.spread.relative === null ? "-" : share(row.spread.relative)), "largest - least, of the mean")], rows],
      entries: state.spread.over[0].values.length <= 12 ? state.spread.over[0].values.map((value, i) => [resultColour(i), `${state.spread.over[0].name} ${state.spread.over[0].shown(value)}`]) : null,
    }));
}

// A row for each machine: its name, and below it a line from the least value to the largest with a dot for each point.
function drawSpread(svg, width, rows, { state, text }) {
  const [left, right, step] = [12, width - 36, 36];
  const x = valueScale(rows.flatMap((row) => [row.spread.least, row.spread.largest]), [left, right], false);
  const [over] = state.spread.over;
  const items = [];
  rows.forEach((row, i) => {
    const y = i * step + 26;
    const longest = Math.floor(width / 6.6);
    svg.append("text").attr("x", left).attr("y", y - 10).text(row.label.length > longest ? `${row.label.slice(0, longest - 1)}…` : row.label);
    svg.append("line").attr("x1", x(row.spread.least)).attr("x2", x(row.spread.largest)).attr("y1", y).attr("y2", y)
      .attr("stroke", "var(--step)").attr("stroke-width", 2);
    svg.append("line").attr("x1", x(row.spread.mean)).attr("x2", x(row.spread.mean)).attr("y1", y - 7).attr("y2", y + 7)
      .attr("stroke", "var(--ink)").attr("stroke-width", 2);
    for (const point of row.points) {
      const value = state.figure.value(point);
      if (value === null) continue;
      const which = state.spread.over.map((one) => `${one.name} ${one.shown(one.text(point))}`).join(", ");
      items.push({ x: x(value) - 4, y: y - 4, width: 8, height: 8, colour: resultColour(over.values.indexOf(over.text(point))), mark: { points: [point] },
        text: `${row.label}\n${which}: ${text(value)}\nmean ${text(row.spread.mean)}` });
    }
  });
  drawDots(svg, items);
  const height = rows.length * step + 6;
  axisBelow(svg, x, height, Math.max(2, width / 140), text);
  return height + 24;
}
