#include "tlb/range_tlb.h"

#include <algorithm>

namespace tablewalk {

/// An access that the rights forbid gets its fault from a walk.
const RangeEntry* RangeTlb::find(VirtualAddress va, AddressSpaceId asid, Access access) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.range.contains(va) && entry.is_of(asid) && mode_.allows(entry.range.rights, access);
  });
  if (found == entries_.end()) return nullptr;
  std::rotate(entries_.begin(), found, found + 1);
  return &entries_.front().range;
}

void RangeTlb::install(const RangeEntry& range, AddressSpaceId asid) {
  const auto replaced = [&](const Entry& entry) {
    const bool overlaps = entry.range.first <= range.last && range.first <= entry.range.last;
    return overlaps && (range.global || entry.is_of(asid));
  };
  entries_.erase(std::remove_if(entries_.begin(), entries_.end(), replaced), entries_.end());
  if (entries_.size() == most_) entries_.pop_back();
  entries_.insert(entries_.begin(), {range, asid});
}

/// A page is covered if the address of the invalidation is in the range, which is whole pages.
std::uint64_t RangeTlb::invalidate(const Invalidation& invalidation) {
  const auto covered = [&](const Entry& entry) {
    if (invalidation.covered().page && !entry.range.contains(invalidation.va)) return false;
    return invalidation.covers(invalidation.va, 0, entry.asid, entry.range.global);
  };
  const auto end = std::remove_if(entries_.begin(), entries_.end(), covered);
  const auto removed = static_cast<std::uint64_t>(entries_.end() - end);
  entries_.erase(end, entries_.end());
  return removed;
}

}  // namespace tablewalk
