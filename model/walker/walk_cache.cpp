#include "walker/walk_cache.h"

#include <algorithm>

namespace tablewalk {

WalkCaches::WalkCaches(const std::vector<WalkCacheConfig>& configs, const PagingMode& mode) {
  for (const WalkCacheConfig& config : configs) {
    // Levels from the root down, except the last: only those have pointers.
    if (!mode.caches_pointers() || config.level > mode.root_level()) continue;
    caches_.push_back({config.level,
                       mode.level(config.level).index_shift,
                       {sets_of(config.entries, config.ways), ways_of(config.entries, config.ways), config.replacement,
                        config.seed}});
  }
  std::stable_sort(caches_.begin(), caches_.end(),
                   [](const LevelCache& a, const LevelCache& b) { return a.level < b.level; });
  stats_.resize(caches_.size());
}

std::optional<WalkStart> WalkCaches::find(VirtualAddress va, AddressSpaceId asid) {
  std::optional<WalkStart> deepest;
  hits_ = 0;
  for (std::size_t i = 0; i < caches_.size(); ++i) {
    LevelCache& cache = caches_[i];
    ++stats_[i].lookups;
    const std::uint64_t prefix = va.value() >> cache.shift;
    const Entry* entry = cache.entries.find(cache.entries.set_of(prefix), prefix,
                                            [&](const Entry& candidate) { return candidate.asid == asid; });
    if (entry == nullptr) continue;
    ++stats_[i].hits;
    hits_ |= static_cast<std::uint8_t>(1u << cache.level);
    if (!deepest) deepest = entry->table;
  }
  return deepest;
}

void WalkCaches::remember(VirtualAddress va, AddressSpaceId asid, const WalkStart& table) {
  for (LevelCache& cache : caches_) {
    if (cache.level != table.pointer_level()) continue;
    const std::uint64_t prefix = va.value() >> cache.shift;
    const std::uint32_t set = cache.entries.set_of(prefix);
    Entry* old = cache.entries.find(set, prefix, [&](const Entry& candidate) { return candidate.asid == asid; });
    if (old != nullptr) {
      old->table = table;
    } else {
      cache.entries.insert(set, prefix, {table, asid});
    }
  }
}

std::uint64_t WalkCaches::invalidate(const Invalidation& invalidation) {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < caches_.size(); ++i) {
    LevelCache& cache = caches_[i];
    const std::uint64_t erased = cache.entries.erase_if([&](std::uint64_t prefix, const Entry& entry) {
      const VirtualAddress place(prefix << cache.shift);
      return invalidation.covers_pointer(place, cache.shift, entry.asid, entry.table.global);
    });
    (invalidation.by_switch ? stats_[i].switched_out : stats_[i].invalidated) += erased;
    all += erased;
  }
  return all;
}

}  // namespace tablewalk
