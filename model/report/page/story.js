// One walk in words.
import { PLACE_NAMES, address, count, hex, size } from "./format.js";
import { h } from "./dom.js";

// The sampled walks of a result.
export function walksOf(result) {
  const { details } = result;
  if (!details) return [];
  const names = details.walks.columns;
  const readNames = details.walks.read_columns;
  return details.walks.rows.map((row) => {
    const walk = Object.fromEntries(names.map((name, i) => [name, row[i]]));
    walk.handling = handlingOf(walk, details.walks.handling_columns);
    walk.reads = walk.reads.map((read) => Object.fromEntries(readNames.map((name, i) => [name, read[i]])));
    walk.start = walk.asked ?? walk.requested;
    walk.end = walk.delivered ?? walk.answered;
    walk.cycles = walk.answered - walk.requested;
    walk.waited = walk.taken - walk.requested;
    return walk;
  });
}

// What was done about its page fault: { in_kernel, what, cycles, from }. Results of older versions do not say.
function handlingOf(walk, names = []) {
  const parts = (walk.handling ?? []).map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
  let from = walk.repeated - parts.reduce((sum, part) => sum + part.cycles, 0);
  parts.forEach((part) => {
    part.from = from;
    from += part.cycles;
  });
  return parts;
}

// The parts of a walk in time, without gaps: { from, to, kind, text }.
export function partsOf(walk, levels) {
  const parts = [];
  const add = (from, to, kind, text) => { if (to > from) parts.push({ from, to, kind, text: `${text}: ${count(to - from)} cycles` }); };
  add(walk.start, walk.requested, "tlb", "lookups in the TLBs, waiting for them, and the way to the walker");
  add(walk.requested, walk.taken, "wait", "waiting for a walker");
  let now = walk.taken;
  walk.reads.forEach((read) => {
    add(now, read.presented, "step", now === walk.taken ? "walk caches and first step of the walker" : "step of the walker");
    const what = read.update ? "update of the entry of" : "entry of";
    add(read.presented, read.answered, read.served_by, `${what} ${levelName(levels, read.level)}, from ${PLACE_NAMES[read.served_by]}${bankText(read)}`);
    now = Math.max(now, read.answered);
  });
  add(now, walk.answered, "step", "response");
  add(walk.answered, walk.end, "tlb", "way back through the TLBs to the core");
  return parts;
}

export function levelName(levels, level) {
  return levels[level] ? levels[level].name : `level ${level}`;
}

function bankText(read) {
  if (!read.dram) return "";
  const [channel, rank, bank, row] = read.dram;
  return ` (channel ${channel}, rank ${rank}, bank ${bank}, row ${row})`;
}

const mono = (text) => h("span", { class: "mono" }, text);

// context: { levels, lineBytes, rank, cores: whether the walks are of several }
export function storyOf(walk, context) {
  const { levels } = context;
  const by = walk.instruction ? [" by the instruction at ", mono(address(walk.instruction))] : [];
  const core = context.cores ? `core ${walk.core}` : "the core";
  const lines = [h("li", {}, `${count(walk.start)}: ${core} ${walk.asked === null ? "has asked for" : "asks for"} the translation of `, mono(address(walk.va)), ` (${walk.access}`, ...by, ")."),
    h("li", {}, `${count(walk.requested)}: every TLB has missed; the request reaches the walker.`),
    h("li", {}, waitingText(walk)), ...cacheLines(walk, levels), ...walk.reads.map((read) => readLine(read, context)), h("li", {}, ...endText(walk)),
    ...walk.handling.map(handlingLine)];
  if (walk.repeated) lines.push(h("li", {}, `${count(walk.repeated)}: ${core} leaves its kernel, and the access is made again.`));
  if (walk.delivered !== null) lines.push(h("li", {}, `${count(walk.delivered)}: ${core} has its translation, ${count(walk.delivered - walk.start)} cycles after it asked.`));
  const rank = context.rank ? ` It is number ${context.rank} of the slowest.` : "";
  const merged = walk.merged ? ` It also serves ${walk.merged} further request${walk.merged > 1 ? "s" : ""} for its page.` : "";
  const restarts = walk.restarts ? ` Invalidations made it begin again ${walk.restarts} times.` : "";
  return [h("p", {}, `${count(walk.cycles)} cycles from the request at the walker to the response, ${count(walk.waited)} of them waiting.${rank}${merged}${restarts}`), h("ol", {}, lines)];
}

function waitingText(walk) {
  if (walk.waited === 0) return `${count(walk.taken)}: a walker takes it at once.`;
  return `${count(walk.taken)}: a walker takes it, after ${count(walk.waited)} cycles of waiting.`;
}

function cacheLines(walk, levels) {
  if (walk.walk_cache_hit === null) return [h("li", {}, "No walk cache has an entry for it: it begins at the root.")];
  const hit = walk.walk_cache_hit;
  return [h("li", {}, `The walk cache of ${levelName(levels, hit)} has its entry: ${hit > 0 ? `it begins at ${levelName(levels, hit - 1)}` : "no entry needs to be read"}.`)];
}

function readLine(read, { levels, lineBytes }) {
  const line = hex((BigInt(read.address) / BigInt(lineBytes)) * BigInt(lineBytes));
  const verb = read.update ? "updates" : "reads";
  return h("li", {}, `${count(read.presented)}: ${verb} the entry of ${levelName(levels, read.level)} at `, mono(address(read.address)), ", in the cache line ",
    mono(address(line)), `: ${PLACE_NAMES[read.served_by]} answers after ${count(read.answered - read.presented)} cycles${bankText(read)}.`);
}

function handlingLine(part) {
  return h("li", {}, `${count(part.from)}: ${part.in_kernel ? "the kernel" : "the access"} ${part.what}: ${count(part.cycles)} cycles.`);
}

function endText(walk) {
  if (walk.fault) return [`${count(walk.answered)}: the walk ends with a fault: ${walk.fault}.`];
  return [`${count(walk.answered)}: the response: a page of ${size(walk.page_bytes)} at `, mono(address(walk.page)), "."];
}
