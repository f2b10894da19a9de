#include "walker/walk_cache_arrays.h"

#include <algorithm>

namespace tablewalk {

std::vector<unsigned> cached_levels(const std::vector<WalkCacheConfig>& configs, const PagingMode& mode, bool unified) {
  std::vector<unsigned> levels;
  if (!mode.caches_pointers() || configs.empty()) return levels;
  // Pointers are in every level but the last.
  for (unsigned level = 1; level <= mode.root_level(); ++level) {
    const bool configured = std::any_of(configs.begin(), configs.end(),
                                        [level](const WalkCacheConfig& config) { return config.level == level; });
    if (unified || configured) levels.push_back(level);
  }
  return levels;
}

}  // namespace tablewalk
