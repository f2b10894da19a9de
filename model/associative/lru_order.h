#pragma once

#include <cstdint>
#include <vector>

#include "base/types.h"

namespace tablewalk {

/// LRU of at most 16 ways: the ways of a set in order of use, four bits each, the most recent one lowest. Bits above
/// the lowest `ways` digits are meaningless.
class LruOrder {
 public:
  static constexpr std::uint32_t most_ways = 16;

  LruOrder() = default;
  LruOrder(std::uint32_t sets, std::uint32_t ways) : oldest_(4 * (ways - 1)), orders_(sets, 0xFEDCBA9876543210ULL) {}

  /// The way was used or filled.
  void touch(std::uint32_t set, std::uint32_t way) {
    std::uint64_t& order = orders_[set];
    if ((order & 15) != way) move_to_front(order, way);
  }
  std::uint32_t victim(std::uint32_t set) const { return orders_[set] >> oldest_ & 15; }
  /// The least recently used way with a flag; one has it.
  std::uint32_t victim_among(std::uint32_t set, const std::vector<std::uint8_t>& flags) const {
    std::uint64_t order = orders_[set] << (60 - oldest_);  // the oldest digit is now the highest
    while (flags[order >> 60] == 0) order <<= 4;
    return static_cast<std::uint32_t>(order >> 60);
  }
  /// Returns the victim and makes it the most recent way.
  std::uint32_t replace(std::uint32_t set) {
    std::uint64_t& order = orders_[set];
    const std::uint64_t way = order >> oldest_ & 15;
    order = order << 4 | way;  // its old digit is now above the others
    return static_cast<std::uint32_t>(way);
  }

 private:
  /// Moves the four-bit digit of the way to the lowest place, and those below it one place up.
  static void move_to_front(std::uint64_t& order, std::uint64_t way) {
    constexpr std::uint64_t ones = 0x1111111111111111ULL;
    // The lowest zero digit of the difference is the way's place; the carries of this test only affect higher digits.
    const std::uint64_t difference = order ^ way * ones;
    const std::uint64_t zero_digits = (difference - ones) & ~difference & ones << 3;
    // All places up to that one, as a mask.
    const std::uint64_t up_to = zero_digits ^ (zero_digits - 1);
    order = (order & ~up_to) | ((order << 4 | way) & up_to);
  }

  unsigned oldest_ = 0;  ///< bit position of the least recently used way's digit
  std::vector<std::uint64_t> orders_;
};

}  // namespace tablewalk
