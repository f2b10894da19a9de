#pragma once

#include <memory>
#include <vector>

#include "protocol/access_link.h"
#include "protocol/observers.h"
#include "protocol/timed_module.h"
#include "protocol/translate_link.h"
#include "protocol/upstream_ports.h"
#include "stats/stat_set.h"
#include "walker/walk_cache.h"

namespace tablewalk {

struct WalkerConfig {
  std::uint32_t walkers = 2;
  std::vector<WalkCacheConfig> walk_caches;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("walkers", walkers, "walks", "walks under way at once; further requests queue");
    keys.list("walk_caches", walk_caches, "paging-structure caches, one for each level that has one");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (walkers == 0) problem("walkers", "0 walkers could walk nothing; expected at least 1");
  }
};

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

/// The hardware page-table walker: N walks under way at once, paging-structure caches, a memory port.
///
/// Cycles (docs/timing.md): a request taken in cycle n looks up the walk caches in n+1 and presents its first memory
/// request in n+2. A memory response seen in cycle r is decoded in r; the next request, or the answer, stands in r+1.
/// In each cycle at most one request is taken, one walk looks up the walk caches, one memory response is taken, one
/// memory request presented and one answer given; of several walks it is the oldest's turn. A lookup does not see what
/// is remembered in its own cycle. A request is taken only if a slot is free; if its page is being walked, it joins
/// that walk and leaves the slot alone. One that joined and is not served by the answer is taken again, before fresh
/// ones. A walk that an invalidation may concern begins again at the root, and looks up the walk caches in the cycle
/// after it.
class Walker : public TimedModule {
 public:
  /// `ports`: how many TLBs it has above.
  Walker(sc_core::sc_module_name name, const WalkerConfig& config, const PagingMode& mode, unsigned ports);

  TranslateTargetSocket& tlb_side(unsigned port) { return tlb_side_.port(port).socket; }

  AccessInitiatorPort<Walker> memory_side;

  void observe(WalkObserver* observer) { observer_ = observer; }
  const WalkerStats& stats() const { return stats_; }
  void reset_stats();
  void report(StatSet& figures) const;

  // Called by the ports.
  bool receive_request(unsigned port, TranslationRequest& request, sc_core::sc_time& delay);
  void receive_invalidation(const Invalidation& invalidation, const sc_core::sc_time& delay);
  void receive_response(unsigned port, MemoryAccess& access, Cycles visible);

 private:
  enum class SlotState : std::uint8_t { Idle, LooksUp, WantsMemory, WaitsForMemory, WantsAnswer };
  /// A walk under way.
  struct Slot {
    SlotState state = SlotState::Idle;
    Cycles ready;  ///< the first cycle in which it can do what it wants
    TranslationRequest* request = nullptr;
    PhysicalAddress root;
    WaitingRequests waiting;
    const MemoryAccess* under_way = nullptr;  ///< the access to memory that it waits for
    Walk walk;
    WalkRecord record;
  };

  void on_cycle() override;
  void look_up_walk_caches(Cycles cycle);
  void take_memory_response(Cycles cycle);
  void present_memory_request(Cycles cycle);
  void give_answer(Cycles cycle);
  void take_request(Cycles cycle);
  void sleep(Cycles cycle);

  void use_response(Slot& slot, const MemoryAccess& access, Cycles stood, Cycles cycle);
  void restart(Slot& slot, Cycles cycle);
  void send_back_waiting(Slot& slot, Cycles cycle);
  void decide(Slot& slot, Cycles cycle);
  void answer_first(Slot& slot, Cycles visible);
  void answer_waiting(TranslationRequest& request, const Answer& answer, Cycles visible);
  void respond(TranslationRequest& request, Cycles visible);
  void close(Slot& slot, Cycles answered);
  void join_or_start(TranslationRequest& request, Slot& free, Cycles stood, Cycles cycle);
  Slot* free_slot(Cycles cycle);
  Slot* oldest_ready(SlotState state, Cycles cycle);
  Slot* walk_of(const TranslationRequest& request);
  std::uint64_t page_of(VirtualAddress va) const { return va.value() >> mode_.offset_bits(); }

  const PagingMode& mode_;
  WalkCaches walk_caches_;
  std::vector<Slot> slots_;
  UpstreamPorts<TranslateTargetPort<Walker>, TranslationRequest> tlb_side_;
  Inbox<TranslationRequest*> replays_;  ///< joined a walk whose answer does not serve them
  Inbox<MemoryAccess*> responses_;
  AccessPool pool_;
  std::uint64_t next_id_ = 0;
  WalkObserver* observer_ = nullptr;
  WalkerStats stats_;
};

}  // namespace tablewalk
