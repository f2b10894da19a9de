#pragma once

#include <array>
#include <cstdint>

#include "base/types.h"

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

/// The root register of a hashed table:
///
///     63:48 the address-space id  47:9 the table's address  8:6 the page sizes in use, bit 6 the smallest
///     5:0 log2 of the number of lines
struct HashedRoot {
  static constexpr unsigned fewest_lines_log2 = 3;
  static constexpr unsigned most_lines_log2 = 36;

  AddressSpaceId space = 0;
  PhysicalAddress table;
  unsigned sizes = 0;  ///< a bit for each page size
  unsigned lines_log2 = fewest_lines_log2;

  static HashedRoot decode(std::uint64_t value) {
    return {static_cast<AddressSpaceId>(value >> 48), PhysicalAddress(value & low_bits(48) & ~low_bits(9)),
            static_cast<unsigned>(value >> 6 & 7), static_cast<unsigned>(value & 63)};
  }
  std::uint64_t encode() const {
    return std::uint64_t{space} << 48 | table.value() | std::uint64_t{sizes} << 6 | lines_log2;
  }
  std::uint64_t lines() const { return std::uint64_t{1} << lines_log2; }
  PhysicalAddress line_at(std::uint64_t line) const { return table + line * HashedLine::bytes; }
  /// The line at which the search for a block begins: a multiplicative hash of the block and its page size.
  std::uint64_t first_line(std::uint64_t block, unsigned size) const {
    constexpr std::uint64_t golden = 0x9E3779B97F4A7C15;  // 2^64 / the golden ratio
    return ((block << 2 | size) * golden) >> (64 - lines_log2);
  }
  /// The one searched after `probes` others.
  std::uint64_t line_of(std::uint64_t block, unsigned size, std::uint64_t probes) const {
    return (first_line(block, size) + probes) & low_bits(lines_log2);
  }
};

}  // namespace tablewalk
