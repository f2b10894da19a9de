#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "base/types.h"

namespace tablewalk {

/// A range of one address space mapped with pages of one size.
struct MappedRange {
  VirtualAddress first;
  VirtualAddress last;           ///< inclusive, so that a range may end with the address space
  std::uint64_t page_bytes = 0;  ///< 0: the mode's smallest page
};

/// Collects the addresses touched by a program, in grains of a power-of-two number of bytes. Host memory is
/// proportional to the number of distinct grains.
class Footprint {
 public:
  /// `grain_bytes`: at most the smallest page of every mode it is counted for.
  explicit Footprint(std::uint64_t grain_bytes) : grain_shift_(log2_floor(grain_bytes)) {}

  /// An access to `bytes` (at least 1) from `address`; wraps at the end of the 64-bit space.
  void touch(VirtualAddress address, std::uint64_t bytes) {
    const std::uint64_t first = address.value() >> grain_shift_;
    const std::uint64_t last = (address.value() + (bytes - 1)) >> grain_shift_;
    if (first == recent_ && last == recent_) return;
    insert(first, last);
  }
  std::uint64_t grains() const { return touched_.size(); }
  /// Adjacent grains merged, in ascending order.
  std::vector<MappedRange> ranges() const;

 private:
  void insert(std::uint64_t first, std::uint64_t last);

  unsigned grain_shift_;
  std::uint64_t recent_ = ~std::uint64_t{0};  ///< a grain already recorded: programs stay within a page for long
  std::unordered_set<std::uint64_t> touched_;
};

}  // namespace tablewalk
