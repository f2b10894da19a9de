#include "walker/walk_cache.h"

#include <algorithm>

#include "walker/page_table_caches.h"
#include "walker/translation_caches.h"
#include "walker/translation_path_cache.h"

namespace tablewalk {

std::size_t WalkCaches::index_of(unsigned level) const {
  return static_cast<std::size_t>(std::find(levels_.begin(), levels_.end(), level) - levels_.begin());
}

std::unique_ptr<WalkCaches> make_walk_caches(WalkCacheKind kind, const std::vector<WalkCacheConfig>& configs,
                                             const PagingMode& mode) {
  const bool unified = for_all_levels(kind);
  switch (kind) {
    case WalkCacheKind::SplitTranslation:
    case WalkCacheKind::UnifiedTranslation:
      return std::make_unique<TranslationCaches>(configs, mode, unified);
    case WalkCacheKind::SplitPageTable:
    case WalkCacheKind::UnifiedPageTable:
      return std::make_unique<PageTableCaches>(configs, mode, unified);
    case WalkCacheKind::TranslationPath:
      break;
  }
  return std::make_unique<TranslationPathCache>(configs, mode);
}

std::uint64_t host_bytes_of_walk_cache(WalkCacheKind kind, const WalkCacheConfig& config) {
  switch (kind) {
    case WalkCacheKind::SplitTranslation:
    case WalkCacheKind::UnifiedTranslation:
      return TranslationCaches::host_bytes(config);
    case WalkCacheKind::SplitPageTable:
    case WalkCacheKind::UnifiedPageTable:
      return PageTableCaches::host_bytes(config);
    case WalkCacheKind::TranslationPath:
      break;
  }
  return TranslationPathCache::host_bytes(config);
}

}  // namespace tablewalk
