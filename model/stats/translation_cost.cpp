#include "stats/translation_cost.h"

namespace tablewalk {
namespace {

std::uint64_t cycles_of(const RunResult& result) {
  return result.stats.at("core.cycles").count;
}

}  // namespace

void add_translation_cost(RunResult& result, const RunResult& with_free_translation) {
  const bool whole = !result.partial && !with_free_translation.partial;
  if (!whole || result.trace.records != with_free_translation.trace.records) {
    return leave_cost_out(result, "the run was ended before the trace was");
  }
  const std::uint64_t cycles = cycles_of(result);
  const std::uint64_t free = cycles_of(with_free_translation);
  StatSet stats;
  stats.difference("translation.cost_cycles", cycles, free, "cycles",
                   "what translation costs: cycles minus those of the same machine with free translation");
  const double cost = stats.at("translation.cost_cycles").value();
  stats.real("translation.cost_share", cycles == 0 ? 0 : cost / static_cast<double>(cycles), "share",
             "cost cycles / cycles: the part of the time that free translation would save");
  stats.count("translation.free_cycles", free, "cycles",
              "cycles of the machine with free translation: every access has a first-level TLB hit");
  for (const StatSet::Figure& figure : result.stats.figures()) stats.add(figure);
  for (const StatSet::Distribution& distribution : result.stats.distributions()) stats.add(distribution);
  result.stats = std::move(stats);
  result.cost = {true, {}, free};
}

void leave_cost_out(RunResult& result, const std::string& reason) {
  result.cost = {false, reason, 0};
}

}  // namespace tablewalk
