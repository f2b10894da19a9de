// Tables that sort and filter.
import { announce, h, term } from "./dom.js";

const FIRST_ROWS = 60;

// columns: { name, meaning, number, text(row), value(row), node(row), heading }. A value sorts; text is shown and
// filtered; a node is shown instead of the text.
export function dataTable(caption, columns, rows, options = {}) {
  const state = { sort: null, down: false, filter: "", all: false };
  const body = h("tbody");
  const more = h("button", { type: "button", onclick: () => { state.all = true; fill(); } });
  const heads = columns.map((column, i) => heading(column, () => sortBy(i)));
  const table = h("table", {}, h("caption", {}, caption), h("thead", {}, h("tr", {}, heads)), body);

  function sortBy(i) {
    state.down = state.sort === i ? !state.down : Boolean(columns[i].number);
    state.sort = i;
    heads.forEach((head, k) => head.setAttribute("aria-sort", k === i ? (state.down ? "descending" : "ascending") : "none"));
    announce(`sorted by ${columns[i].name}`);
    fill();
  }
  function fill() {
    const found = sorted(rows.filter((row) => matches(row, columns, state.filter)), columns[state.sort], state.down);
    const shown = state.all ? found : found.slice(0, options.first || FIRST_ROWS);
    body.replaceChildren(...shown.map((row) => tableRow(row, columns, options)));
    more.hidden = shown.length === found.length;
    more.textContent = `Show all ${found.length} rows`;
  }
  const filter = h("input", { type: "search", "aria-label": `Filter: ${caption}`,
    oninput: (event) => { state.filter = event.target.value.toLowerCase(); fill(); } });
  fill();
  const controls = rows.length > 8 || options.controls ? h("div", { class: "controls" }, h("label", {}, "Filter ", filter), options.controls) : null;
  return h("div", {}, controls, h("div", { class: "scroll" }, table), more);
}

function heading(column, onClick) {
  const word = column.meaning ? term(column.name, column.meaning) : column.name;
  return h("th", { scope: "col", class: column.number ? "number" : null, "aria-sort": "none" },
    h("button", { type: "button", onclick: onClick }, word));
}

// Each word of the filter must be in some column.
function matches(row, columns, filter) {
  const words = filter.split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const texts = columns.map((column) => String(column.text(row)).toLowerCase());
  return words.every((word) => texts.some((text) => text.includes(word)));
}

function sorted(rows, column, down) {
  if (!column) return rows;
  const value = column.value || column.text;
  const sign = down ? -1 : 1;
  return [...rows].sort((a, b) => sign * compare(value(a), value(b)));
}

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  return a < b ? -1 : 1;
}

function tableRow(row, columns, options) {
  const cells = columns.map((column) => {
    const content = column.node ? column.node(row) : column.text(row);
    const kind = [column.number ? "number" : "", column.mono ? "mono" : "", column.style ? column.style(row) : ""];
    return h(column.heading ? "th" : "td", { class: kind.join(" ").trim() || null, scope: column.heading ? "row" : null },
      content);
  });
  return h("tr", { class: options.rowClass ? options.rowClass(row) : null }, cells);
}
