// All figures, side by side, with their meaning and what differs.
import { figure, ratio } from "./format.js";
import { choice, explain, h } from "./dom.js";
import { dataTable } from "./table.js";

const NOTABLE = 0.02;

export function meaningOf(result, name) {
  const meaning = result.meaning[name];
  if (!meaning) return "";
  return [meaning.description, meaning.explanation, meaning.unit ? `Unit: ${meaning.unit}` : ""].filter(Boolean).join("\n");
}

function keyFigures(result) {
  return Object.keys(result.stats).filter((name) => result.meaning[name] && result.meaning[name].key);
}

// The most important figures of one result.
export function cards(result) {
  const first = ["translation.cost_share", "core.cycles", "core.accesses", "walker.walks"];
  const names = [...first, ...keyFigures(result)].filter((name, i, all) => name in result.stats && all.indexOf(name) === i);
  return h("div", { class: "cards" }, names.slice(0, 8).map((name) => {
    const card = h("div", { class: "card", tabindex: "0" },
      h("b", {}, figure(result.stats[name], (result.meaning[name] || {}).unit)), h("span", {}, breakable(name)));
    return explain(card, meaningOf(result, name));
  }));
}

// A name may be broken after its dots and underlines.
function breakable(name) {
  return name.split(/(?<=[._])/).flatMap((part) => [part, h("wbr")]);
}

export function figuresTable(results) {
  const holder = h("div");
  const show = (which) => {
    const rows = rowsOf(results, which);
    const title = `Figures${results.length > 1 ? "; ratios are to the first result" : ""}`;
    holder.replaceChildren(dataTable(title, columnsOf(results), rows, {
      controls: null, first: 80, rowClass: (row) => (results.length > 1 && row.differs ? "differs" : null) }));
  };
  const kinds = [["key", "key figures"], ["all", "all figures"]];
  if (results.length > 1) kinds.push(["differs", "figures that differ"]);
  show("key");
  return h("div", {}, h("div", { class: "controls" }, choice("Show", kinds, "key", show)), holder);
}

function rowsOf(results, which) {
  const names = [...new Set(results.flatMap((one) => Object.keys(one.result.stats)))];
  return names.map((name) => rowOf(results, name)).filter((row) => which === "all" || row[which]);
}

function rowOf(results, name) {
  const values = results.map((one) => one.result.stats[name]);
  const meant = results.find((one) => one.result.meaning[name]);
  const meaning = meant ? meant.result.meaning[name] : {};
  return {
    name,
    values,
    key: Boolean(meaning.key) || name === "core.cycles",
    section: meaning.section || "",
    unit: meaning.unit || "",
    meaning: meant ? meaningOf(meant.result, name) : "",
    differs: values.some((value) => value !== values[0]),
  };
}

function columnsOf(results) {
  const columns = [{
    name: "figure", heading: true, text: (row) => row.name,
    node: (row) => explain(h("span", { class: "term", tabindex: "0" }, row.name), row.meaning),
  }];
  results.forEach((one, i) => {
    columns.push({ name: one.label, number: true, value: (row) => row.values[i],
      text: (row) => figure(row.values[i], row.unit) });
    if (i > 0) columns.push(differenceColumn(one, i));
  });
  columns.push({ name: "section", text: (row) => row.section });
  return columns;
}

// Marked by a sign and a colour, unless it is small.
function differenceColumn(one, i) {
  const share = (row) => (row.values[0] ? row.values[i] / row.values[0] - 1 : 0);
  const sign = (row) => (Math.abs(share(row)) < NOTABLE ? "" : share(row) > 0 ? "▲ " : "▼ ");
  return {
    name: `${one.label} / ${"first"}`,
    number: true,
    value: share,
    text: (row) => sign(row) + ratio(row.values[i], row.values[0]),
    style: (row) => (Math.abs(share(row)) < NOTABLE ? "same" : ""),
  };
}

// The keys of the machines that differ.
export function configDifferences(results) {
  const flat = results.map((one) => flatten(one.result.config));
  const keys = [...new Set(flat.flatMap((config) => Object.keys(config)))];
  const rows = keys.map((key) => ({ key, values: flat.map((config) => config[key] ?? "-") }))
    .filter((row) => row.values.some((value) => value !== row.values[0]));
  if (rows.length === 0) return h("p", { class: "soft" }, "The machines are equal.");
  const columns = [{ name: "key", heading: true, mono: true, text: (row) => row.key },
    ...results.map((one, i) => ({ name: one.label, text: (row) => row.values[i] }))];
  return dataTable("Keys of the machines that differ", columns, rows);
}

export function flatten(value, prefix = "", into = {}) {
  if (value !== null && typeof value === "object" && Object.keys(value).length > 0) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, prefix ? `${prefix}.${key}` : key, into);
  } else {
    into[prefix] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return into;
}
