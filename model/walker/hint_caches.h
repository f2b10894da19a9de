#pragma once

#include <memory>
#include <vector>

#include "associative/set_associative.h"
#include "paging/hint_table.h"
#include "paging/paging_mode.h"
#include "protocol/invalidation.h"
#include "stats/stat_set.h"
#include "walker/hint_cache_config.h"

namespace tablewalk {

/// A walker's caches of hint tables, one for each table, from which a walk learns where its page may be. All are looked
/// up at once. What they hold may be outdated, since walks do not depend on it; they drop what has misled a walk, and
/// what an invalidation covers. Pure: no time.
class HintCaches {
 public:
  struct TableStats {
    std::uint64_t lookups = 0;
    std::uint64_t hits = 0;
    std::uint64_t fills = 0;
    std::uint64_t invalidated = 0;   ///< entries removed by invalidations
    std::uint64_t switched_out = 0;  ///< entries removed by switches of the address space
  };

  HintCaches(const PagingMode& mode, const HintCacheConfig& config);

  /// How to begin the walk (PagingMode::hints()).
  std::uint64_t look_up(VirtualAddress va, AddressSpaceId asid);
  /// The tables that had no entry in the last look_up(), or entries that left nowhere to look.
  const std::vector<unsigned>& missed() const { return missed_; }
  /// An entry that was read from memory; it is not cached if it is not the entry of that address.
  bool fill(unsigned table, VirtualAddress va, AddressSpaceId asid, const unsigned char* bytes);
  /// Drops what has misled a walk of that address.
  void forget(VirtualAddress va, AddressSpaceId asid);
  /// Whether it covers that table's entry of the address, as a pointer.
  bool is_covered(const Invalidation& invalidation, unsigned table, VirtualAddress va, AddressSpaceId asid) const {
    return invalidation.covers_pointer(va, tables_[table].shift, asid, false);
  }
  void invalidate(const Invalidation& invalidation);

  std::size_t tables() const { return tables_.size(); }
  const std::vector<TableStats>& stats() const { return stats_; }
  void reset_stats() { stats_.assign(stats_.size(), {}); }
  void report(StatSet& figures) const;

 private:
  struct Entry {
    HintEntry content;
    AddressSpaceId asid = 0;
  };
  struct Table {
    std::string name;
    unsigned shift;
    std::unique_ptr<SetAssociative<Entry>> array;  ///< null: not cached
  };
  Entry* find(Table& table, VirtualAddress va, AddressSpaceId asid);

  const PagingMode& mode_;
  std::vector<Table> tables_;
  std::vector<TableStats> stats_;
  std::vector<const HintEntry*> known_;
  std::vector<unsigned> missed_;
};

/// Null if the mode has no hint tables, or none of them is cached.
std::unique_ptr<HintCaches> make_hint_caches(const PagingMode& mode, const HintCacheConfig& config);

}  // namespace tablewalk
