#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/types.h"
#include "config/largest.h"
#include "config/schema.h"
#include "os/page_key.h"
#include "stats/memory_sample.h"

namespace tablewalk {

struct TimelineConfig {
  static constexpr std::uint32_t longest_window = 10'000;

  Cycles interval_cycles{0};
  std::uint32_t window = 1;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("interval_cycles", interval_cycles, "cycles",
               "time from one look at the programs' memory to the next (run --memory-log); 0: none",
               largest::slice_cycles);
    keys.value("window", window, "intervals", "the working set is the pages that were accessed in this many intervals",
               longest_window);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (interval_cycles != Cycles(0) && interval_cycles < Cycles(1000)) {
      problem("interval_cycles", "shorter than 1000 cycles; expected 0, or at least 1000");
    }
    if (window < 1) problem("window", "0 intervals; expected at least 1");
  }
};

/// The memory of programs over time. Only the kernel changes it, so it is looked at when the kernel does something, or
/// a page is accessed, after the end of an interval.
class MemoryTimeline {
 public:
  explicit MemoryTimeline(const TimelineConfig& config)
      : interval_(config.interval_cycles.count()), end_(interval_), recent_(config.window) {}

  bool on() const { return interval_ != 0; }
  /// Whether an interval has ended.
  bool due(Cycles now) const { return on() && now.count() >= end_; }
  /// Ends the intervals up to `now`. `state`: the memory, and what happened since the start of the statistics.
  void advance(Cycles now, const MemorySample& state);
  void touched(PageKey page);
  /// The statistics start now.
  void restart();
  /// All samples; the interval that has not ended is the last one.
  std::vector<MemorySample> samples(const MemorySample& state) const;

 private:
  MemorySample sample(const MemorySample& state) const;

  std::uint64_t interval_;
  std::uint64_t end_;                  ///< of the present interval
  std::uint64_t number_ = 0;           ///< of the present interval
  std::vector<std::uint64_t> recent_;  ///< pages by the interval of their last access, for the window, as a ring
  std::unordered_map<PageKey, std::uint64_t, PageKeyHash> last_access_;  ///< interval
  MemorySample before_;                                                  ///< at the start of the present interval
  std::vector<MemorySample> samples_;
};

}  // namespace tablewalk
