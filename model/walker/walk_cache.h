#pragma once

#include <optional>
#include <vector>

#include "associative/geometry.h"
#include "associative/set_associative.h"
#include "config/largest.h"
#include "paging/walk.h"
#include "protocol/invalidation.h"

namespace tablewalk {

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
               "level of the entries it remembers: 1 = those that point to last-level tables; a level that the paging "
               "mode lacks stays empty",
               7);
    keys.value("entries", entries, "entries", "how many entries it remembers", largest::entries);
    keys.value("ways", ways, "entries", "entries of a set; 0 makes it fully associative", largest::entries);
    keys.value("replacement", replacement, "", "who leaves when a set is full");
    keys.value("seed", seed, "", "of random replacement");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    check_geometry(entries, ways, problem);
    if (level == 0 || level > 7)
      problem("level", "level " + std::to_string(level) + " has no pointers; expected 1 to 7");
  }
};

/// What the paging-structure caches of a walker remember: pointer entries by the part of the virtual address that
/// selects them ("translation caches" tagged by prefix: Barr, Cox and Rixner, ISCA 2010). Pure: no time.
class WalkCaches {
 public:
  struct LevelStats {
    std::uint64_t lookups = 0;
    std::uint64_t hits = 0;
    std::uint64_t invalidated = 0;   ///< pointers that invalidations took out
    std::uint64_t switched_out = 0;  ///< pointers that switches of the address space took out
  };

  WalkCaches(const std::vector<WalkCacheConfig>& configs, const PagingMode& mode);

  /// The deepest table that is remembered on the way to `va`. All levels are looked up at once.
  std::optional<WalkStart> find(VirtualAddress va, AddressSpaceId asid);
  /// Which levels the last find() found a pointer of: bit l is level l.
  std::uint8_t hits() const { return hits_; }
  /// Remembers the table that a pointer entry led to.
  void remember(VirtualAddress va, AddressSpaceId asid, const WalkStart& table);
  /// Forgets what that covers (of a page: the pointers on the way to it); returns how many pointers went.
  std::uint64_t invalidate(const Invalidation& invalidation);

  /// What one of them takes of the host's memory, in bytes.
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
