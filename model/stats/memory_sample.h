#pragma once

#include <cstdint>

namespace tablewalk {

/// The memory of all programs at the end of an interval, and what happened in it.
struct MemorySample {
  std::uint64_t cycle = 0;     ///< the end of the interval
  std::uint64_t reserved = 0;  ///< pages of all regions; 0 if no layout is known
  std::uint64_t cached = 0;    ///< pages in frames
  std::uint64_t uncached = 0;  ///< pages on the swap device, or in their files
  std::uint64_t frames = 0;    ///< in use; pages that share one count once
  std::uint64_t working_set = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t evictions = 0;
};

}  // namespace tablewalk
