#pragma once

#include <algorithm>
#include <optional>

#include "paging/hashed_line.h"

namespace tablewalk {

/// An entry of a cuckoo walk table: what 64 adjacent sections have. A section of the walk table of a page size is a
/// block of that size, eight pages, so that its entries are in one line of one way. An entry is a line with a tag as
/// those of page tables have (paging/hashed_line.h), with 1 as its address space. Bits 47:0 of each of its words have
/// six bits for each of eight sections, the first one lowest:
///
///     0  has pages of 4 KiB   1  has pages of 2 MiB   2  has pages of 1 GiB   3  is 0
///     5:4  the way of the section's own line, if there is one, counted from 0
///
/// Of the smaller sizes it is set if any page within the section has that size.
struct CuckooSections {
  static constexpr unsigned sections_log2 = 6;
  static constexpr unsigned per_word = 8;
  static constexpr unsigned bits = 6;
  static constexpr AddressSpaceId tag_space = 1;

  /// What one section has.
  struct Section {
    unsigned value = 0;
    bool has(unsigned size) const { return (value >> size & 1) != 0; }
    unsigned way() const { return value >> way_shift; }
    Section with(unsigned size) const { return {value | 1u << size}; }
    Section with_way(unsigned size, unsigned way) const {
      return {(value & low_bits_of_sizes) | 1u << size | way << way_shift};
    }
    Section without(unsigned size) const { return {value & ~(1u << size)}; }
    Section without_way(unsigned size) const { return {value & low_bits_of_sizes & ~(1u << size)}; }

   private:
    static constexpr unsigned way_shift = 4;
    static constexpr unsigned low_bits_of_sizes = 7;
  };

  HashedLine line;

  /// The entry's number, of a section's.
  static std::uint64_t group_of(std::uint64_t section) { return section >> sections_log2; }
  static HashedLine::Tag tag_of(unsigned size, std::uint64_t section) {
    return {HashedLine::State::Block, size, group_of(section), tag_space};
  }

  Section of(std::uint64_t section) const {
    return {static_cast<unsigned>(line.words[word_of(section)] >> shift_of(section) & low_bits(bits))};
  }
  void set(std::uint64_t section, Section content) {
    std::uint64_t& word = line.words[word_of(section)];
    word = (word & ~(low_bits(bits) << shift_of(section))) | std::uint64_t{content.value} << shift_of(section);
  }
  /// Of which no section has pages.
  bool empty() const {
    return std::all_of(line.words.begin(), line.words.end(),
                       [](std::uint64_t word) { return (word & low_bits(bits * per_word)) == 0; });
  }

 private:
  static std::size_t word_of(std::uint64_t section) { return section / per_word % per_word; }
  static unsigned shift_of(std::uint64_t section) { return static_cast<unsigned>(section % per_word) * bits; }
};

}  // namespace tablewalk
