#include "system/shard_spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"

namespace tablewalk {
namespace {

constexpr const char* of_all = "--shards";
constexpr const char* of_one = "--shard";

/// Nothing if it is no whole number from 1 to `most`.
std::optional<std::uint64_t> number_in(const std::string& text, std::uint64_t most) {
  try {
    const std::uint64_t value = parse_count(text);
    if (value >= 1 && value <= most) return value;
  } catch (const InputError&) {  // reported by the caller
  }
  return std::nullopt;
}

void add_items(ShardSpec& spec, const char* option, const std::string& text) {
  const SpecItems items(option, {"warm", "between", "reach"}, text);
  spec.warm = items.number("warm").value_or(spec.warm);
  spec.between = items.between({"warm", "skip"}).value_or(spec.between);
  spec.reach = items.number_with_skip("reach", spec.between).value_or(spec.reach);
}

/// The text before the first `at`, and that behind it.
std::pair<std::string, std::string> split(const std::string& text, char at) {
  const std::size_t place = text.find(at);
  return {text.substr(0, place), place == std::string::npos ? "" : text.substr(place + 1)};
}

}  // namespace

ShardSpec parse_shards_spec(const std::string& text) {
  const auto [count, items] = split(text, ',');
  ShardSpec spec;
  const auto parsed = number_in(count, ShardSpec::most);
  if (!parsed) {
    throw InputError(fmt::format("{} {}: expected N[,KEY=VALUE...] with a number of parts from 1 to {}", of_all,
                                 printable(text), ShardSpec::most));
  }
  spec.count = *parsed;
  add_items(spec, of_all, items);
  return spec;
}

ShardSpec parse_shard_spec(const std::string& text) {
  const auto [place, items] = split(text, ',');
  const auto [number, count] = split(place, '/');
  ShardSpec spec;
  const auto all = number_in(count, ShardSpec::most);
  const auto one = number_in(number, all.value_or(0));
  if (!all || !one) {
    throw InputError(fmt::format("{} {}: expected K/N[,KEY=VALUE...], part K of N, such as 1/4; N up to {}", of_one,
                                 printable(text), ShardSpec::most));
  }
  spec.count = *all;
  spec.number = *one;
  add_items(spec, of_one, items);
  return spec;
}

ShardPlan plan_shard(const ShardSpec& spec, std::optional<std::uint64_t> records, std::uint64_t warmup) {
  if (!records) {
    throw InputError(fmt::format(
        "{}: the trace does not record its length; expected a .twt file (tablewalk trace convert)", of_all));
  }
  if (*records < spec.count) {
    throw InputError(
        fmt::format("{}: {} parts of {} records; expected at most one part per record", of_all, spec.count, *records));
  }
  const auto border = [&](std::uint64_t parts) {  // without overflow
    return warmup + *records / spec.count * parts + *records % spec.count * parts / spec.count;
  };
  ShardPlan plan;
  plan.first = border(spec.number - 1);
  plan.end = border(spec.number);
  plan.timed_from = plan.first - std::min(plan.first, spec.warm);
  if (spec.between == Between::Skip) plan.warm_from = plan.timed_from - std::min(plan.timed_from, spec.reach);
  return plan;
}

}  // namespace tablewalk
