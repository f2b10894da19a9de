// The points as a table, one of them with its config, those that failed, and what made the sweep.
import { count } from "./format.js";
import { h, note } from "./dom.js";
import { numberColumn, textColumn } from "./frame.js";
import { flatten } from "./figures.js";
import { dataTable } from "./table.js";
import { configOf, figureText, pointLink, pointName } from "./sweep_data.js";

const MOST_SHOWN = 100;
const DATA_URL = "data:application/json;charset=utf-8,";

export function dimensionColumn(one) {
  const column = textColumn(one.name, (point) => one.shown(one.text(point)), one.isKey ? "a key of the machine that the sweep varies" : null);
  return one.numeric ? { ...column, number: true, value: (point) => Number(one.text(point)) } : column;
}

export function linkColumn(name = "point") {
  return { name, heading: true, mono: true, text: (point) => point.id, node: (point) => h("a", { href: pointLink(point) }, point.id.slice(0, 8)) };
}

export function pointsTable(sweep) {
  const shown = sweep.dimensions.filter((one) => one.isKey || one.name === "trace" || sweep.varied.includes(one));
  const unfinished = sweep.done.length < sweep.points.length;
  const columns = [linkColumn(), ...(unfinished ? [textColumn("state", (point) => point.state)] : []), ...shown.map(dimensionColumn),
    ...sweep.figures.map((one) => numberColumn(one.name, one.value, (point) => (one.value(point) === null ? "-" : figureText(one, one.value(point))), one.meaning))];
  return dataTable("Points; a row is a machine with a trace and a seed", columns, sweep.points, { first: MOST_SHOWN, controls: h("span", { class: "soft" }, "all words must be in a row") });
}

export function failedTable(sweep) {
  if (sweep.failed.length === 0) return note("No point failed.");
  const shown = sweep.dimensions.filter((one) => one.isKey || sweep.varied.includes(one));
  return dataTable("Points that failed; the same command tries them again", [linkColumn(), { ...textColumn("message", (point) => point.problem), style: () => "wrap" }, ...shown.map(dimensionColumn)], sweep.failed);
}

// The keys that the sweep varies, then all others.
function configTable(sweep, point) {
  const config = flatten(configOf(sweep, point));
  const rows = Object.entries(config).map(([key, value]) => ({ key, value, varied: sweep.page.keys.includes(key) }));
  rows.sort((a, b) => b.varied - a.varied);
  return dataTable("Config", [{ name: "key", heading: true, mono: true, text: (row) => row.key }, { name: "value", mono: true, text: (row) => row.value },
    textColumn("varied", (row) => (row.varied ? "varied" : ""))], rows, { first: 20 });
}

function configLinks(sweep, point) {
  const text = JSON.stringify(configOf(sweep, point), null, 2);
  const address = DATA_URL + encodeURIComponent(text);
  return h("p", {}, h("a", { href: address, download: `${point.id}.json`, class: "config" }, "Save the config"), ": a machine for ",
    h("span", { class: "mono" }, "tablewalk run TRACE -c FILE"), ". The whole result: ",
    h("span", { class: "mono" }, `tablewalk sweep result ${sweep.page.folder} ${point.id}`));
}

// What the address names, or a hint.
export function pointStory(sweep, id) {
  const point = sweep.points.find((one) => one.id === id);
  if (!point) return note(id ? `There is no point ${id}.` : "Choose a point in a table or in a chart.");
  const heading = h("h3", { tabindex: "-1" }, `Point ${point.id}`);
  const what = h("p", {}, pointName(sweep, point) || sweep.dimensions[0].text(point), `: ${point.state}.`);
  if (point.state === "failed") return h("div", {}, heading, what, note(point.problem, "problem"));
  if (point.state !== "done") return h("div", {}, heading, what);
  const figures = sweep.figures.filter((one) => one.value(point) !== null);
  return h("div", {}, heading, what, configLinks(sweep, point), configTable(sweep, point),
    dataTable("Figures", [{ ...textColumn("figure", (one) => one.name), heading: true }, numberColumn("value", (one) => one.value(point), (one) => figureText(one, one.value(point))),
      textColumn("what was counted", (one) => one.description)], figures));
}

function factsOf({ page }) {
  const { program, file } = page.manifest;
  return [["program", `tablewalk ${program.version}, commit ${program.commit}, checksum ${program.checksum}`], ["folder", page.folder],
    ["sweep file", `${file.path}, checksum ${file.checksum}`], ["random seed", String(page.counts.random_seed)],
    ["points left out by conditions", count(page.counts.excluded)], ["simulation time", `${count(Math.round(page.counts.seconds * 10) / 10)} s in all`]];
}

export function manifestSection(sweep) {
  const traces = Object.entries(sweep.page.manifest.trace_files || {}).map(([path, one]) => ({ path, ...one }));
  return h("div", {},
    h("div", { class: "scroll" }, h("table", {}, h("caption", {}, "What made this sweep"), h("tbody", {}, factsOf(sweep).map(([name, text]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "wrap" }, text)))))),
    h("h3", {}, "Traces"), dataTable("Trace files", [{ ...textColumn("file", (row) => row.path), heading: true, mono: true },
      { name: "checksum", mono: true, text: (row) => String(row.checksum ?? "-") }], traces),
    h("details", { class: "data" }, h("summary", {}, "The sweep file"), h("pre", { class: "mono scroll", tabindex: "0" }, sweep.page.manifest.file.text)));
}
