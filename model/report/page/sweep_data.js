// The data of a sweep: points, what varies between them, and their figures.
import { figure, objects } from "./format.js";

const isNumber = (text) => text !== "" && Number.isFinite(Number(text));

// A trace is named by its file, unless two files have the same name.
function shortened(values) {
  const last = values.map((text) => text.split("/").pop());
  return new Set(last).size === values.length ? new Map(values.map((text, i) => [text, last[i]])) : new Map();
}

// A thing in which points may differ. name, text(point), values: all that occur, in order; numeric: all are numbers.
function dimension(name, points, text) {
  const values = [...new Set(points.map(text))];
  const numeric = values.every(isNumber);
  if (numeric) values.sort((a, b) => a - b);
  const names = name === "trace" ? shortened(values) : new Map();
  return { name, text, values, numeric, isKey: false, shown: (value) => names.get(value) || (value === "" ? "-" : value) };
}

function meaningOfFigure(one) {
  return [one.description, one.explanation, one.unit ? `Unit: ${one.unit}` : ""].filter(Boolean).join("\n");
}

export function readSweep(page) {
  const points = objects(page.points);
  const dimensions = ["trace", "config", "seed"].map((name) => dimension(name, points, (point) => point[name]));
  page.keys.forEach((key, i) => dimensions.push({ ...dimension(key, points, (point) => point.values[i]), isKey: true }));
  const figures = page.figures.map((one, i) => ({ ...one, meaning: meaningOfFigure(one), value: (point) => point.figures[i] ?? null }));
  return { page, points, dimensions, figures,
    varied: dimensions.filter((one) => one.values.length > 1),
    done: points.filter((point) => point.state === "done"),
    failed: points.filter((point) => point.state === "failed") };
}

export const figureText = (one, value) => figure(value, one.unit);

// What distinguishes a point from the others.
export function pointName(sweep, point, without = []) {
  return sweep.varied.filter((one) => !without.includes(one)).map((one) => `${one.name} ${one.shown(one.text(point))}`).join(", ");
}

// The points in groups of those with equal texts: [{ texts, points }], in the order of their first points.
export function groupsOf(points, dimensions) {
  const groups = new Map();
  for (const point of points) {
    const texts = dimensions.map((one) => one.text(point));
    const key = JSON.stringify(texts);
    if (!groups.has(key)) groups.set(key, { texts, points: [] });
    groups.get(key).points.push(point);
  }
  return [...groups.values()];
}

// Of the values of a figure; null if there are none.
export function spreadOf(points, one) {
  const values = points.map(one.value).filter((value) => value !== null);
  if (values.length === 0) return null;
  const mean = d3.mean(values);
  return { count: values.length, mean, least: d3.min(values), largest: d3.max(values), deviation: d3.deviation(values) ?? null,
    relative: mean ? (d3.max(values) - d3.min(values)) / Math.abs(mean) : null };
}

// The config of a point: that of the first one, with what differs (a JSON patch).
export function configOf(sweep, point) {
  const config = JSON.parse(JSON.stringify(sweep.page.config));
  for (const { op, path, value } of point.changes || []) {
    const names = path.split("/").slice(1).map((name) => name.replace(/~1/g, "/").replace(/~0/g, "~"));
    const last = names.pop();
    const parent = names.reduce((inner, name) => inner[name], config);
    if (op === "remove" && Array.isArray(parent)) parent.splice(Number(last), 1);
    else if (op === "remove") delete parent[last];
    else if (op === "add" && Array.isArray(parent)) parent.splice(last === "-" ? parent.length : Number(last), 0, value);
    else parent[last] = value;
  }
  return config;
}

export const pointLink = (point) => `#point=${encodeURIComponent(point.id)}`;

export function openPoint(point) {
  window.location.hash = pointLink(point);
}
