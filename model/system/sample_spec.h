#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "system/spec_items.h"

namespace tablewalk {

/// How a run is sampled, as asked for.
struct SampleSpec {
  std::uint64_t measure = 1000;         ///< records of each window
  std::uint64_t warm = 3000;            ///< records with timing before each window, at most
  std::optional<std::uint64_t> every;   ///< records from window to window; none: as many as give `windows`
  std::uint64_t windows = 100;          ///< if `every` is not given
  std::optional<std::uint64_t> offset;  ///< of the first window; none: drawn with the seed
  std::uint64_t seed = 1;
  Between between = Between::Warm;
  std::uint64_t reach = 200'000;   ///< records of functional warming before each window, with Skip
  std::uint64_t fill = 1'000'000;  ///< records at the beginning that are not skipped: they fill large caches once
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
  std::uint64_t fill = 0;
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> end;  ///< number of records of the trace, up to its limit, if known

  /// Records with timing before a window (from 0), drawn between half of `warm` and all of it. No time passes between
  /// windows, and with a fixed number of records, windows that last about as long as the DRAM's interval between
  /// refreshes would all meet one at the same place, or none.
  std::uint64_t warm_of(std::uint64_t window) const;
};

/// Parses `KEY=VALUE,...`: measure, warm, every or windows, offset or seed, between, reach, fill; empty: the defaults.
/// Throws InputError.
SampleSpec parse_sample_spec(const std::string& text);

/// Throws InputError: `records` have fewer than two windows.
[[noreturn]] void refuse_few_windows(std::uint64_t records, std::uint64_t measure, std::uint64_t every);

/// `records`: of the trace after `warmup`, if known. Throws InputError if the windows do not fit.
SamplePlan plan_sample(const SampleSpec& spec, std::optional<std::uint64_t> records, std::uint64_t warmup);

}  // namespace tablewalk
