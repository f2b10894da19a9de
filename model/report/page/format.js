// How numbers, sizes and addresses are written.

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

export function count(value) {
  if (value === null || value === undefined) return "-";
  return Number.isInteger(value) ? d3.format(",")(value) : d3.format(",.4~g")(value);
}

// 813, 1.52k: for labels of bars.
export function short(value) {
  return value < 1000 ? count(value) : d3.format(".3~s")(value);
}

export function plural(number, word) {
  return `${count(number)} ${word}${number === 1 ? "" : "s"}`;
}

export function share(value) {
  return `${(100 * value).toFixed(2)} %`;
}

export function size(bytes) {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1024 && unit < SIZES.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number.isInteger(value) ? value : value.toPrecision(3)} ${SIZES[unit]}`;
}

// A figure with its unit: shares are percentages.
export function figure(value, unit) {
  if (value === null || value === undefined) return "-";
  if (unit === "share") return share(value);
  if (unit === "bytes") return size(value);
  return count(value);
}

// 0x1f_ff00_0000: addresses are text, since a number has only 53 bits.
export function address(text) {
  const digits = text.replace(/^0x/, "");
  return `0x${digits.replace(/\B(?=([0-9a-f]{4})+$)/g, "_")}`;
}

export function hex(big) {
  return `0x${big.toString(16)}`;
}

// 2.00x: how much `value` is of `base`; with two digits also if it is little, as `tablewalk compare` prints it.
export function ratio(value, base) {
  if (!base || value === undefined || value === null) return "";
  const quotient = value / base;
  if (quotient <= 0 || quotient >= 0.095) return `${quotient.toFixed(2)}x`;
  return `${quotient >= 0.000095 ? quotient.toPrecision(2) : quotient.toExponential(1)}x`;
}

// The rows of a table of the data as objects.
export function objects(table) {
  return table.rows.map((row) => Object.fromEntries(table.columns.map((name, i) => [name, row[i]])));
}

export const NOT_RADIX = "The page tables of this machine are no tree of tables, and are not drawn.";
export const PLACES = ["l1", "l2", "llc", "dram"];
export const PLACE_NAMES = { l1: "L1", l2: "L2", llc: "LLC", dram: "DRAM" };

// The colours of results drawn over each other.
const RESULT_COLOURS = ["var(--l2)", "var(--dram)", "var(--l1)", "var(--llc)", "var(--tlb)", "var(--wait)"];
const DASHES = ["", "6 3", "2 3", "8 3 2 3"];

export function resultColour(number) {
  return RESULT_COLOURS[number % RESULT_COLOURS.length];
}

export function resultDash(number) {
  return DASHES[Math.floor(number / RESULT_COLOURS.length) % DASHES.length] || null;
}
