#pragma once

#include <optional>
#include <vector>

#include "associative/set_associative.h"
#include "paging/walk.h"
#include "protocol/invalidation.h"
#include "walker/walk_cache_config.h"

namespace tablewalk {

/// The paging-structure caches of a walker: pointer entries, tagged by the part of the virtual address that selects
/// them ("translation caches" tagged by prefix: Barr, Cox and Rixner, ISCA 2010). Pure: no time.
class WalkCaches {
 public:
  struct LevelStats {
    std::uint64_t lookups = 0;
    std::uint64_t hits = 0;
    std::uint64_t invalidated = 0;   ///< pointers removed by invalidations
    std::uint64_t switched_out = 0;  ///< pointers removed by switches of the address space
  };

  WalkCaches(const std::vector<WalkCacheConfig>& configs, const PagingMode& mode);

  /// The deepest table cached for `va`. All levels are looked up at once.
  std::optional<WalkStart> find(VirtualAddress va, AddressSpaceId asid);
  /// The levels at which the last find() hit: bit l is level l.
  std::uint8_t hits() const { return hits_; }
  /// Caches the table that a pointer entry points to.
  void remember(VirtualAddress va, AddressSpaceId asid, const WalkStart& table);
  /// Removes what the invalidation covers (of a page: the pointers on the way to it); returns the number of pointers
  /// removed.
  std::uint64_t invalidate(const Invalidation& invalidation);

  /// Host memory used by one of them, in bytes.
  static std::uint64_t host_bytes(const WalkCacheConfig& config) {
    return SetAssociative<Entry>::host_bytes(config.entries, ways_of(config.entries, config.ways));
  }

  const std::vector<LevelStats>& stats() const { return stats_; }
  void reset_stats() { stats_.assign(stats_.size(), {}); }
  /// The level of each cache, in the order of stats().
  unsigned level(std::size_t index) const { return caches_[index].level; }

 private:
  struct Entry {
    WalkStart table;
    AddressSpaceId asid = 0;
  };
  struct LevelCache {
    unsigned level;
    unsigned shift;  ///< of the address bits that select the entry
    SetAssociative<Entry> entries;
  };

  std::vector<LevelCache> caches_;  ///< deepest level first
  std::vector<LevelStats> stats_;
  std::uint8_t hits_ = 0;
};

}  // namespace tablewalk
