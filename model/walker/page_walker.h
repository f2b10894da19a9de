#pragma once

#include "links/access_link.h"
#include "links/timed_module.h"
#include "links/translate_link.h"
#include "links/upstream_ports.h"
#include "protocol/observers.h"
#include "stats/stat_set.h"
#include "walker/walker_config.h"

namespace tablewalk {

struct WalkerStats {
  std::uint64_t walks = 0;
  std::uint64_t merged_walks = 0;
  std::uint64_t faults = 0;
  std::uint64_t entry_reads = 0;
  std::uint64_t entry_updates = 0;
  std::uint64_t restarts = 0;
  std::array<std::array<std::uint64_t, served_by_count>, max_levels> served{};  ///< entry reads [level][served by]
  Histogram latency;  ///< cycles from the request standing at the walker to its answer standing at the requester
  Histogram queue;    ///< cycles of it before the walk was taken
  Histogram reads_per_walk;
};

/// What every walker of the machine is to its neighbours, whatever decides in it what happens when: sockets, figures,
/// and the books in which each cycle of a walk is written down once.
class PageWalker : public TimedModule {
 public:
  TranslateTargetSocket& tlb_side(unsigned port) { return tlb_side_.port(port).socket; }

  AccessInitiatorPort<PageWalker> memory_side;

  void observe(WalkObserver& observer) { observer_ = &observer; }
  const WalkerStats& stats() const { return stats_; }
  virtual void reset_stats() { stats_ = {}; }
  virtual void report(StatSet& figures) const;

  // Called by the ports.
  virtual bool receive_request(unsigned port, TranslationRequest& request, Cycles& cycle) = 0;
  virtual void receive_invalidation(const Invalidation& invalidation, Cycles cycle) = 0;
  virtual void receive_response(unsigned port, MemoryAccess& access, Cycles visible) = 0;

 protected:
  /// `ports`: how many TLBs it has above.
  PageWalker(sc_core::sc_module_name name, Phase phase, const PagingMode& mode, unsigned ports);

  const PagingMode& mode() const { return mode_; }
  std::uint64_t page_of(VirtualAddress va) const { return va.value() >> mode_.offset_bits(); }
  /// A fresh read of the entry at that address; `tag` is the walker's own.
  MemoryAccess& prepare_access(PhysicalAddress address, std::uint32_t tag);

  // The books. `request` is the one that a walk was begun for.
  void begin_walk(WalkRecord& record, TranslationRequest& request, Cycles stood, Cycles cycle);
  void count_merged(WalkRecord& record);
  /// `since`: from when on the walk could look up.
  static void count_lookup(TranslationRequest& request, Cycles since, Cycles cycle);
  static void count_presented(WalkRecord& record, TranslationRequest& request, const WalkRecord::EntryRead& read);
  /// `stood`: since when the response has been here; it may have waited for others.
  void count_response(WalkRecord& record, TranslationRequest& request, const MemoryAccess& access, Cycles stood,
                      Cycles cycle);
  /// `under_way`: an access to memory is, and is nobody's from now on. The walk can look up from `ready` on.
  void count_restart(WalkRecord& record, TranslationRequest& request, Cycles ready);
  void end_walk(const WalkRecord& record);
  void respond(TranslationRequest& request, Cycles visible);

  UpstreamPorts<TranslateTargetPort<PageWalker>, TranslationRequest> tlb_side_;

 private:
  const PagingMode& mode_;
  AccessPool pool_;
  std::uint64_t next_id_ = 0;
  WalkObserver* observer_ = &WalkObserver::nobody();
  WalkerStats stats_;
};

}  // namespace tablewalk
