#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/types.h"

namespace tablewalk {

/// LRU of at most 16 ways, in one word per set.
///
/// Up to 8 ways, byte i says which ways way i was used after: bit j is set if it was used after way j. The bytes above
/// the last way's are never 0, so the least recently used way has the only byte of 0. A use is two operations.
///
/// More ways are in order of use, four bits each, the most recent one lowest. Bits above the lowest `ways` digits are
/// meaningless.
class LruOrder {
 public:
  static constexpr std::uint32_t most_ways = 16;

  LruOrder() = default;
  LruOrder(std::uint32_t sets, std::uint32_t ways)
      : ways_(ways), orders_(sets, ways <= most_in_bytes ? start_in_bytes() : 0xFEDCBA9876543210ULL) {}

  /// The way was used or filled.
  void touch(std::uint32_t set, std::uint32_t way) {
    std::uint64_t& order = orders_[set];
    if (ways_ <= most_in_bytes) {
      use(order, way);
    } else if ((order & 15) != way) {
      move_to_front(order, way);
    }
  }
  std::uint32_t victim(std::uint32_t set) const {
    return ways_ <= most_in_bytes ? byte_of_zero(orders_[set]) : orders_[set] >> oldest() & 15;
  }
  /// The least recently used way with a flag; one has it.
  std::uint32_t victim_among(std::uint32_t set, const std::vector<std::uint8_t>& flags) const {
    if (ways_ > most_in_bytes) {
      std::uint64_t order = orders_[set] << (60 - oldest());  // the oldest digit is now the highest
      while (flags[order >> 60] == 0) order <<= 4;
      return static_cast<std::uint32_t>(order >> 60);
    }
    std::uint64_t flagged = 0;
    for (std::uint32_t way = 0; way < ways_; ++way) flagged |= std::uint64_t{flags[way] != 0} << way;
    std::uint32_t way = 0;
    while (flags[way] == 0 || (orders_[set] >> 8 * way & flagged) != 0) ++way;
    return way;
  }
  /// Returns the victim and makes it the most recent way.
  std::uint32_t replace(std::uint32_t set) {
    std::uint64_t& order = orders_[set];
    if (ways_ <= most_in_bytes) {
      const std::uint32_t way = byte_of_zero(order);
      use(order, way);
      return way;
    }
    const std::uint64_t way = order >> oldest() & 15;
    order = order << 4 | way;  // its old digit is now above the others
    return static_cast<std::uint32_t>(way);
  }

 private:
  static constexpr std::uint32_t most_in_bytes = 8;
  static constexpr std::uint64_t each_byte = 0x0101010101010101ULL;

  /// The order in which the first way was used last, and the last way first.
  std::uint64_t start_in_bytes() {
    std::uint64_t order = ways_ == most_in_bytes ? 0 : ~std::uint64_t{0} << 8 * ways_;
    for (std::uint32_t way = ways_; way-- != 0;) {
      after_all_[way] = low_bits(ways_) << 8 * way;
      before_none_[way] = ~(each_byte << way);
      use(order, way);
    }
    return order;
  }
  void use(std::uint64_t& order, std::uint32_t way) const { order = (order | after_all_[way]) & before_none_[way]; }
  static std::uint32_t byte_of_zero(std::uint64_t order) {
    return static_cast<std::uint32_t>(__builtin_ctzll((order - each_byte) & ~order & each_byte << 7)) / 8;
  }
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
  /// Bit position of the least recently used way's digit.
  unsigned oldest() const { return 4 * (ways_ - 1); }

  std::uint32_t ways_ = 1;
  // By way, for up to 8: the bits that a use of it sets, and those that it keeps.
  std::array<std::uint64_t, most_in_bytes> after_all_{};
  std::array<std::uint64_t, most_in_bytes> before_none_{};
  std::vector<std::uint64_t> orders_;
};

}  // namespace tablewalk
