// Single walks on a time axis that zooms, of one machine or of two.
import { PLACES, PLACE_NAMES, address, count } from "./format.js";
import { announce, choice, h, hideTip, legend, note, showTip } from "./dom.js";
import { chart } from "./frame.js";
import { dataTable } from "./table.js";
import { levelName, partsOf, storyOf, walksOf } from "./story.js";

const COLOURS = { tlb: "var(--tlb)", wait: "var(--wait)", step: "var(--step)", l1: "var(--l1)", l2: "var(--l2)", llc: "var(--llc)", dram: "var(--dram)" };
const MOST_DRAWN = 400;
const LANE = 15;
const LEFT = 10;
const ENTRIES = [["var(--tlb)", "TLBs, and the ways to and from the core"], ["var(--wait)", "waiting for a walker"], ["var(--step)", "walk caches and walker"],
  ...PLACES.map((place) => [`var(--${place})`, `entry from ${PLACE_NAMES[place]}`])];

export function microscope(results, number, hash) {
  const state = { results, number, other: null, selected: null, domain: null };
  state.walks = walksOf(results[number].result);
  if (state.walks.length === 0) return { element: note("No walks were sampled."), open: () => {} };
  const holder = h("div");
  const story = h("section", { class: "story", id: "walk", tabindex: "-1", "aria-label": "One walk in words" });
  const element = h("div", {}, samplingNote(state), controls(state, () => show()), holder, story, h("div", {}, slowestTable(state), allTable(state)));
  const show = () => holder.replaceChildren(...timelines(state, open));
  function open(walkNumber, zoom = true) {
    const walk = state.walks.find((one) => one.number === walkNumber);
    if (!walk) return missing(story, walkNumber);
    state.selected = walk;
    if (zoom) state.domain = around(walk);
    tell(state, story, open);
    show();
    return undefined;
  }
  const first = state.walks.find((walk) => walk.number === slowestOf(state)[0]) || state.walks[0];
  const asked = hash && state.walks.some((walk) => walk.number === hash);
  open(asked ? hash : first.number);
  if (hash && !asked) missing(story, hash);
  return { element, open: (walkNumber) => { open(walkNumber); story.focus({ preventScroll: true }); story.scrollIntoView({ block: "center" }); } };
}

const detailsOf = (state) => state.results[state.number].result.details;
const levelsOf = (state) => detailsOf(state).paging.levels;
const slowestOf = (state) => detailsOf(state).slowest;
const around = (walk) => { const margin = Math.max(60, (walk.end - walk.start) * 1.5); return [walk.start - margin, walk.end + margin]; };

function missing(story, number) {
  story.replaceChildren(h("h3", {}, `Walk ${count(number)}`), note("This walk is not in the sample. Choose one from the time line or the tables."));
}

function samplingNote(state) {
  const { walks_seen: seen, thinned } = detailsOf(state);
  const kept = state.walks.length;
  if (kept === seen) return h("p", { class: "soft" }, `All ${count(seen)} walks of the run are here.`);
  const how = thinned ? "the slowest" : "the first, the last and the slowest, those around the slowest, and a uniform sample of runs of neighbours";
  return h("p", { class: "soft" }, `${count(kept)} of ${count(seen)} walks are here: ${how}.`);
}

function controls(state, show) {
  const whole = () => [state.walks[0].start, state.walks[state.walks.length - 1].end];
  const zoom = (factor) => { const [a, b] = state.domain; const middle = (a + b) / 2; const half = ((b - a) / 2) * factor; state.domain = [middle - half, middle + half]; show(); };
  const button = (text, label, onclick) => h("button", { type: "button", "aria-label": label, onclick }, text);
  const move = (part) => { const [a, b] = state.domain; const by = (b - a) * part; state.domain = [a + by, b + by]; show(); };
  const others = state.results.map((one, i) => [String(i), one.label]).filter(([i]) => Number(i) !== state.number && state.results[i].result.details);
  return h("div", { class: "controls" }, button("+", "Zoom in", () => zoom(0.5)), button("−", "Zoom out", () => zoom(2)),
    button("←", "Earlier", () => move(-0.4)), button("→", "Later", () => move(0.4)), button("Whole run", "Whole run", () => { state.domain = whole(); show(); }),
    others.length ? choice("Second machine", [["", "none"], ...others], "", (value) => {
      state.other = value === "" ? null : Number(value);
      if (state.other !== null) goToDivergence(state);
      show();
    }) : null);
}

function timelines(state, open) {
  const mine = timeline(state, state.number, open, open);
  if (state.other === null) return [mine, legend(ENTRIES)];
  return [h("p", { class: "note" }, divergenceText(state)), mine, timeline(state, state.other, null, open), legend(ENTRIES)];
}

// Walks are sorted by number; a long run has gaps between its samples.
function timeline(state, number, open, show) {
  const one = state.results[number];
  const walks = number === state.number ? state.walks : walksOf(one.result);
  const [from, to] = state.domain;
  const seen = walks.filter((walk) => walk.end >= from && walk.start <= to);
  const drawn = seen.length > MOST_DRAWN ? seen.filter((walk, i) => i % Math.ceil(seen.length / MOST_DRAWN) === 0) : seen;
  const lanes = lanesOf(drawn);
  const context = { state, number, walks: drawn, lanes, levels: one.result.details.paging.levels, open,
    refresh: () => show(state.selected.number, false) };
  return chart({
    name: number === state.number ? "timeline" : "timeline-other",
    caption: `Walks of ${one.label}, cycle ${count(Math.max(0, Math.round(from)))} to ${count(Math.round(to))}`,
    description: `${seen.length} walks${drawn.length < seen.length ? `, of which ${drawn.length} are drawn` : ""}. Arrow keys go from walk to walk, Enter shows one in words, plus and minus zoom. The tables below have the same walks.`,
    draw: (svg, width) => drawTimeline(svg, width, context),
  });
}

// Overlapping walks are in different lanes.
function lanesOf(walks) {
  const ends = [];
  const lanes = new Map();
  for (const walk of [...walks].sort((a, b) => a.start - b.start)) {
    let lane = ends.findIndex((end) => end < walk.start);
    if (lane < 0) lane = ends.push(0) - 1;
    ends[lane] = walk.end;
    lanes.set(walk.number, lane);
  }
  return { lanes, count: Math.max(1, ends.length) };
}

function drawTimeline(svg, width, context) {
  const { state, walks, lanes } = context;
  const scale = d3.scaleLinear().domain(state.domain).range([LEFT, width - LEFT]);
  const top = 34;
  const bottom = top + lanes.count * LANE + 4;
  svg.attr("class", "timeline");
  svg.append("rect").attr("width", width).attr("height", bottom + 24).attr("fill", "transparent");
  drawQueue(svg, scale, walks, top);
  for (const walk of walks) drawWalk(svg, scale, walk, top + lanes.lanes.get(walk.number) * LANE, context);
  drawDivergence(svg, scale, bottom, context);
  const axis = d3.axisBottom(scale).ticks(Math.max(2, width / 120)).tickSizeOuter(0);
  const axisGroup = svg.append("g").attr("class", "axis").attr("transform", `translate(0,${bottom})`).call(axis);
  zoomable(svg, scale, width, context, axisGroup);
  timelineKeys(svg, context);
  return bottom + 24;
}

// How many of the drawn walks wait for a walker, as steps.
function drawQueue(svg, scale, walks, top) {
  const changes = walks.filter((walk) => walk.waited > 0).flatMap((walk) => [[walk.requested, 1], [walk.taken, -1]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let waiting = 0;
  const points = [[scale.domain()[0], 0]];
  for (const [at, by] of changes) {
    points.push([at, waiting]);
    waiting += by;
    points.push([at, waiting]);
  }
  points.push([scale.domain()[1], 0]);
  const most = d3.max(points, (point) => point[1]);
  const y = d3.scaleLinear().domain([0, Math.max(1, most)]).range([top - 6, 14]);
  const area = d3.area().x((d) => scale(d[0])).y0(top - 6).y1((d) => y(d[1]));
  svg.append("path").datum(points).attr("d", area).attr("fill", "var(--wait)").attr("fill-opacity", 0.35);
  svg.append("text").attr("class", "faint").attr("x", LEFT).attr("y", 11).text(`walks that wait for a walker: up to ${most}`);
}

function drawWalk(svg, scale, walk, y, { state, levels, open, number }) {
  const group = svg.append("g").attr("data-walk", walk.number);
  const selected = number === state.number && state.selected === walk;
  const text = `Walk ${count(walk.number)} of ${address(walk.va)}, ${count(walk.end - walk.start)} cycles`;
  for (const part of partsOf(walk, levels)) {
    const x = scale(part.from);
    const width = Math.max(0.6, scale(part.to) - x);
    group.append("rect").attr("x", x).attr("y", y + (part.kind === "tlb" ? 3 : 1)).attr("width", width).attr("height", part.kind === "tlb" ? 6 : 11)
      .attr("fill", COLOURS[part.kind]).on("pointermove", () => showTip(`${text}\n${part.text}`, d3.event.clientX, d3.event.clientY)).on("pointerleave", hideTip);
  }
  for (const read of walk.reads) {
    const [x, end] = [scale(read.presented), scale(read.answered)];
    if (end - x > 16) group.append("text").attr("x", (x + end) / 2).attr("y", y + 10.5).attr("text-anchor", "middle").style("font-size", "10px").style("fill", "#fff").style("pointer-events", "none").text(read.level);
  }
  if (selected) {
    group.append("rect").attr("x", scale(walk.start) - 2).attr("y", y - 1).attr("width", Math.max(4, scale(walk.end) - scale(walk.start) + 4)).attr("height", LANE)
      .attr("fill", "none").attr("stroke", "var(--ink)").attr("stroke-width", 1.5);
  }
  if (open) group.style("cursor", "pointer").on("click", () => goTo(walk.number));
}

export function goTo(number) {
  const result = new URLSearchParams(window.location.hash.slice(1)).get("result");
  window.location.hash = `walk=${number}${result ? `&result=${result}` : ""}`;
}

// Zooming moves what is drawn, and draws anew when it ends.
function zoomable(svg, scale, width, { state, refresh }, axisGroup) {
  const zoom = d3.zoom().filter(() => (d3.event.type === "wheel" ? d3.event.ctrlKey || d3.event.shiftKey || d3.event.altKey : !d3.event.button))
    .scaleExtent([0.0001, 2000]).on("zoom", () => {
      const next = d3.event.transform.rescaleX(scale);
      const { k, x } = d3.event.transform;
      svg.selectAll("[data-walk]").attr("transform", `translate(${x},0) scale(${k},1)`);
      axisGroup.call(d3.axisBottom(next).ticks(Math.max(2, width / 120)).tickSizeOuter(0));
    }).on("end", () => {
      const next = d3.event.transform.rescaleX(scale).domain();
      if (next[0] === state.domain[0] && next[1] === state.domain[1]) return;
      state.domain = next;
      refresh();
    });
  svg.call(zoom).on("dblclick.zoom", null);
}

function timelineKeys(svg, { state, open }) {
  if (!open) return;
  svg.attr("tabindex", 0).on("keydown.walks", () => {
    const { key } = d3.event;
    const order = state.walks;
    const at = order.indexOf(state.selected);
    const next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: order.length - 1 }[key];
    if (next !== undefined) {
      d3.event.preventDefault();
      const walk = order[Math.max(0, Math.min(order.length - 1, next))];
      const inside = walk.start >= state.domain[0] && walk.end <= state.domain[1];
      announce(`walk ${walk.number}, ${walk.cycles} cycles, ${walk.waited} waiting`);
      open(walk.number, !inside);
      focusTimeline();
    } else if (key === "+" || key === "-") {
      const half = ((state.domain[1] - state.domain[0]) / 2) * (key === "+" ? 0.5 : 2);
      const middle = (state.selected.start + state.selected.end) / 2;
      state.domain = [middle - half, middle + half];
      open(state.selected.number, false);
      focusTimeline();
    } else if (key === "Enter") {
      goTo(state.selected.number);
    }
  });
}

// The drawing was made anew.
function focusTimeline() {
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const svg = document.querySelector('[data-chart="timeline"] svg');
    if (svg) svg.focus();
  }));
}

function tell(state, story, open) {
  const walk = state.selected;
  const details = detailsOf(state);
  const rank = slowestOf(state).indexOf(walk.number) + 1;
  const at = state.walks.indexOf(walk);
  const step = (by, text) => h("button", { type: "button", disabled: !state.walks[at + by], onclick: () => goTo(state.walks[at + by].number) }, text);
  const link = `#walk=${walk.number}${state.number ? `&result=${state.number + 1}` : ""}`;
  story.replaceChildren(h("h3", {}, `Walk ${count(walk.number)} `, h("a", { href: link, class: "soft" }, "link")),
    h("div", { class: "controls" }, step(-1, "Previous"), step(1, "Next"), h("button", { type: "button", onclick: () => open(walk.number) }, "Show in the time line")),
    ...storyOf(walk, { levels: levelsOf(state), lineBytes: details.lines.line_bytes, rank, cores: severalCores(state) }));
}

const walkLink = (walk, state) => h("a", { href: `#walk=${walk.number}${state.number ? `&result=${state.number + 1}` : ""}` }, count(walk.number));

// Results of earlier versions do not say which core started a walk.
const severalCores = (state) => state.walks.some((walk) => walk.core > 0);

function walkColumns(state) {
  const slowestRead = (walk) => walk.reads.reduce((worst, read) => (read.answered - read.presented > worst ? read.answered - read.presented : worst), 0);
  return [
    { name: "walk", number: true, heading: true, value: (walk) => walk.number, text: (walk) => String(walk.number), node: (walk) => walkLink(walk, state) },
    { name: "cycles", number: true, value: (walk) => walk.cycles, text: (walk) => count(walk.cycles), meaning: "from the request at the walker to the response" },
    { name: "waiting", number: true, value: (walk) => walk.waited, text: (walk) => count(walk.waited), meaning: "cycles until a walker was free" },
    { name: "address", mono: true, value: (walk) => BigInt(walk.va), text: (walk) => address(walk.va) },
    ...(severalCores(state) ? [{ name: "core", number: true, value: (walk) => walk.core, text: (walk) => String(walk.core), meaning: "that started the walk" }] : []),
    { name: "access", text: (walk) => walk.access },
    { name: "reads", text: (walk) => walk.reads.map((read) => `${levelName(levelsOf(state), read.level)}: ${PLACE_NAMES[read.served_by]}`).join(", ") },
    { name: "slowest read", number: true, value: slowestRead, text: (walk) => count(slowestRead(walk)) },
    { name: "starts in cycle", number: true, value: (walk) => walk.start, text: (walk) => count(walk.start) },
    { name: "ends", text: (walk) => walk.fault || "page" },
  ];
}

function slowestTable(state) {
  const byNumber = new Map(state.walks.map((walk) => [walk.number, walk]));
  const rows = slowestOf(state).map((number) => byNumber.get(number)).filter(Boolean);
  return h("div", {}, h("h3", {}, "The slowest walks"), dataTable(`The slowest walks, slowest first`, walkColumns(state), rows, { first: 12 }));
}

function allTable(state) {
  const details = h("details", { class: "data" }, h("summary", {}, "All sampled walks as a table"));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(dataTable("All sampled walks", walkColumns(state), state.walks));
  });
  return details;
}

// Where the machines first differ: the walk itself, if both samples have all walks up to it, or the checkpoints around
// it, or how many walks are equal.
function divergenceOf(state) {
  const mine = state.walks;
  const others = walksOf(state.results[state.other].result);
  let i = 0;
  for (; i < mine.length && i < others.length && mine[i].number === i + 1 && others[i].number === i + 1; i += 1) {
    const why = difference(mine[i], others[i]);
    if (why) return { index: i, mine: mine[i], other: others[i], why };
  }
  return between(detailsOf(state), state.results[state.other].result.details, i);
}

// The hash behind each walk tells whether all walks up to it are equal. `compared`: walks known to be equal.
function between(mine, other, compared) {
  const least = Math.min(mine.walks_seen, other.walks_seen);
  if (!mine.checkpoints || !other.checkpoints) return { compared, least };
  const every = Math.max(mine.checkpoints.every, other.checkpoints.every);
  let equal = { number: 0, at: [0, 0] };
  for (let number = every; number <= least; number += every) {
    const [a, b] = [mine, other].map((one) => one.checkpoints.rows[number / one.checkpoints.every - 1]);
    const here = { number, at: [a[1], b[1]] };
    if (a[0] !== b[0]) return { after: Math.max(compared, equal.number), from: equal, to: here };
    equal = here;
  }
  const ends = [mine, other].map((one) => one.checkpoints.last);
  const whole = mine.walks_seen === other.walks_seen;
  if (whole && ends[0][0] !== ends[1][0]) {
    return { after: Math.max(compared, equal.number), from: equal, to: { number: least, at: ends.map((end) => end[1]) } };
  }
  return { compared: whole ? least : Math.max(compared, equal.number), least };
}

function difference(a, b) {
  if (a.va !== b.va || a.asid !== b.asid) return "they translate different addresses";
  if (a.walk_cache_hit !== b.walk_cache_hit) return "the walk caches differ in what they hold";
  if (a.reads.length !== b.reads.length) return `one reads ${a.reads.length} entries, the other ${b.reads.length}`;
  if (a.reads.some((read, i) => read.served_by !== b.reads[i].served_by)) return "different memories serve the entries";
  if (a.waited !== b.waited) return "one waits longer for a walker";
  if (a.cycles !== b.cycles) return "they take different times";
  return a.requested === b.requested ? null : "their requests reach the walker in different cycles";
}

function divergenceText(state) {
  const found = divergenceOf(state);
  const other = state.results[state.other].label;
  if (found.to) return `First divergence from ${other}: one of the walks ${count(found.after + 1)} to ${count(found.to.number)}, as hashes of all walks show. The walks before them are equal. Dashed lines mark these walks on both time lines.`;
  if (!found.why) return equalText(found, other);
  return `First divergence from ${other}: walk ${count(found.mine.number)}: ${found.why} (${address(found.mine.va)}, ${count(found.mine.cycles)} cycles, against ${address(found.other.va)}, ${count(found.other.cycles)} cycles). ` +
    `${found.index === 0 ? "No walk" : found.index === 1 ? "One walk" : `${count(found.index)} walks`} before it ${found.index === 1 ? "is" : "are"} equal. A dashed line marks it on both time lines.`;
}

function equalText(found, other) {
  const { compared, least } = found;
  if (compared === least) return `All ${count(compared)} walks are equal on ${other}.`;
  return `The first ${count(compared)} walks are equal on ${other}. The ${count(least - compared)} walks after them that both have were not compared.`;
}

function goToDivergence(state) {
  const found = divergenceOf(state);
  if (found.to) state.domain = [Math.min(...found.from.at) - 60, Math.max(...found.to.at) + 60];
  if (!found.why) return;
  const [a, b] = [found.mine, found.other];
  const margin = 60 + (Math.max(a.end, b.end) - Math.min(a.start, b.start));
  state.domain = [Math.min(a.start, b.start) - margin, Math.max(a.end, b.end) + margin];
}

function drawDivergence(svg, scale, bottom, { state, number }) {
  if (state.other === null) return;
  const found = divergenceOf(state);
  const mine = number === state.number;
  if (found.to) {
    const place = mine ? 0 : 1;
    mark(svg, scale, bottom, found.from.at[place], "equal up to here");
    mark(svg, scale, bottom, found.to.at[place], "first divergence before here");
  } else if (found.why) {
    mark(svg, scale, bottom, (mine ? found.mine : found.other).start, "first divergence");
  }
}

function mark(svg, scale, bottom, cycle, text) {
  const at = scale(cycle);
  if (at < LEFT || at > scale.range()[1]) return;
  svg.append("line").attr("class", "divergence").attr("x1", at).attr("x2", at).attr("y1", 12).attr("y2", bottom).attr("stroke", "var(--ink)").attr("stroke-width", 1.5).attr("stroke-dasharray", "4 3");
  svg.append("text").attr("x", at + 4).attr("y", 22).text(text);
}
