#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "paging/walk.h"
#include "protocol/invalidation.h"
#include "walker/walk_cache_config.h"

namespace tablewalk {

/// The paging-structure caches of a walker: pointers of page tables, so that a walk does not read them from memory. The
/// organisations are those of Barr, Cox and Rixner, Translation Caching: Skip, Don't Walk (the Page Table), ISCA 2010.
/// Pure: no time.
///
/// A translation cache is looked up once per walk and finds the deepest table that it knows (find, remember). A
/// page-table cache has entries by their physical addresses, so a walk looks up one after the other (find_entry,
/// remember_entry).
class WalkCaches {
 public:
  struct LevelStats {
    std::uint64_t lookups = 0;
    std::uint64_t hits = 0;
    std::uint64_t invalidated = 0;   ///< pointers removed by invalidations
    std::uint64_t switched_out = 0;  ///< pointers removed by switches of the address space
  };

  virtual ~WalkCaches() = default;
  WalkCaches(const WalkCaches&) = delete;
  WalkCaches& operator=(const WalkCaches&) = delete;

  /// The deepest table cached for `va`. All levels are looked up at once.
  virtual std::optional<WalkStart> find(VirtualAddress /*va*/, AddressSpaceId /*asid*/) { return std::nullopt; }
  /// Caches the table that a pointer entry points to.
  virtual void remember(VirtualAddress /*va*/, AddressSpaceId /*asid*/, const WalkStart& /*table*/) {}

  /// Whether entries are looked up by their addresses: then find() finds nothing.
  virtual bool by_address() const { return false; }
  /// The pointer at that address, if it is cached. `level`: of the table that has it, 1 or above.
  virtual std::optional<std::uint64_t> find_entry(unsigned /*level*/, PhysicalAddress /*at*/) { return std::nullopt; }
  /// Caches the pointer that memory has at that address.
  virtual void remember_entry(unsigned /*level*/, PhysicalAddress /*at*/, std::uint64_t /*entry*/) {}

  /// Removes what the invalidation covers (of a page: the pointers on the way to it); returns the number of pointers
  /// removed.
  virtual std::uint64_t invalidate(const Invalidation& invalidation) = 0;

  /// The levels at which the last find() or find_entry() hit: bit l is level l.
  std::uint8_t hits() const { return hits_; }
  const std::vector<LevelStats>& stats() const { return stats_; }
  void reset_stats() { stats_.assign(stats_.size(), {}); }
  /// The level of each element of stats(), lowest first.
  unsigned level(std::size_t index) const { return levels_[index]; }

 protected:
  /// `levels`: with pointers that are cached, lowest first.
  explicit WalkCaches(std::vector<unsigned> levels) : levels_(std::move(levels)), stats_(levels_.size()) {}
  /// The same level's index in stats(); the number of levels if it is not cached.
  std::size_t index_of(unsigned level) const;
  void count_removed(const Invalidation& invalidation, std::size_t index, std::uint64_t pointers) {
    (invalidation.by_switch ? stats_[index].switched_out : stats_[index].invalidated) += pointers;
  }

  std::vector<unsigned> levels_;
  std::vector<LevelStats> stats_;
  std::uint8_t hits_ = 0;
};

/// The caches of that kind: one per element of `configs`, or one for all levels. A level that the mode lacks, and every
/// level of a mode without pointers, stays empty.
std::unique_ptr<WalkCaches> make_walk_caches(WalkCacheKind kind, const std::vector<WalkCacheConfig>& configs,
                                             const PagingMode& mode);

/// Host memory used by one of them, in bytes.
std::uint64_t host_bytes_of_walk_cache(WalkCacheKind kind, const WalkCacheConfig& config);

}  // namespace tablewalk
