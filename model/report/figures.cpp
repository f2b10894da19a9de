#include "report/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "report/print_options.h"
#include "stats/core_name.h"

namespace tablewalk {

OutputFormat parse_output_format(const std::string& name) {
  if (name == "text") return OutputFormat::Text;
  if (name == "json") return OutputFormat::Json;
  if (name == "csv") return OutputFormat::Csv;
  throw InputError(
      fmt::format("--format {}: expected text, json or csv{}", name, did_you_mean(name, {"text", "json", "csv"})));
}

const std::vector<std::string>& key_figures() {
  static const std::vector<std::string> names = {
      "translation.cost_cycles",
      "translation.cost_share",
      "translation.chained_cost_share",
      "core.accesses",
      "core.cycles",
      "core.translation_stall_cycles",
      "core.translation_stall_share",
      "core.memory_stall_cycles",
      "core.cycles_per_instruction",
      "itlb.misses",
      "dtlb.misses",
      "stlb.misses",
      "dtlb.mpki",
      "stlb.mpki",
      "walker.walks",
      "walker.walks_per_kilo_instruction",
      "walker.merged_walks",
      "walker.entry_reads",
      "walker.entry_reads_per_walk",
      "walker.served_by.l1",
      "walker.served_by.l2",
      "walker.served_by.llc",
      "walker.served_by.dram",
      "walker.latency_cycles.mean",
      "walker.latency_cycles.p95",
      "walker.latency_cycles.p99",
      "translation.latency_cycles.mean",
      "l1d.table_share",
      "l2.table_share",
      "llc.table_share",
      "tables.count",
      "tables.bytes",
      "tables.touched_bytes",
      "dram.reads",
      "dram.row_hits",
      "rtl_walker.cells",
      "rtl_walker.flip_flops",
      "rtl_walker.logic_depth",
      "rtl_walker.ice40_luts",
      "rtl_walker.ice40_flip_flops",
      "rtl_walker.ice40_logic_depth",
  };
  return names;
}

namespace {

using Explanations = std::map<std::string, std::string>;

const Explanations& core_explanations() {
  static const Explanations explanations = {
      {"core.accesses", "instruction fetches, loads and stores of the program; each needs its address translated"},
      {"core.instructions", "how many instructions the program executed in this trace"},
      {"core.cycles", "how long the program takes on this machine"},
      {"core.issue_cycles", "cycles in which the core was doing the program's work, waiting for nothing"},
      {"translation.cost_cycles",
       "what address translation costs: these cycles would be saved if every translation were a first-level TLB hit"},
      {"translation.cost_share", "the part of all cycles that address translation costs"},
      {"translation.chained_cost_cycles",
       "the same if every data access waited for the load before it: the trace does not say which do"},
      {"translation.chained_cost_share",
       "what it costs at the other end; cycles lie between the ends, their cost mostly does"},
      {"core.chained_cycles", "how long the program takes if every data access waited for the load before it"},
      {"translation.free_cycles", "how long the program takes with free translation: measured by a second run"},
      {"core.translation_stall_cycles",
       "the oldest access waited for its translation; not the cost: a late translation also makes data late"},
      {"core.memory_stall_cycles",
       "the oldest access waited for data, its translation there; perhaps because that had come late"},
      {"core.translation_stall_share",
       "translation stall cycles / cycles; where walks overlap, the cost is a multiple of it"},
      {"core.supervisor_accesses", "of the accesses, those of a kernel: supervisor pages are open to them"},
      {"core.invalidations", "how often the kernel had TLBs and walk caches forget what it had changed"},
      {"core.invalidation_cycles", "cycles those took: the core does nothing else meanwhile"},
      {"core.switches", "how often another address space began to run; without PCIDs or ASIDs, TLBs are emptied"},
      {"core.switching_cycles", "cycles those took: the core does nothing else meanwhile"},
      {"core.process_switches", "how often a time slice, or a trace, ended and another trace of the core had its turn"},
      {"core.shootdowns", "invalidate events for which other cores had to be interrupted"},
      {"core.shootdown_wait_cycles", "cycles the core waited until those had forgotten the translation too"},
      {"core.interrupts", "how often the core was interrupted for such an event of another core"},
      {"core.interrupt_cycles", "cycles those took: the core does nothing else meanwhile"},
      {"walker.restarts", "walks that an invalidation sent back to the root"},
      {"cores", "their other figures are in result.json: core0.NAME and so on; the figures above are the sums"},
      {"core.page_straddles", "accesses that reach into the next page and so need two translations"},
      {"core.faults", "accesses that had no valid translation"},
      {"core.cycles_per_instruction", "cycles an instruction takes on average; less than 1 when several start at once"},
  };
  return explanations;
}

const Explanations& machine_explanations() {
  static const Explanations explanations = {
      {"itlb.misses", "instruction fetches whose page the first-level TLB did not know"},
      {"dtlb.misses", "loads and stores whose page the first-level TLB did not know"},
      {"stlb.misses", "pages that the second-level TLB did not know either: each needs a walk of the page table"},
      {"walker.walks_per_kilo_instruction", "walks per thousand instructions"},
      {"attribution",
       "a walk is its region's and its instruction's; its cycles are those from its request to its answer"},
      {"walker.served_by.l1", "table entries the walker found in the first-level cache: a few cycles each"},
      {"walker.served_by.l2", "table entries it found in the second-level cache: about ten cycles each"},
      {"walker.served_by.llc", "table entries it found in the last-level cache: some forty cycles each"},
      {"walker.served_by.dram", "table entries it had to fetch from main memory: hundreds of cycles each"},
      {"walker.latency_cycles.mean", "how long a walk takes on average"},
      {"walker.latency_cycles.p95", "19 of 20 walks are no slower than this"},
      {"walker.latency_cycles.p99", "99 of 100 walks are no slower than this"},
      {"translation.latency_cycles.mean", "how long an access that misses the first-level TLB waits, on average"},
      {"l1d.table_share", "the part of the first-level data cache's lines that held table entries instead of data"},
      {"l2.table_share", "the same of the second-level cache"},
      {"llc.table_share", "the same of the last-level cache"},
      {"tables.touched_bytes", "of that, what was ever written: a flat table reserves far more than it uses"},
      {"tables.mapped_bytes", "memory of the program that the tables map"},
      {"dram.table_reads", "of them, reads of page-table entries"},
      {"core.line_straddles", "accesses that reach into the next cache line and so look the cache up twice"},
      {"walker.queue_cycles", "of that, how long it waited for a free walker"},
      {"tlb",
       "a TLB remembers recent translations; a miss goes on to the next TLB, and at last to the page-table walker"},
      {"walker.walks", "how often no TLB knew the page, so that the page table itself was read"},
      {"walker.merged_walks", "misses that joined a walk of the same page already under way"},
      {"walker.entry_reads", "page-table entries read from memory by the walker"},
      {"walker.entry_reads_per_walk",
       "1 for a flat table; up to the number of levels otherwise, less what walk caches save"},
      {"walker.latency_cycles", "how long a walk takes; a few slow ones read their entries from DRAM"},
      {"walker.levels",
       "which level's entries were read, and where each was found; level 0 holds the pages' own entries"},
      {"walk_cache.levels", "walk caches remember upper-level entries, so that a walk can skip them"},
      {"translation.latency_cycles",
       "how long an access that misses the first-level TLB waits, for a miss register and for page faults too"},
      {"translation.cycles", "the same cycles by cause: the rows add up exactly to all the waiting there was"},
      {"cache", "table share: the part of the lines that held page-table entries instead of data"},
      {"tables.count", "page tables that exist for this program"},
      {"tables.bytes", "memory the page tables take"},
      {"directory.requests", "lines that a core's own caches did not have, or might not write"},
      {"directory.snoops", "of them, how often another core had to give the line up, or the right to write it"},
      {"directory.dirty_snoops", "the other core had modified the line: it is written back before it is read"},
      {"dram.reads", "reads that missed every cache"},
      {"dram.row_hits", "reads and writes that found their DRAM row open, the fast case"},
      {"rtl_walker.cells", "what the walker takes as hardware: gates of two inputs, multiplexers and flip-flops"},
      {"rtl_walker.logic_depth", "cells between two flip-flops: the more, the slower the clock it can have"},
      {"rtl_walker.ice40_luts", "the same walker in tables of four inputs, as a small FPGA has them"},
  };
  return explanations;
}

/// Of every TLB and every cache: `tlb` and `cache` stand for their names.
const Explanations& lookup_explanations() {
  static const Explanations explanations = {
      {"tlb.misses",
       "misses = sent down + merged + found after wait; mean latency: from the lookup here to the answer above"},
      {"tlb.sent_down", "misses that went to the next TLB, or to the walker"},
      {"tlb.merged_misses", "misses that another request for the same page, already under way, answered"},
      {"tlb.found_after_wait", "misses that waited for a free miss register, and found their page there by then"},
      {"tlb.resent", "requests sent down again: an invalidation overtook their answer"},
      {"tlb.mpki", "misses per thousand instructions: comparable between programs of any length"},
      {"tlb.miss_latency_cycles.mean",
       "from a miss's lookup in this TLB to its answer one level up; waiting for a miss register is part of it"},
      {"cache.misses",
       "misses = sent down + merged + found after wait + written whole; mean latency: from lookup to answer above"},
      {"cache.sent_down", "misses that fetched their line from the next memory"},
      {"cache.merged_misses", "misses on a line whose fetch was already under way"},
      {"cache.found_after_wait", "misses that waited for a free miss register, and found their line there by then"},
      {"cache.written_whole", "lines written back by the cache above that this one did not hold: no fetch is needed"},
      {"cache.mpki", "misses per thousand instructions: comparable between programs of any length"},
      {"cache.miss_latency_cycles.mean",
       "from a miss's lookup in this cache to its answer one level up; waiting for a miss register is part of it"},
      {"cache.table_merged_misses", "misses of page walkers on a line whose fetch was already under way"},
  };
  return explanations;
}

/// `dtlb.mpki` as `tlb.mpki`, `l2.mpki` as `cache.mpki`; others as they are.
std::string general_name(const std::string& name) {
  const std::size_t dot = std::min(name.find('.'), name.size());
  const std::string module = name.substr(0, dot);
  if (module == "itlb" || module == "dtlb" || module == "stlb") return "tlb" + name.substr(dot);
  if (module == "l1i" || module == "l1d" || module == "l2" || module == "llc") return "cache" + name.substr(dot);
  return name;
}

bool is_share(const StatSet::Figure& figure) {
  return figure.unit == "share" && !figure.whole;
}
}  // namespace

std::string explanation_of(const std::string& name) {
  if (const std::optional<CoreName> own = core_name(name)) {
    std::string text = explanation_of(own->rest);
    if (text.empty()) text = explanation_of("core." + own->rest);
    return text.empty() ? "" : fmt::format("of core {}: {}", own->core, text);
  }
  for (const Explanations* explanations : {&core_explanations(), &machine_explanations()}) {
    const auto found = explanations->find(name);
    if (found != explanations->end()) return found->second;
  }
  const auto found = lookup_explanations().find(general_name(name));
  return found == lookup_explanations().end() ? "" : found->second;
}

std::string figure_text(const StatSet::Figure& figure) {
  if (is_share(figure)) return fmt::format("{:.2f} %", 100 * figure.real);
  return figure.whole ? (figure.negative ? "-" : "") + with_thousands(figure.count) : humane_real(figure.real);
}

std::string short_figure_text(const StatSet::Figure& figure) {
  return is_share(figure) ? figure_text(figure) : short_number(figure.value());
}

std::string exact_figure_text(const StatSet::Figure& figure) {
  return figure.whole ? (figure.negative ? "-" : "") + std::to_string(figure.count) : fmt::format("{}", figure.real);
}

std::string readable_name(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

}  // namespace tablewalk
