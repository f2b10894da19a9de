#include "stats/shards.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "stats/result.h"

namespace tablewalk {
namespace {

std::uint64_t number_of(const RunResult& result) {
  return result.shards->parts.front().number;
}

/// Empty if both are shards of the same run.
std::string difference(const RunResult& one, const RunResult& other) {
  const ShardSummary& a = *one.shards;
  const ShardSummary& b = *other.shards;
  if (one.version != other.version) return "the version of tablewalk";
  if (one.config != other.config) return "the machine";
  if (a.contents != b.contents) return "the trace";
  if (a.count != b.count) return "the number of shards";
  if (a.warm != b.warm || a.skips != b.skips || a.reach != b.reach) return "the records before each shard";
  if (one.cost.measured != other.cost.measured) return "the cost of translation, which only one has,";
  return "";
}

void check(const std::vector<RunResult>& shards, const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const RunResult& shard = shards[i];
    if (!shard.shards || shard.shards->parts.size() != 1) {
      throw InputError(
          fmt::format("{}: not the result of one shard: expected that of `tablewalk run --shard`", names[i]));
    }
    if (shard.partial) throw InputError(fmt::format("{}: the run was stopped: expected a whole shard", names[i]));
    const std::string different = difference(shards.front(), shard);
    if (different.empty()) continue;
    throw InputError(
        fmt::format("{}: {} differs from that of {}: expected shards of one run", names[i], different, names.front()));
  }
}

/// Each number once, and the next part begins where one ends. `order`: of the shards by their numbers.
void check_chain(const std::vector<RunResult>& shards, const std::vector<std::string>& names,
                 const std::vector<std::size_t>& order) {
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (number_of(shards[order[i]]) != number_of(shards[order[i - 1]])) continue;
    throw InputError(fmt::format("{} and {}: both are shard {}: expected each once", names[order[i - 1]],
                                 names[order[i]], number_of(shards[order[i]])));
  }
  const std::uint64_t count = shards.front().shards->count;
  for (std::uint64_t number = 1; number <= count; ++number) {
    if (number <= order.size() && number_of(shards[order[number - 1]]) == number) continue;
    throw InputError(fmt::format("shard {} of {} is missing: expected the results of all", number, count));
  }
  for (std::size_t i = 1; i < order.size(); ++i) {
    const ShardPart& before = shards[order[i - 1]].shards->parts.front();
    if (shards[order[i]].shards->parts.front().first == before.end) continue;
    throw InputError(fmt::format("{}: does not begin where {} ends: expected the same --warmup and --limit",
                                 names[order[i]], names[order[i - 1]]));
  }
}

/// Without the figures of the state at its end.
StatSet without_ends(const StatSet& stats) {
  StatSet kept;
  for (const StatSet::Figure& figure : stats.figures()) {
    if (!figure.at_end) kept.add(figure);
  }
  for (const StatSet::Distribution& distribution : stats.distributions()) kept.add(distribution);
  return kept;
}

void add_warnings(std::vector<std::string>& warnings, const std::vector<std::string>& more) {
  for (const std::string& warning : more) {
    if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) warnings.push_back(warning);
  }
}

}  // namespace

RunResult merge_shards(std::vector<RunResult> shards, const std::vector<std::string>& names) {
  if (shards.empty()) throw InputError("no shards: expected the results of all");
  check(shards, names);
  std::vector<std::size_t> order(shards.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return number_of(shards[a]) < number_of(shards[b]); });
  check_chain(shards, names, order);

  // The last shard has read the whole trace, and ends where the run ends.
  RunResult merged = std::move(shards[order.back()]);
  order.pop_back();
  ShardSummary& summary = *merged.shards;
  std::vector<ShardPart> parts;
  for (const std::size_t number : order) {
    const RunResult& shard = shards[number];
    parts.push_back(shard.shards->parts.front());
    merged.stats.merge(without_ends(shard.stats));
    merged.cost.free_cycles += shard.cost.free_cycles;
    add_warnings(merged.warnings, shard.warnings);
  }
  if (!parts.empty()) merged.warnings.push_back(fmt::format("{} shards, added up: an estimate", summary.count));
  parts.push_back(summary.parts.front());
  summary.parts = std::move(parts);
  // Pages before the reach of the last shard are not mapped.
  if (summary.skips) merged.stats = without_ends(merged.stats);
  return merged;
}

}  // namespace tablewalk
