#pragma once

#include "links/access_link.h"
#include "links/timed_module.h"
#include "links/translate_link.h"
#include "links/upstream_ports.h"
#include "paging/neighbours.h"
#include "protocol/kernel.h"
#include "protocol/observers.h"
#include "stats/stat_set.h"
#include "walker/walker_config.h"

namespace tablewalk {

struct WalkerStats {
  std::uint64_t walks = 0;  ///< for accesses, like all of the following; prefetches are counted apart
  std::uint64_t merged_walks = 0;
  std::uint64_t faults = 0;
  std::uint64_t entry_reads = 0;
  std::uint64_t entry_updates = 0;
  std::uint64_t restarts = 0;
  std::array<std::array<std::uint64_t, served_by_count>, max_levels> served{};  ///< entry reads [level][served by]
  Histogram latency;  ///< cycles from the request's arrival at the walker to the response's arrival at the requester
  Histogram queue;    ///< of these, cycles before the walk was started
  Histogram reads_per_walk;
};

/// The common part of all walkers: sockets, figures, and the cycle accounting of walks. Derived classes decide what
/// happens when.
class PageWalker : public TimedModule {
 public:
  TranslateTargetSocket& tlb_side(unsigned port) { return tlb_side_.port(port).socket; }

  AccessInitiatorPort<PageWalker> memory_side;

  void observe(WalkObserver& observer) { observer_ = &observer; }
  /// For modes whose roots move: walks use the kernel's present root, as from a register that it rewrites.
  void follow_roots(Kernel& kernel) { kernel_ = &kernel; }
  /// With TLBs above that prefetch.
  void expect_prefetches() { expects_prefetches_ = true; }
  /// With TLBs above that coalesce, or prefetch lines: from now on entries are read with the rest of their line of that
  /// many bytes, and responses contain what it shows.
  virtual void tell_neighbours(std::uint64_t line_bytes) { line_part_ = EntryLine::part_of(line_bytes); }
  /// What is read with an entry, in bytes; 0: just the entry.
  unsigned line_part() const { return line_part_; }
  const WalkerStats& stats() const { return stats_; }
  virtual void reset_stats() { stats_ = prefetch_stats_ = {}; }
  virtual void report(StatSet& figures) const;

  // Called by the ports.
  virtual bool receive_request(unsigned port, TranslationRequest& request, Cycles& cycle) = 0;
  virtual void receive_invalidation(const Invalidation& invalidation, Cycles cycle) = 0;
  virtual void receive_response(unsigned port, MemoryAccess& access, Cycles visible) = 0;

 protected:
  /// `ports`: number of upstream TLBs.
  PageWalker(sc_core::sc_module_name name, Phase phase, const PagingMode& mode, unsigned ports);

  const PagingMode& mode() const { return mode_; }
  std::uint64_t page_of(VirtualAddress va) const { return va.value() >> mode_.offset_bits(); }
  /// A new read of `bytes` at that address for the walk, or update of an entry; `tag` is for the walker's own use.
  MemoryAccess& prepare_access(const WalkRecord& record, PhysicalAddress address, unsigned bytes, std::uint32_t tag);
  /// The present root of the request's address space.
  PhysicalAddress root_of(const TranslationRequest& request) const {
    return kernel_ == nullptr ? request.root : kernel_->root_for(request.space, request.access.user);
  }
  bool roots_move() const { return kernel_ != nullptr; }

  // Cycle accounting. `request` is the one that started the walk.
  void begin_walk(WalkRecord& record, TranslationRequest& request, Cycles visible_since, Cycles cycle);
  void count_merged(WalkRecord& record);
  /// `since`: the first cycle in which the walk could look up.
  static void count_lookup(TranslationRequest& request, Cycles since, Cycles cycle);
  static void count_presented(WalkRecord& record, TranslationRequest& request, const WalkRecord::EntryRead& read);
  /// `visible_since`: when the response arrived; it may have waited for others.
  void count_response(WalkRecord& record, TranslationRequest& request, const MemoryAccess& access, Cycles visible_since,
                      Cycles cycle);
  /// If an access to memory is outstanding, its response will be dropped. The walk can look up from `ready` on.
  void count_restart(WalkRecord& record, TranslationRequest& request, Cycles ready);
  void end_walk(const WalkRecord& record);
  void respond(TranslationRequest& request, Cycles visible);

  UpstreamPorts<TranslateTargetPort<PageWalker>, TranslationRequest> tlb_side_;

 private:
  void report_prefetches(StatSet& figures) const;
  WalkerStats& stats_of(const WalkRecord& record) { return record.prefetch ? prefetch_stats_ : stats_; }

  const PagingMode& mode_;
  AccessPool pool_;
  std::uint64_t next_id_ = 0;
  WalkObserver* observer_ = &WalkObserver::none();
  Kernel* kernel_ = nullptr;
  unsigned line_part_ = 0;
  bool expects_prefetches_ = false;
  WalkerStats stats_;
  WalkerStats prefetch_stats_;  ///< the same of walks for prefetches
};

}  // namespace tablewalk
