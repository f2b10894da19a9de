#pragma once

#include <cstdint>
#include <vector>

#include "paging/paging_mode.h"
#include "paging/range_table.h"
#include "protocol/invalidation.h"

namespace tablewalk {

/// The entries of a range TLB: fully associative, LRU. Pure: no time. No two entries of an address space overlap.
class RangeTlb {
 public:
  /// `entries`: at least 1.
  RangeTlb(std::size_t entries, const PagingMode& mode) : most_(entries), mode_(mode) {}

  /// The range with that address that allows the access, if any. Marks it as used. Valid until the next change.
  const RangeEntry* find(VirtualAddress va, AddressSpaceId asid, Access access);
  /// Replaces entries of the address space that it overlaps, or else the least recently used one if there is no room.
  void install(const RangeEntry& range, AddressSpaceId asid);
  /// Removes every range of which a page is covered; returns their number.
  std::uint64_t invalidate(const Invalidation& invalidation);

 private:
  struct Entry {
    RangeEntry range;
    AddressSpaceId asid = 0;
    bool is_of(AddressSpaceId space) const { return range.global || asid == space; }
  };

  std::size_t most_;
  const PagingMode& mode_;
  std::vector<Entry> entries_;  ///< the most recently used first
};

}  // namespace tablewalk
