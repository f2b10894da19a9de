#pragma once

#include <memory>

#include "associative/set_associative.h"
#include "paging/paging_mode.h"
#include "stats/stat_set.h"
#include "walker/page_size_cache_config.h"

namespace tablewalk {

/// A walker's cache of the page size that the last walk of a region has found, for modes that search one page size
/// after the other. A walk looks for that size first, and if it finds no page of it, for the others: so what the cache
/// holds may be outdated, and needs no invalidation. Pure: no time.
class PageSizeCache {
 public:
  explicit PageSizeCache(const PageSizeCacheConfig& config);

  /// How to begin the walk: 1 + the number of the page size, or 0 if the region is not known.
  std::uint64_t look_up(VirtualAddress va, AddressSpaceId asid);
  /// A walk that began with `guess` has found a page of that size.
  void learn(VirtualAddress va, AddressSpaceId asid, unsigned size, std::uint64_t guess);

  void reset_stats() { stats_ = {}; }
  void report(StatSet& figures) const;

 private:
  struct Entry {
    AddressSpaceId asid = 0;
    std::uint8_t size = 0;
  };
  struct Stats {
    std::uint64_t lookups = 0;
    std::uint64_t hits = 0;
    std::uint64_t wrong = 0;
  };
  Entry* find(VirtualAddress va, AddressSpaceId asid);

  unsigned region_shift_;
  SetAssociative<Entry> array_;
  Stats stats_;
};

/// Null if none is configured, or the mode does not search page sizes.
std::unique_ptr<PageSizeCache> make_page_size_cache(const PagingMode& mode, const PageSizeCacheConfig& config);

}  // namespace tablewalk
