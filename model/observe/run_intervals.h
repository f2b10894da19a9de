#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/types.h"
#include "observe/page_sketch.h"

namespace tablewalk {

/// What happened over the course of a run, in intervals of equally many translations. Equal programs have equal
/// intervals on every machine. When there are too many, neighbours are united, so the memory is bounded.
class RunIntervals {
 public:
  static constexpr std::size_t most_intervals = 400;
  static constexpr std::uint64_t first_length = 1024;

  /// `page`: number of the smallest page, with the address space.
  void requested(std::uint64_t page, Cycles at) {
    if (intervals_.empty() || intervals_.back().translations == length_) open(at);
    Interval& now = intervals_.back();
    ++now.translations;
    now.last_cycle = std::max(now.last_cycle, at.count());
    if (page == recent_page_) return;
    recent_page_ = page;
    now.pages.add(page);
  }
  /// By something beyond the first-level TLB.
  void answered_late(std::uint64_t cycles) {
    if (intervals_.empty()) return;
    ++intervals_.back().misses;
    intervals_.back().miss_cycles += cycles;
  }
  void walked(std::uint64_t cycles, std::uint64_t waited) {
    if (intervals_.empty()) return;
    ++intervals_.back().walks;
    intervals_.back().walk_cycles += cycles;
    intervals_.back().wait_cycles += waited;
  }
  void reset() { *this = RunIntervals(); }

  nlohmann::ordered_json json() const;

 private:
  struct Interval {
    std::uint64_t first_cycle = 0;
    std::uint64_t last_cycle = 0;
    std::uint64_t translations = 0;
    std::uint64_t misses = 0;
    std::uint64_t miss_cycles = 0;
    std::uint64_t walks = 0;
    std::uint64_t walk_cycles = 0;
    std::uint64_t wait_cycles = 0;
    PageSketch pages;

    void unite(const Interval& next);
  };

  void open(Cycles at);

  std::uint64_t length_ = first_length;
  std::uint64_t recent_page_ = ~std::uint64_t{0};
  std::vector<Interval> intervals_;
};

}  // namespace tablewalk
