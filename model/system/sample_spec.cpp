#include "system/sample_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t default_distance = 100'000;

const std::vector<std::string>& keys() {
  static const std::vector<std::string> all = {"measure", "warm", "every", "windows", "offset",
                                               "between", "seed", "reach", "fill"};
  return all;
}

constexpr std::uint64_t seed_step = 0x9E3779B97F4A7C15ULL;

/// A number below `end` that depends on every bit of the seed.
std::uint64_t draw(std::uint64_t seed, std::uint64_t end) {
  std::uint64_t bits = seed + seed_step;
  bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9ULL;
  bits = (bits ^ bits >> 27) * 0x94D049BB133111EBULL;
  return (bits ^ bits >> 31) % end;
}

}  // namespace

SampleSpec parse_sample_spec(const std::string& text) {
  const SpecItems items("--sample", keys(), text);
  const auto given = [&](const char* key) { return items.number(key); };
  SampleSpec spec;
  spec.measure = given("measure").value_or(spec.measure);
  spec.warm = given("warm").value_or(spec.warm);
  spec.every = given("every");
  spec.windows = given("windows").value_or(spec.windows);
  spec.offset = given("offset");
  spec.seed = given("seed").value_or(spec.seed);
  spec.between = items.between({"warm", "skip", "time"}).value_or(spec.between);
  spec.reach = items.number_with_skip("reach", spec.between).value_or(spec.reach);
  spec.fill = items.number_with_skip("fill", spec.between).value_or(spec.fill);
  if (spec.measure == 0) throw InputError("--sample: measure=0: expected windows of at least one record");
  if (spec.windows < 2) throw InputError("--sample: windows: a spread takes two windows; expected at least 2");
  if (given("every") && given("windows")) throw InputError("--sample: every and windows: expected only one of them");
  if (given("offset") && given("seed")) throw InputError("--sample: offset and seed: expected only one of them");
  return spec;
}

void refuse_few_windows(std::uint64_t records, std::uint64_t measure, std::uint64_t every) {
  throw InputError(
      fmt::format("--sample: {} records hold fewer than two windows, of {} records every {}; expected a "
                  "longer trace, or a run without --sample",
                  records, measure, every));
}

SamplePlan plan_sample(const SampleSpec& spec, std::optional<std::uint64_t> records, std::uint64_t warmup) {
  const std::uint64_t timed = spec.measure + spec.warm;
  std::uint64_t every = spec.every.value_or(records ? *records / spec.windows : default_distance);
  if (!spec.every) every = std::max(every, timed);
  if (every < timed) {
    throw InputError(
        fmt::format("--sample: every={}: windows of {} records and {} before each do not fit; expected at "
                    "least {}",
                    every, spec.measure, spec.warm, timed));
  }
  if (spec.offset && *spec.offset >= every) {
    throw InputError(
        fmt::format("--sample: offset={}: expected less than the {} records between windows", *spec.offset, every));
  }
  const std::uint64_t offset = spec.offset.value_or(draw(spec.seed, every));
  if (records && offset + every + spec.measure > *records) {
    refuse_few_windows(*records, spec.measure, every);
  }
  SamplePlan plan{spec.measure, spec.warm,  every,     warmup + offset, warmup,
                  spec.between, spec.reach, spec.fill, spec.seed,       std::nullopt};
  if (records) plan.end = warmup + *records;
  return plan;
}

std::uint64_t SamplePlan::warm_of(std::uint64_t window) const {
  return warm - draw(seed + (window + 1) * seed_step, warm / 2 + 1);
}

}  // namespace tablewalk
