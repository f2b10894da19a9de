#include "stats/translation_cost.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

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

/// The intervals of the differences of the two machines' cycles: both measured the same windows, whose differences vary
/// less than their cycles.
void estimate_difference(SampleSummary& sample, const std::vector<std::uint64_t>& cycles,
                         const std::vector<std::uint64_t>& free, const std::string& prefix) {
  RatioSums per_record;
  RatioSums share;
  for (std::size_t i = 0; i < std::min(cycles.size(), free.size()); ++i) {
    const double saved = static_cast<double>(cycles[i]) - static_cast<double>(free[i]);
    per_record.add(saved, static_cast<double>(sample.measure));
    share.add(saved, static_cast<double>(cycles[i]));
  }
  const auto scale = static_cast<double>(sample.records);
  const Interval of_record = per_record.estimate(sample.share()).interval();
  sample.intervals[prefix + "cost_cycles"] = {of_record.low * scale, of_record.high * scale};
  sample.intervals[prefix + "cost_share"] = share.estimate(sample.share()).interval();
}

/// The same for one machine's cycles.
void estimate_cycles(SampleSummary& sample, const SampleSummary& other, const std::string& from,
                     const std::string& to) {
  const auto known = other.intervals.find(from);
  if (known != other.intervals.end()) sample.intervals[to] = known->second;
}

/// Why the sample says nothing about the cost; empty if it does.
std::string too_few_walks(const RunResult& result) {
  const bool unknown = !result.sample || result.sample->walks_of_window.empty();
  if (unknown || result.sample->walks == 0u) return "";
  const std::uint64_t with_walks = result.sample->windows_with_walks();
  if (with_walks >= SampleSummary::least_windows_with_walks) return "";
  return fmt::format("{} of {} windows have a walk; expected at least {}: more or longer windows, or the whole run",
                     with_walks, with_thousands(result.sample->windows()), SampleSummary::least_windows_with_walks);
}

}  // namespace

void add_translation_cost(RunResult& result, const RunResult& with_free_translation) {
  const bool whole = !result.partial && !with_free_translation.partial;
  if (!whole || result.trace.records != with_free_translation.trace.records) {
    return leave_cost_out(result, "the run was stopped before the end of the trace");
  }
  if (const std::string reason = too_few_walks(result); !reason.empty()) return leave_cost_out(result, reason);
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
  if (result.sample && with_free_translation.sample) {
    const SampleSummary& other = *with_free_translation.sample;
    estimate_difference(*result.sample, result.sample->cycles, other.cycles, "translation.");
    estimate_cycles(*result.sample, other, "core.cycles", "translation.free_cycles");
  }
  result.cost = {true, {}, free};
}

void add_chained_cost(RunResult& result, const RunResult& chained, const RunResult& chained_free) {
  const bool whole = !result.partial && !chained.partial && !chained_free.partial;
  if (!whole || result.trace.records != chained.trace.records || !too_few_walks(result).empty()) return;
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
  if (result.sample && chained.sample && chained_free.sample) {
    estimate_difference(*result.sample, chained.sample->cycles, chained_free.sample->cycles, "translation.chained_");
    estimate_cycles(*result.sample, *chained.sample, "core.cycles", "core.chained_cycles");
  }
}

void leave_cost_out(RunResult& result, const std::string& reason) {
  result.cost = {false, reason, 0};
}

}  // namespace tablewalk
