#include "report/sample_text.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "report/figures.h"

namespace tablewalk {

std::string sample_text(const SampleSummary& sample) {
  return fmt::format(
      "ESTIMATE from {} windows of {} records, {:.2g} % of {} records; ± is half a 95 % confidence interval\n",
      with_thousands(sample.windows()), with_thousands(sample.measure), 100 * sample.share(),
      with_thousands(sample.records));
}

std::string shards_text(const ShardSummary& shards) {
  if (shards.is_part()) {
    const ShardPart& part = shards.parts.front();
    return fmt::format("SHARD {} of {}: only the records from {} to {}\n", part.number, shards.count,
                       with_thousands(part.first), with_thousands(part.end - 1));
  }
  const char* exact = shards.skips ? "counts of the program" : "counts of the program and its page tables";
  return fmt::format("{} SHARDS: {} are exact, other figures are estimates\n", shards.count, exact);
}

std::string half_width_text(const StatSet::Figure& figure, const SampleSummary& sample) {
  const auto found = sample.intervals.find(figure.name);
  if (found == sample.intervals.end()) return "";
  const double half = (found->second.high - found->second.low) / 2;
  StatSet::Figure width = figure;
  width.negative = false;
  width.count = static_cast<std::uint64_t>(std::llround(half));
  width.real = half;
  return " ± " + figure_text(width);
}

std::string interval_fields(const StatSet::Figure& figure, const SampleSummary& sample) {
  const auto found = sample.intervals.find(figure.name);
  if (found == sample.intervals.end()) return ",";
  return fmt::format("{},{}", found->second.low, found->second.high);
}

}  // namespace tablewalk
