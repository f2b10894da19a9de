#include "walker/translation_path_cache.h"

namespace tablewalk {

TranslationPathCache::TranslationPathCache(const std::vector<WalkCacheConfig>& configs, const PagingMode& mode)
    : WalkCaches(cached_levels(configs, mode, true)), arrays_(configs, levels_, true) {
  for (const unsigned level : levels_) shifts_.push_back(mode.level(level).index_shift);
}

TranslationPathCache::Path* TranslationPathCache::longest(VirtualAddress va, AddressSpaceId asid, std::size_t from,
                                                          std::size_t& index) {
  SetAssociative<Path>& array = arrays_.all().front();
  std::optional<std::uint64_t> best;
  index = levels_.size();
  array.for_each([&](std::uint64_t key, const Path& path) {
    if (path.asid != asid) return;
    for (std::size_t i = from; i < index; ++i) {
      const unsigned shift = shifts_[i] - shifts_.front();
      if ((path.known >> i & 1) == 0 || key >> shift != key_of(va) >> shift) continue;
      best = key;
      index = i;
    }
  });
  return best ? array.find(0, *best, [&](const Path& path) { return path.asid == asid; }) : nullptr;
}

std::optional<WalkStart> TranslationPathCache::find(VirtualAddress va, AddressSpaceId asid) {
  hits_ = 0;
  if (levels_.empty()) return std::nullopt;
  for (LevelStats& level : stats_) ++level.lookups;
  std::size_t index = 0;
  const Path* path = longest(va, asid, 0, index);
  if (path == nullptr) return std::nullopt;
  ++stats_[index].hits;
  hits_ = static_cast<std::uint8_t>(1u << levels_[index]);
  return path->tables[index];
}

/// A walk adds its pointers one after the other, from the root down, to one path.
void TranslationPathCache::remember(VirtualAddress va, AddressSpaceId asid, const WalkStart& table) {
  const std::size_t at = index_of(table.pointer_level());
  if (at == levels_.size()) return;
  SetAssociative<Path>& array = arrays_.all().front();
  const auto own = [&](const Path& path) { return path.asid == asid; };
  if (Path* old = array.find(0, key_of(va), own)) {
    old->tables[at] = table;
    old->known |= static_cast<std::uint8_t>(1u << at);
    return;
  }
  // The part of the way that is known already is copied.
  Path path;
  std::size_t index = 0;
  if (const Path* known = longest(va, asid, at + 1, index)) {
    path = *known;
    path.known &= static_cast<std::uint8_t>(~0u << index);
  }
  path.asid = asid;
  path.tables[at] = table;
  path.known |= static_cast<std::uint8_t>(1u << at);
  array.insert(0, key_of(va), path);
}

std::uint64_t TranslationPathCache::invalidate(const Invalidation& invalidation) {
  if (levels_.empty()) return 0;
  SetAssociative<Path>& array = arrays_.all().front();
  std::uint64_t all = 0;
  // A path that loses a pointer is removed as a whole: what is left of it would have to be written again.
  array.erase_if([&](std::uint64_t key, const Path& path) {
    const VirtualAddress place(key << shifts_.front());
    bool covered = false;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      if ((path.known >> i & 1) == 0) continue;
      covered = covered || invalidation.covers_pointer(place, shifts_[i], path.asid, path.tables[i].global);
    }
    for (std::size_t i = 0; covered && i < levels_.size(); ++i) {
      if ((path.known >> i & 1) == 0) continue;
      count_removed(invalidation, i, 1);
      ++all;
    }
    return covered;
  });
  return all;
}

}  // namespace tablewalk
