#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "system/spec_items.h"

namespace tablewalk {

/// How a run is sampled, as asked for.
struct SampleSpec {
  std::uint64_t measure = 1000;         ///< records of each window
  std::uint64_t warm = 2000;            ///< records with timing before each window
  std::optional<std::uint64_t> every;   ///< records from window to window; none: as many as give `windows`
  std::uint64_t windows = 100;          ///< if `every` is not given
  std::optional<std::uint64_t> offset;  ///< of the first window; none: drawn with the seed
  std::uint64_t seed = 1;
  Between between = Between::Warm;
  std::uint64_t reach = 200'000;  ///< records of functional warming before each window, with Skip
};

/// The same for a certain trace.
struct SamplePlan {
  std::uint64_t measure = 0;
  std::uint64_t warm = 0;
  std::uint64_t every = 0;
  std::uint64_t first = 0;   ///< number of the first window's first record, from 0
  std::uint64_t warmup = 0;  ///< records before those that are estimated
  Between between = Between::Warm;
  std::uint64_t reach = 0;
  std::optional<std::uint64_t> end;  ///< number of records of the trace, up to its limit, if known
};

/// Parses `KEY=VALUE,...`: measure, warm, every or windows, offset or seed, between, reach; empty: the defaults. Throws
/// InputError.
SampleSpec parse_sample_spec(const std::string& text);

/// Throws InputError: `records` have fewer than two windows.
[[noreturn]] void refuse_few_windows(std::uint64_t records, std::uint64_t measure, std::uint64_t every);

/// `records`: of the trace after `warmup`, if known. Throws InputError if the windows do not fit.
SamplePlan plan_sample(const SampleSpec& spec, std::optional<std::uint64_t> records, std::uint64_t warmup);

}  // namespace tablewalk
