#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/types.h"
#include "paging/hashing_root.h"

namespace tablewalk {

/// An entry of an inverted table, 16 bytes, for one frame of memory. The frame is not in the entry: the entry's place
/// says it.
///
///     word 0  bits 63:12 the page's address (bits 63:12)  8:7 number of the page size  6:0 as in HashingMode
///     word 1  bits 63:48 the address-space id  47:12 and 0 link to the chain's next entry
///
/// A link is the address of a frame, whose entry is meant, with bit 0; without, the chain ends. Anchors are links.
struct InvertedEntry {
  static constexpr unsigned words_in_all = 2;
  static constexpr unsigned bytes = 16;
  static constexpr unsigned link_offset = 8;
  static constexpr std::uint64_t present = 1u << 0;
  static constexpr std::uint64_t flags = low_bits(7);

  struct Key {
    unsigned size = 0;         ///< number of the page size
    std::uint64_t number = 0;  ///< of the page: address / size
    AddressSpaceId space = 0;

    friend bool operator==(const Key& a, const Key& b) {
      return a.size == b.size && a.number == b.number && a.space == b.space;
    }
  };

  std::array<std::uint64_t, words_in_all> words{};

  bool is_present() const { return (words[0] & present) != 0; }
  unsigned size() const { return static_cast<unsigned>(words[0] >> size_shift & 3); }
  std::uint64_t page_address() const { return words[0] & ~low_bits(frame_shift); }
  AddressSpaceId space() const { return static_cast<AddressSpaceId>(words[1] >> 48); }
  std::uint64_t link() const { return words[1] & low_bits(48); }

  /// Word 0 of a page at that address, with the flags of `leaf`.
  static std::uint64_t first_word(std::uint64_t page_address, unsigned size, std::uint64_t leaf) {
    return page_address | std::uint64_t{size} << size_shift | (leaf & flags);
  }
  static std::uint64_t second_word(AddressSpaceId space, std::uint64_t link) {
    return std::uint64_t{space} << 48 | link;
  }

  static constexpr unsigned frame_shift = 12;

 private:
  static constexpr unsigned size_shift = 7;
};

/// The root register of an address space: HashingRoot, of which the slots are the anchors of all address spaces. The
/// entries are behind the anchors.
struct InvertedRoot : HashingRoot {
  static constexpr unsigned anchor_bytes = 8;
  static constexpr unsigned fewest_anchors_log2 = 3;
  static constexpr unsigned most_anchors_log2 = 36;

  static InvertedRoot decode(std::uint64_t value) { return {HashingRoot::decode(value)}; }
  static InvertedRoot of(const HashingRoot& root) { return {root}; }

  /// Pages of an address space hash to other anchors than those of another.
  std::uint64_t anchor_of(const InvertedEntry::Key& key) const {
    return slot_of(key.number ^ std::uint64_t{key.space} << 40, key.size);
  }
  PhysicalAddress anchor_at(std::uint64_t anchor) const { return table + anchor * anchor_bytes; }
  PhysicalAddress entries() const { return table + slots() * anchor_bytes; }

  /// The memory that the table is of begins here: it is aligned to that many bytes, and the table is within it.
  PhysicalAddress memory_base(unsigned frames_per_anchor) const {
    const unsigned shift = slots_log2 + log2_floor(frames_per_anchor) + InvertedEntry::frame_shift;
    return PhysicalAddress(shift >= 64 ? 0 : table.value() & ~low_bits(shift));
  }
  PhysicalAddress entry_of(PhysicalAddress frame, PhysicalAddress base) const {
    return entries() + ((frame.value() - base.value()) >> InvertedEntry::frame_shift) * InvertedEntry::bytes;
  }
  PhysicalAddress frame_of(PhysicalAddress entry, PhysicalAddress base) const {
    return base + ((entry - entries()) / InvertedEntry::bytes << InvertedEntry::frame_shift);
  }

  static constexpr std::uint64_t linked = 1;
  static std::uint64_t link_to(PhysicalAddress frame) { return frame.value() | linked; }
  /// The frame that a link leads to; none: the chain ends.
  static std::optional<PhysicalAddress> frame_linked(std::uint64_t link) {
    if ((link & linked) == 0) return std::nullopt;
    return PhysicalAddress(link & low_bits(48) & ~low_bits(InvertedEntry::frame_shift));
  }
};

}  // namespace tablewalk
