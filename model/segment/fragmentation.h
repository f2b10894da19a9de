#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "segment/variable_allocator.h"

namespace tablewalk {

/// Requests for memory, the same for every policy: one per step, with random size and lifetime.
struct FragmentationLoad {
  std::uint64_t memory_bytes = std::uint64_t{64} << 20;
  std::uint64_t steps = 100'000;
  std::uint64_t seed = 1;
  std::uint64_t page_bytes = 4096;
  std::uint64_t smallest = 1024;    ///< bytes of a request
  std::uint64_t largest = 1 << 20;  ///< each octave between the two is equally likely
  std::uint64_t unit = 16;          ///< sizes are multiples of this
  double load = 0.9;                ///< mean bytes wanted at a time, as a share of memory
};

/// The state of memory after a step.
struct FragmentationPoint {
  std::uint64_t step = 0;
  double used_share = 0;     ///< of memory, as requested
  double external = 0;       ///< share of the free memory outside its largest block; 0 for pages
  double internal = 0;       ///< share of the allocated memory that was not requested; 0 for segments
  std::uint64_t failed = 0;  ///< requests refused so far
};

/// What one way of allocation made of the load. Means are over the second half of the steps.
struct FragmentationResult {
  std::optional<FitPolicy> policy;  ///< none: pages
  std::vector<FragmentationPoint> points;
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  /// Of the failed, those for which the free bytes would have sufficed: lost to external fragmentation.
  std::uint64_t failed_by_fragmentation = 0;
  double mean_used = 0;
  double mean_external = 0;
  double mean_internal = 0;
  double mean_allocated_blocks = 0;
  double mean_free_blocks = 0;
  double inexact_share = 0;         ///< requests served by a block that was larger, of those served
  double examined_per_request = 0;  ///< free blocks examined in a plain list

  /// Knuth's fifty-percent rule (The Art of Computer Programming, volume 1, 2.5): with a share p of requests that leave
  /// a rest, there are p/2 as many free blocks as allocated ones.
  double free_per_allocated() const {
    return mean_allocated_blocks == 0 ? 0 : mean_free_blocks / mean_allocated_blocks;
  }
  double predicted_free_per_allocated() const { return inexact_share / 2; }
};

/// Mean size of a request, before rounding.
double mean_bytes(const FragmentationLoad& load);
/// Runs the load; `points` samples, evenly spaced, the last one at the end.
FragmentationResult allocate_segments(const FragmentationLoad& load, FitPolicy policy, unsigned points);
/// The same requests in pages: any free frames will do.
FragmentationResult allocate_pages(const FragmentationLoad& load, unsigned points);

}  // namespace tablewalk
