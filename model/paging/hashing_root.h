#pragma once

#include <cstdint>

#include "base/types.h"

namespace tablewalk {

/// The root register of a table of 2^slots_log2 slots, to which the pages hash:
///
///     63:48 the address-space id  47:9 the table's address  8:6 the page sizes in use, bit 6 the smallest
///     5:0 log2 of the number of slots
struct HashingRoot {
  AddressSpaceId space = 0;
  PhysicalAddress table;
  unsigned sizes = 0;  ///< a bit for each page size
  unsigned slots_log2 = 0;

  static HashingRoot decode(std::uint64_t value) {
    return {static_cast<AddressSpaceId>(value >> 48), PhysicalAddress(value & low_bits(48) & ~low_bits(9)),
            static_cast<unsigned>(value >> 6 & 7), static_cast<unsigned>(value & 63)};
  }
  std::uint64_t encode() const {
    return std::uint64_t{space} << 48 | table.value() | std::uint64_t{sizes} << 6 | slots_log2;
  }
  std::uint64_t slots() const { return std::uint64_t{1} << slots_log2; }
  /// The slot of a number, with pages of that size: a multiplicative hash.
  std::uint64_t slot_of(std::uint64_t number, unsigned size) const {
    constexpr std::uint64_t golden = 0x9E3779B97F4A7C15;  // 2^64 / the golden ratio
    return ((number << 2 | size) * golden) >> (64 - slots_log2);
  }
  bool has_size(unsigned size) const { return (sizes >> size & 1) != 0; }
};

}  // namespace tablewalk
