#include "walker/page_table_caches.h"

namespace tablewalk {

PageTableCaches::PageTableCaches(const std::vector<WalkCacheConfig>& configs, const PagingMode& mode, bool unified)
    : WalkCaches(cached_levels(configs, mode, unified)),
      entry_bytes_(mode.entry_bytes()),
      arrays_(configs, levels_, unified) {}

std::optional<std::uint64_t> PageTableCaches::find_entry(unsigned level, PhysicalAddress at) {
  hits_ = 0;
  const std::size_t index = index_of(level);
  if (index == levels_.size()) return std::nullopt;
  ++stats_[index].lookups;
  const std::uint64_t number = at.value() / entry_bytes_;
  SetAssociative<Entry>& array = arrays_.of(index);
  const Entry* entry = array.find(array.set_of(number), number);
  if (entry == nullptr) return std::nullopt;
  ++stats_[index].hits;
  hits_ = static_cast<std::uint8_t>(1u << level);
  return entry->pointer;
}

void PageTableCaches::remember_entry(unsigned level, PhysicalAddress at, std::uint64_t entry) {
  const std::size_t index = index_of(level);
  if (index == levels_.size()) return;
  const std::uint64_t number = at.value() / entry_bytes_;
  SetAssociative<Entry>& array = arrays_.of(index);
  const std::uint32_t set = array.set_of(number);
  const Entry cached{entry, static_cast<std::uint8_t>(index)};
  if (Entry* old = array.find(set, number)) {
    *old = cached;
  } else {
    array.insert(set, number, cached);
  }
}

std::uint64_t PageTableCaches::invalidate(const Invalidation& invalidation) {
  if (invalidation.covered().pointers == Invalidation::Pointers::None) return 0;
  std::uint64_t all = 0;
  for (SetAssociative<Entry>& array : arrays_.all()) {
    all += array.erase_if([&](std::uint64_t, const Entry& entry) {
      count_removed(invalidation, entry.index, 1);
      return true;
    });
  }
  return all;
}

}  // namespace tablewalk
