#include "stats/translation_cost.h"

namespace tablewalk {
namespace {

std::uint64_t cycles_of(const RunResult& result) {
  return result.stats.at("core.cycles").count;
}

/// Inserts `added` after the figure of that name, or before all others if there is none.
void put_behind(StatSet& stats, const StatSet& added, const std::string& behind) {
  StatSet all;
  if (behind.empty()) all = added;
  for (const StatSet::Figure& figure : stats.figures()) {
    all.add(figure);
    if (figure.name != behind) continue;
    for (const StatSet::Figure& one : added.figures()) all.add(one);
  }
  for (const StatSet::Distribution& distribution : stats.distributions()) all.add(distribution);
  stats = std::move(all);
}

}  // namespace

void add_translation_cost(RunResult& result, const RunResult& with_free_translation) {
  const bool whole = !result.partial && !with_free_translation.partial;
  if (!whole || result.trace.records != with_free_translation.trace.records) {
    return leave_cost_out(result, "the run was stopped before the end of the trace");
  }
  const std::uint64_t cycles = cycles_of(result);
  const std::uint64_t free = cycles_of(with_free_translation);
  StatSet stats;
  stats.begin(Section::Cost);
  stats
      .difference("translation.cost_cycles", cycles, free, "cycles",
                  "cost of translation: cycles minus those of the same machine with free translation")
      .key()
      .explain(
          "the cost of address translation: the cycles that would be saved if every translation were a first-level TLB "
          "hit");
  stats
      .ratio_of_difference("translation.cost_share", cycles, free, cycles, "share",
                           "cost cycles / cycles: the share of the time that free translation would save")
      .key()
      .explain("the share of all cycles that address translation costs");
  stats
      .count("translation.free_cycles", free, "cycles",
             "cycles of the machine with free translation: every access hits the first-level TLB")
      .explain("how long the program takes with free translation: measured by a second run");
  put_behind(result.stats, stats, "");
  result.cost = {true, {}, free};
}

void add_chained_cost(RunResult& result, const RunResult& chained, const RunResult& chained_free) {
  const bool whole = !result.partial && !chained.partial && !chained_free.partial;
  if (!whole || result.trace.records != chained.trace.records) return;
  const std::uint64_t cycles = cycles_of(chained);
  const std::uint64_t free = cycles_of(chained_free);
  StatSet stats;
  stats.begin(Section::Cost);
  stats
      .difference("translation.chained_cost_cycles", cycles, free, "cycles",
                  "cost of translation if the address of every data access depends on the previous load")
      .explain("the cost if every data access waited for the previous load: the trace does not record which do");
  stats
      .ratio_of_difference("translation.chained_cost_share", cycles, free, cycles, "share",
                           "that cost / the cycles of that machine")
      .key()
      .explain("the share at the other end; the cycles lie between the ends, the cost usually does too");
  stats
      .count("core.chained_cycles", cycles, "cycles",
             "cycles if the address of every data access depends on the previous load")
      .explain("how long the program takes if every data access waited for the previous load");
  put_behind(result.stats, stats, "translation.cost_share");
}

void leave_cost_out(RunResult& result, const std::string& reason) {
  result.cost = {false, reason, 0};
}

}  // namespace tablewalk
