#pragma once

#include <array>
#include <cstdint>

#include "base/types.h"
#include "paging/hashing_root.h"

namespace tablewalk {

/// A node of a chained hash table, 32 bytes, for one page:
///
///     word 0  the page's number (address / page size)
///     word 1  bit 0: holds a page  bit 1: held one (the search goes on)  bits 3:2: number of the page size
///             31:16: the address-space id
///     word 2  the entry
///     word 3  the address of the next node in the chain; 0: none
struct ChainedNode {
  static constexpr unsigned words_in_all = 4;
  static constexpr unsigned bytes = 32;
  static constexpr unsigned entry_offset = 16;
  static constexpr unsigned next_offset = 24;
  enum class State : std::uint8_t { Empty = 0, Page = 1, Deleted = 2 };

  struct Key {
    unsigned size = 0;  ///< number of the page size
    std::uint64_t page = 0;
    AddressSpaceId space = 0;
  };

  std::array<std::uint64_t, words_in_all> words{};

  State state() const { return static_cast<State>(words[1] & 3); }
  Key key() const {
    return {static_cast<unsigned>(words[1] >> 2 & 3), words[0], static_cast<AddressSpaceId>(words[1] >> 16)};
  }
  std::uint64_t entry() const { return words[2]; }
  PhysicalAddress next() const { return PhysicalAddress(words[3]); }
  bool holds(const Key& key) const { return words[0] == key.page && words[1] == kind(State::Page, key); }
  static std::uint64_t kind(State state, const Key& key) {
    return static_cast<std::uint64_t>(state) | std::uint64_t{key.size} << 2 | std::uint64_t{key.space} << 16;
  }
};

/// The root register of a chained table; its slots are anchors. An anchor is the address of a chain's first node, 8
/// bytes; 0: the chain is empty.
struct ChainedRoot : HashingRoot {
  static constexpr unsigned anchor_bytes = 8;
  static constexpr unsigned fewest_anchors_log2 = 6;
  static constexpr unsigned most_anchors_log2 = 39;

  static ChainedRoot decode(std::uint64_t value) { return {HashingRoot::decode(value)}; }
  PhysicalAddress anchor_at(std::uint64_t anchor) const { return table + anchor * anchor_bytes; }
  std::uint64_t bytes() const { return slots() * anchor_bytes; }
};

}  // namespace tablewalk
