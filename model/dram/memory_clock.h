#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "base/types.h"

namespace tablewalk {

/// A duration or a point in time, in DRAM clocks (JEDEC nCK). Points count from 0 at the start of the run.
class Clocks {
 public:
  constexpr Clocks() = default;
  constexpr explicit Clocks(std::uint64_t count) : count_(count) {}

  constexpr std::uint64_t count() const { return count_; }
  /// A point in time that no run reaches.
  static constexpr Clocks never() { return Clocks(std::numeric_limits<std::uint64_t>::max()); }

  friend constexpr bool operator==(Clocks a, Clocks b) { return a.count_ == b.count_; }
  friend constexpr bool operator!=(Clocks a, Clocks b) { return a.count_ != b.count_; }
  friend constexpr bool operator<(Clocks a, Clocks b) { return a.count_ < b.count_; }
  friend constexpr bool operator<=(Clocks a, Clocks b) { return a.count_ <= b.count_; }
  friend constexpr bool operator>(Clocks a, Clocks b) { return a.count_ > b.count_; }
  friend constexpr bool operator>=(Clocks a, Clocks b) { return a.count_ >= b.count_; }
  friend constexpr Clocks operator+(Clocks a, Clocks b) { return Clocks(a.count_ + b.count_); }
  friend constexpr Clocks operator-(Clocks a, Clocks b) { return Clocks(a.count_ - b.count_); }
  constexpr Clocks& operator+=(Clocks other) {
    count_ += other.count_;
    return *this;
  }

 private:
  std::uint64_t count_ = 0;
};

/// The DRAM clock relative to the core clock: both are multiples of half a megahertz, so conversion is exact. Edge 0 of
/// both is the start of the run.
class MemoryClock {
 public:
  /// `data_rate_mts`: transfers per microsecond, two per clock. Neither may be 0.
  MemoryClock(std::uint64_t data_rate_mts, std::uint64_t core_mhz)
      : data_rate_mts_(data_rate_mts), transfers_(2 * core_mhz), same_(data_rate_mts == transfers_) {}

  /// The first memory clock edge at or after the beginning of that cycle.
  Clocks first_edge(Cycles cycle) const {
    if (same_) return Clocks(cycle.count());
    return Clocks((cycle.count() * data_rate_mts_ + transfers_ - 1) / transfers_);
  }
  /// The last memory clock edge at or before the beginning of that cycle.
  Clocks last_edge(Cycles cycle) const {
    if (same_) return Clocks(cycle.count());
    return Clocks(cycle.count() * data_rate_mts_ / transfers_);
  }
  /// The first cycle that begins at or after that edge; never if it is never.
  Cycles cycle_at(Clocks edge) const {
    if (same_ || edge == Clocks::never()) return Cycles(edge.count());
    return Cycles((edge.count() * transfers_ + data_rate_mts_ - 1) / data_rate_mts_);
  }
  double ns(double clocks) const { return clocks * 2000 / static_cast<double>(data_rate_mts_); }
  double cycles(double clocks) const {
    return clocks * static_cast<double>(transfers_) / static_cast<double>(data_rate_mts_);
  }

 private:
  std::uint64_t data_rate_mts_;
  std::uint64_t transfers_;  ///< of a memory at the core's clock
  bool same_;
};

}  // namespace tablewalk
