// Puts the page of a sweep together.
import { count, plural } from "./format.js";
import { explain, h, note } from "./dom.js";
import { hashParameters, startPage } from "./shell.js";
import { readSweep } from "./sweep_data.js";
import { keyChart } from "./sweep_chart.js";
import { spreadChart } from "./sweep_spread.js";
import { failedTable, manifestSection, pointStory, pointsTable } from "./sweep_points.js";
import { frontChart, frontTable } from "./sweep_front.js";

const sweep = readSweep(JSON.parse(document.getElementById("data").textContent));

const FRONT = ["front", "Front", "A mark is a machine on all traces. A click, or Enter, opens its first point. The axes do not begin at zero.", () => [frontChart(sweep), frontTable(sweep)]];

const SECTIONS = [
  ["summary", "Summary", "What the sweep has, and what varies in it.", summary],
  ...(sweep.page.tune ? [FRONT] : []),
  ["against", "Figures against keys", "Any figure against anything that varies. A click on a mark, or Enter, opens its first point.", () => [keyChart(sweep)]],
  ["spread", "Spread", "How much the results of one machine differ over seeds or traces: a dot is a point, a bar across is the mean. The axis does not begin at zero.", () => [spreadChart(sweep)]],
  ["points", "Points", "Every machine on every trace. Columns sort by a click; the links open a point.", () => [pointsTable(sweep)]],
  ["point", "Point", "The config and the figures of one point.", () => [pointStory(sweep, pointOfHash())]],
  ["failed", "Failed points", "Points without a result, and why.", () => [failedTable(sweep)]],
  ["manifest", "Manifest", "The program, the sweep file and the traces.", () => [manifestSection(sweep)]],
];

function card(value, name, meaning) {
  return explain(h("div", { class: "card", tabindex: "0" }, h("b", {}, count(value)), h("span", {}, name)), meaning);
}

function summary() {
  const { points, done, failed, varied } = sweep;
  const left = points.length - done.length - failed.length;
  const cards = [card(points.length, "points", "A point is a machine with a trace and a seed."), card(done.length, "done", "Points with a result."),
    card(failed.length, "failed", "Points that ended with an error; see below."), card(left, "to do", "Points that were not simulated yet.")];
  const values = (one) => {
    const list = one.values.slice(0, 12).map(one.shown).join(", ");
    return one.values.length > 12 ? `${list}, ... (${plural(one.values.length, "value")})` : list;
  };
  return [left > 0 ? note(`The sweep is not finished: ${plural(left, "point")} to do. The same command goes on from there.`, "problem") : null,
    h("div", { class: "cards" }, cards),
    varied.length === 0 ? note("Nothing varies: the sweep has one point.") : h("ul", {}, varied.map((one) => h("li", {}, h("b", {}, one.name), `: ${values(one)}`)))];
}

function pointOfHash() {
  return hashParameters().get("point");
}

function followPoint() {
  const id = pointOfHash();
  if (!id) return;
  const section = document.getElementById("point");
  section.replaceChildren(...[...section.children].slice(0, 2), pointStory(sweep, id));
  section.scrollIntoView();
  const heading = section.querySelector("h3");
  if (heading) heading.focus({ preventScroll: true });
}

startPage(sweep.page.version, SECTIONS, followPoint);
