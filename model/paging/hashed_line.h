#pragma once

#include <array>
#include <cstdint>

#include "base/types.h"
#include "paging/hashing_root.h"

namespace tablewalk {

/// A line of a hashed table: the entries of a block of eight adjacent pages of one size. Bits 63:48 of its entries are
/// the tag:
///
///     entries 0 to 3   the block's number: the address / (8 pages), lowest bits first
///     entry 4          the address-space id
///     entry 5          bit 0: holds a block  bit 1: held one (the search goes on)  bits 3:2: number of the page size
///
/// Other bits of entry 5, and those of entries 6 and 7, are ignored.
struct HashedLine {
  static constexpr unsigned entries = 8;
  static constexpr unsigned bytes = 64;
  enum class State : std::uint8_t { Empty = 0, Block = 1, Deleted = 2 };

  struct Tag {
    State state = State::Empty;
    unsigned size = 0;  ///< number of the page size
    std::uint64_t block = 0;
    AddressSpaceId space = 0;

    friend bool operator==(const Tag& a, const Tag& b) {
      return a.state == b.state && a.size == b.size && a.block == b.block && a.space == b.space;
    }
  };

  std::array<std::uint64_t, entries> words{};

  Tag tag() const {
    const std::uint64_t kind = piece(5);
    return {static_cast<State>(kind & 3), static_cast<unsigned>(kind >> 2 & 3),
            piece(0) | piece(1) << 16 | piece(2) << 32 | piece(3) << 48, static_cast<AddressSpaceId>(piece(4))};
  }
  void set_tag(const Tag& tag) {
    for (unsigned i = 0; i < 4; ++i) set_piece(i, tag.block >> 16 * i & 0xffff);
    set_piece(4, tag.space);
    set_piece(5, static_cast<std::uint64_t>(tag.state) | std::uint64_t{tag.size} << 2);
  }
  static std::uint64_t block_of(VirtualAddress va, unsigned page_shift) { return va.value() >> page_shift >> 3; }
  static unsigned entry_of(VirtualAddress va, unsigned page_shift) {
    return static_cast<unsigned>(va.value() >> page_shift & 7);
  }

 private:
  static constexpr unsigned tag_shift = 48;
  std::uint64_t piece(unsigned entry) const { return words[entry] >> tag_shift; }
  void set_piece(unsigned entry, std::uint64_t value) {
    words[entry] = (words[entry] & low_bits(tag_shift)) | value << tag_shift;
  }
};

/// The root register of a hashed table; its slots are lines.
struct HashedRoot : HashingRoot {
  static constexpr unsigned fewest_lines_log2 = 3;
  static constexpr unsigned most_lines_log2 = 36;

  static HashedRoot decode(std::uint64_t value) { return {HashingRoot::decode(value)}; }
  PhysicalAddress line_at(std::uint64_t line) const { return table + line * HashedLine::bytes; }
  std::uint64_t bytes() const { return slots() * HashedLine::bytes; }
  /// The line searched for a block after `probes` others.
  std::uint64_t line_of(std::uint64_t block, unsigned size, std::uint64_t probes) const {
    return (slot_of(block, size) + probes) & low_bits(slots_log2);
  }
};

}  // namespace tablewalk
