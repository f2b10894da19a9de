#pragma once

#include <cstdint>
#include <string>

#include "associative/geometry.h"
#include "associative/replacement_kind.h"
#include "config/largest.h"

namespace tablewalk {

/// How paging-structure caches are organised (Barr, Cox and Rixner, ISCA 2010).
enum class WalkCacheKind : std::uint8_t {
  SplitTranslation,
  UnifiedTranslation,
  SplitPageTable,
  UnifiedPageTable,
  TranslationPath
};

template <>
struct EnumNames<WalkCacheKind> {
  static constexpr std::array names = {std::pair{"split_translation", WalkCacheKind::SplitTranslation},
                                       std::pair{"unified_translation", WalkCacheKind::UnifiedTranslation},
                                       std::pair{"split_page_table", WalkCacheKind::SplitPageTable},
                                       std::pair{"unified_page_table", WalkCacheKind::UnifiedPageTable},
                                       std::pair{"translation_path", WalkCacheKind::TranslationPath}};
};

/// Whether one cache has the pointers of all levels.
constexpr bool for_all_levels(WalkCacheKind kind) {
  return kind != WalkCacheKind::SplitTranslation && kind != WalkCacheKind::SplitPageTable;
}

/// One paging-structure cache.
struct WalkCacheConfig {
  std::uint32_t level = 1;
  std::uint32_t entries = 16;
  std::uint32_t ways = 4;
  Replacement replacement = Replacement::Lru;
  std::uint64_t seed = 1;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("level", level, "level",
               "level of the entries it caches: 1 = those that point to last-level tables; a level that the paging "
               "mode lacks stays empty",
               7);
    keys.value("entries", entries, "entries", "number of entries", largest::entries);
    keys.value("ways", ways, "entries", "ways per set; 0 makes it fully associative", largest::entries);
    keys.value("replacement", replacement, "", "replacement policy");
    keys.value("seed", seed, "", "seed of random replacement");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    check_geometry(entries, ways, problem);
    if (level == 0 || level > 7)
      problem("level", "level " + std::to_string(level) + " has no pointers; expected 1 to 7");
  }
};

}  // namespace tablewalk
