#pragma once

#include "associative/set_associative.h"
#include "paging/paging_mode.h"
#include "walker/walk_cache_config.h"

namespace tablewalk {

/// The levels whose pointers are cached, lowest first: those of `configs`, or all of them if one cache has all levels.
std::vector<unsigned> cached_levels(const std::vector<WalkCacheConfig>& configs, const PagingMode& mode, bool unified);

/// One array for each of those levels, or one for all.
template <class Entry>
class WalkCacheArrays {
 public:
  WalkCacheArrays(const std::vector<WalkCacheConfig>& configs, const std::vector<unsigned>& levels, bool unified) {
    for (std::size_t i = 0; i < levels.size(); ++i) {
      if (unified && i != 0) break;
      for (const WalkCacheConfig& config : configs) {
        if (!unified && config.level != levels[i]) continue;
        arrays_.emplace_back(sets_of(config.entries, config.ways), ways_of(config.entries, config.ways),
                             config.replacement, config.seed);
      }
    }
  }

  /// Of the level at that index of the cached levels.
  SetAssociative<Entry>& of(std::size_t index) { return arrays_[arrays_.size() == 1 ? 0 : index]; }
  std::vector<SetAssociative<Entry>>& all() { return arrays_; }

  static std::uint64_t host_bytes(const WalkCacheConfig& config) {
    return SetAssociative<Entry>::host_bytes(config.entries, ways_of(config.entries, config.ways));
  }

 private:
  std::vector<SetAssociative<Entry>> arrays_;
};

}  // namespace tablewalk
