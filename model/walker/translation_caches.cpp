#include "walker/translation_caches.h"

namespace tablewalk {

TranslationCaches::TranslationCaches(const std::vector<WalkCacheConfig>& configs, const PagingMode& mode, bool unified)
    : WalkCaches(cached_levels(configs, mode, unified)), arrays_(configs, levels_, unified) {
  for (const unsigned level : levels_) shifts_.push_back(mode.level(level).index_shift);
}

TranslationCaches::Entry* TranslationCaches::look_up(std::size_t index, std::uint64_t prefix, AddressSpaceId asid) {
  SetAssociative<Entry>& array = arrays_.of(index);
  return array.find(array.set_of(prefix), prefix,
                    [&](const Entry& candidate) { return candidate.asid == asid && candidate.index == index; });
}

std::optional<WalkStart> TranslationCaches::find(VirtualAddress va, AddressSpaceId asid) {
  std::optional<WalkStart> deepest;
  hits_ = 0;
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    ++stats_[i].lookups;
    const Entry* entry = look_up(i, va.value() >> shifts_[i], asid);
    if (entry == nullptr) continue;
    ++stats_[i].hits;
    hits_ |= static_cast<std::uint8_t>(1u << levels_[i]);
    if (!deepest) deepest = entry->table;
  }
  return deepest;
}

void TranslationCaches::remember(VirtualAddress va, AddressSpaceId asid, const WalkStart& table) {
  const std::size_t index = index_of(table.pointer_level());
  if (index == levels_.size()) return;
  const std::uint64_t prefix = va.value() >> shifts_[index];
  if (Entry* old = look_up(index, prefix, asid)) {
    old->table = table;
    return;
  }
  SetAssociative<Entry>& array = arrays_.of(index);
  array.insert(array.set_of(prefix), prefix, {table, asid, static_cast<std::uint8_t>(index)});
}

std::uint64_t TranslationCaches::invalidate(const Invalidation& invalidation) {
  std::uint64_t all = 0;
  for (SetAssociative<Entry>& array : arrays_.all()) {
    all += array.erase_if([&](std::uint64_t prefix, const Entry& entry) {
      const unsigned shift = shifts_[entry.index];
      const VirtualAddress place(prefix << shift);
      const bool covered = invalidation.covers_pointer(place, shift, entry.asid, entry.table.global);
      if (covered) count_removed(invalidation, entry.index, 1);
      return covered;
    });
  }
  return all;
}

}  // namespace tablewalk
