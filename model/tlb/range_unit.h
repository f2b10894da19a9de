#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "links/access_link.h"
#include "paging/ranges_config.h"
#include "protocol/kernel.h"
#include "protocol/translation_request.h"
#include "stats/stat_set.h"
#include "tlb/range_tlb.h"

namespace tablewalk {

/// lookups = hits + misses; misses = walks + unwalked.
struct RangeStats {
  std::uint64_t lookups = 0;  ///< one per miss of the TLB beside it
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t walks = 0;     ///< walks of a range table that were started
  std::uint64_t unwalked = 0;  ///< misses while a walk was under way, or without a range table
  std::uint64_t fills = 0;
  std::uint64_t cancelled = 0;  ///< walks that an invalidation ended
  std::uint64_t reads = 0;
  std::uint64_t walk_cycles = 0;  ///< of walks that ended, from the miss to the last response
  std::uint64_t ended = 0;
  std::uint64_t invalidated = 0;
  std::uint64_t switched_out = 0;
};

/// Where a range unit gets its ranges.
struct RangeSource {
  const RangesConfig& config;
  Kernel& kernel;  ///< has the registers of the range tables
};

/// The range TLB beside a TLB, and the walker of range tables: one walk at a time, in the background. A miss known in
/// cycle n presents the first read in n + 1. A response visible in cycle r is decoded in r; the next read is visible in
/// r + 1, or lookups from r on find the range.
class RangeUnit {
 public:
  /// Made in the constructor of its module, as SystemC requires. `wake`: wakes that module, which must then call
  /// take_responses().
  RangeUnit(const RangeSource& source, const PagingMode& mode, std::function<void(Cycles)> wake);

  AccessInitiatorPort<RangeUnit> memory_side;

  Cycles latency() const { return config_.latency_cycles; }
  /// The translation of the request's page by a range; none: a miss, which may still have to wait.
  std::optional<Translation> find(const TranslationRequest& request);
  /// The request missed for good, known in cycle `known`: starts a walk of its range table if none is under way.
  void miss(const TranslationRequest& request, Cycles known);
  /// True: a range was installed.
  bool take_responses(Cycles cycle);
  void invalidate(const Invalidation& invalidation);

  const RangeStats& stats() const { return stats_; }
  void reset_stats() { stats_ = {}; }
  void report(StatSet& figures) const;

  // Called by the port.
  void receive_response(unsigned port, MemoryAccess& access, Cycles visible);

 private:
  struct RangeWalk {
    RangeSearch search;
    AddressSpaceId asid = 0;
    TranslationId translation;
    Cycles began;
    const MemoryAccess* under_way = nullptr;
  };

  void read_next(Cycles visible);

  RangesConfig config_;
  Kernel& kernel_;
  std::function<void(Cycles)> wake_;
  RangeTlb entries_;
  std::optional<RangeWalk> walk_;
  AccessPool pool_;
  Inbox<MemoryAccess*> responses_;
  RangeStats stats_;
};

}  // namespace tablewalk
