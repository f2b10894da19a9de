// Puts the page together.
import { count } from "./format.js";
import { h, note } from "./dom.js";
import { cards, configDifferences, figuresTable } from "./figures.js";
import { machineChart } from "./machine.js";
import { coreChart, partsNote, waterfallCharts } from "./waterfall.js";
import { breakdownChart, distributionChart, readsChart } from "./latency.js";
import { progressChart, reachChart } from "./progress.js";
import { linesTable, spaceChart, tablesChart } from "./space.js";
import { tableTree } from "./tree.js";
import { microscope } from "./microscope.js";
import { drawSections, hashParameters, startPage } from "./shell.js";

const page = JSON.parse(document.getElementById("data").textContent);
const results = page.results;
const state = { number: 0, microscope: null };

const MISSING = "This result has no details: run it with --details (or with --html), and this picture is here.";

// A section per picture. draw() makes its content; needs: what the result must have.
const SECTIONS = [
  ["summary", "Summary", "The main figures; each says on hover and focus what was counted.", summary],
  ["machine", "Machine", "Modules with their sizes; red: the share of lookups that miss; links are as thick as what passes them.", () => [machineChart(chosen())]],
  ["cost", "Cost of translation", "From free translation to this machine, cause by cause: the difference is the cost. The axis does not begin at zero.", costs],
  ["latency", "Latency", "How long walks and translations take, and where their cycles go.",
    () => [distributionChart(results), breakdownChart(chosen()), readsChart(chosen())]],
  ["progress", "Over the run", "Each point is an interval of equally many translations.", () => needed((one) => [progressChart(results), reachChart(one, results)])],
  ["space", "Address space", "What is mapped, how often it is walked, and where the tables that map it are.",
    () => needed((one) => [spaceChart(one), tablesChart(one), h("h3", {}, "Cache lines with table entries"), linesTable(one)])],
  ["tree", "Page tables", "The tables at the end of the run. The strip shows which parts of a table are occupied and, below, which are read.", () => needed((one) => [tableTree(one)])],
  ["microscope", "Microscope", "Single walks in time. Drag to move; Ctrl and the wheel, or the buttons, zoom. A click on a walk tells its story.", () => needed(microscopeSection)],
  ["figures", "All figures", "Every figure of the results.", () => [figuresTable(results)]],
];

const chosen = () => results[state.number];

function needed(draw) {
  return chosen().result.details ? draw(chosen()) : [note(MISSING)];
}

function summary() {
  const lines = results.map((one) => {
    const { trace, more_traces: more, partial, warnings } = one.result;
    const traces = [trace, ...(more || [])].map((each) => `${each.path} (${each.format}, ${count(each.records)} records)`).join(", ");
    const remarks = [partial ? "The run was stopped before its end." : "", ...(warnings || [])].filter(Boolean);
    return h("div", {}, h("p", {}, h("b", {}, one.label), `: ${traces}`), ...remarks.map((text) => note(text, "problem")));
  });
  const machines = results.length > 1 ? configDifferences(results) : null;
  return [...lines, machines, results.length > 1 ? h("h3", {}, chosen().label) : null, cards(chosen().result)];
}

function costs() {
  return [...waterfallCharts(results.length > 4 ? [chosen()] : results), partsNote(results), coreChart(results)];
}

function microscopeSection() {
  state.microscope = microscope(results, state.number, walkOfHash());
  return [state.microscope.element];
}

function drawAll() {
  state.microscope = null;
  drawSections(SECTIONS);
}

function walkOfHash() {
  const number = Number(hashParameters().get("walk"));
  return Number.isInteger(number) && number > 0 ? number : null;
}

// #walk=812&result=2 opens that walk of the second result.
function followHash() {
  const parameters = hashParameters();
  const number = Number(parameters.get("result") || state.number + 1) - 1;
  if (parameters.has("result") && results[number] && number !== state.number) choose(number);
  const walk = walkOfHash();
  if (walk && state.microscope) state.microscope.open(walk);
}

function choose(number) {
  state.number = number;
  document.getElementById("result").value = String(number);
  drawAll();
}

function fillChoice() {
  if (results.length < 2) return;
  const select = document.getElementById("result");
  select.append(...results.map((one, i) => h("option", { value: String(i) }, one.label)));
  select.addEventListener("change", () => {
    history.replaceState(null, "", `#result=${Number(select.value) + 1}`);
    choose(Number(select.value));
  });
  document.getElementById("result-choice").hidden = false;
}

fillChoice();
startPage(page.version, SECTIONS, followHash);
