#pragma once

#include "walker/walk_cache.h"
#include "walker/walk_cache_arrays.h"

namespace tablewalk {

/// Pointers tagged by their physical addresses: "split page-table cache" with an array per level, or "unified
/// page-table cache" with one array for all levels, as in AMD's processors. Address spaces that share tables share what
/// is cached. Which addresses an entry serves is not known, so each invalidation that covers any pointer removes all.
class PageTableCaches final : public WalkCaches {
 public:
  PageTableCaches(const std::vector<WalkCacheConfig>& configs, const PagingMode& mode, bool unified);

  bool by_address() const override { return !levels_.empty(); }
  std::optional<std::uint64_t> find_entry(unsigned level, PhysicalAddress at) override;
  void remember_entry(unsigned level, PhysicalAddress at, std::uint64_t entry) override;
  std::uint64_t invalidate(const Invalidation& invalidation) override;

  static std::uint64_t host_bytes(const WalkCacheConfig& config) { return WalkCacheArrays<Entry>::host_bytes(config); }

 private:
  struct Entry {
    std::uint64_t pointer = 0;
    std::uint8_t index = 0;  ///< of the level
  };

  unsigned entry_bytes_;
  WalkCacheArrays<Entry> arrays_;
};

}  // namespace tablewalk
