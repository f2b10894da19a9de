#pragma once

#include <array>
#include <deque>
#include <vector>

#include "walker/hint_caches.h"
#include "walker/page_size_cache.h"
#include "walker/page_walker.h"
#include "walker/shared_walk_caches.h"
#include "walker/slot_set.h"
#include "walker/walk_cache.h"
#include "walker/walker_cycle.h"

namespace tablewalk {

/// The model of the page-table walker: N concurrent walks, paging-structure caches, a memory port.
///
/// Timing (docs/timing.md): a request accepted in cycle n looks up the walk caches in n+1 and presents its first memory
/// request in n+2. A memory response visible in cycle r is decoded in r; the next request, or the response, is valid in
/// r+1. In each cycle at most one request is accepted, one walk looks up the walk caches, one memory response is
/// accepted, one memory request is presented and one response is sent; the oldest walk has priority. A lookup does not
/// see what is cached in its own cycle. A request is accepted only if a slot is free; if its page is being walked, it
/// merges with that walk and leaves the slot free. It holds one of a limited number of ids from being accepted until
/// its response has been valid for a cycle. A merged request not served by the response is replayed, before new
/// requests. A walk that an invalidation may affect restarts at the root, and looks up the walk caches in the next
/// cycle. With page-table caches each entry but that of the last level is looked up before it is read, one per cycle.
class SystemCWalker final : public PageWalker {
 public:
  /// `ports`: number of upstream TLBs.
  SystemCWalker(sc_core::sc_module_name name, const WalkerConfig& config, const PagingMode& mode, unsigned ports);

  void tap(WalkerTap* tap) { tap_ = tap; }
  /// For warming without time.
  WalkCaches& walk_caches() { return shared_ != nullptr ? shared_->caches() : *walk_caches_; }
  /// Null if there are none.
  HintCaches* hint_caches() { return hint_caches_.get(); }

  /// Uses those instead of caches of its own.
  void share(SharedWalkCaches& caches, unsigned port);
  /// By an invalidation of another core that shares the walk caches.
  void stop_remembering(const Invalidation& invalidation);

  void tell_neighbours(std::uint64_t line_bytes) override;
  void reset_stats() override;
  void report(StatSet& figures) const override;

  // Called by the ports.
  bool receive_request(unsigned port, TranslationRequest& request, Cycles& cycle) override;
  void receive_invalidation(const Invalidation& invalidation, Cycles cycle) override;
  void receive_response(unsigned port, MemoryAccess& access, Cycles visible) override;

 private:
  enum class SlotState : std::uint8_t { Idle, LooksUp, WantsMemory, WaitsForMemory, WantsAnswer };
  static constexpr std::size_t slot_states = 5;
  /// Reads that do not depend on each other, and are outstanding together.
  struct Round {
    struct Read {
      const MemoryAccess* access = nullptr;  ///< null: it was answered
      WalkRecord::EntryRead record;
    };
    std::vector<Read> presented;
    unsigned answers = 0;
    std::vector<unsigned char> bytes;

    void clear() {
      presented.clear();
      answers = 0;
    }
  };
  /// A walk in progress.
  struct Slot {
    std::uint32_t number = 0;  ///< of the slot
    SlotState state = SlotState::Idle;
    Cycles ready;             ///< first cycle in which it can do its next step
    std::uint64_t order = 0;  ///< the lowest goes first: of accesses by age, then of prefetches
    TranslationRequest* request = nullptr;
    PhysicalAddress root;
    bool begun = false;       ///< has looked up the walk caches once
    std::uint64_t hints = 0;  ///< with which it has begun, until it gives them up
    std::uint64_t guess = 0;  ///< of its page size, with which it has begun
    WaitingRequests waiting;
    const MemoryAccess* under_way = nullptr;  ///< outstanding memory access
    Round round;
    Walk walk;
    PhysicalAddress line_address;  ///< with line_part(): of `line`, from which the last entry was read
    std::array<unsigned char, Walk::longest_read> line{};
    bool outdated = false;  ///< its pointers must not get into shared walk caches
    bool refused = false;   ///< a prefetch that ends without a translation
    WalkRecord record;
  };

  void on_cycle() override;
  void look_up_walk_caches(Cycles cycle);
  void begin_at(Slot& slot, const std::optional<WalkStart>& start);
  void begin_at_root(Slot& slot, std::uint64_t hints = 0);
  void look_up_entry(Slot& slot);
  void remember_pointer(const Slot& slot, unsigned level, PhysicalAddress at, const MemoryAccess& access);
  void continue_walk(Slot& slot, Cycles cycle);
  void take_memory_response(Cycles cycle);
  bool present_memory_request(Cycles cycle);
  void give_answer(Cycles cycle);
  void take_request(Cycles cycle);
  // Prefetches, in walker_prefetches.cpp.
  bool queue_prefetch(unsigned port, TranslationRequest& request, Cycles cycle);
  bool take_prefetch(Slot& free, Cycles cycle, bool urgent_only);
  bool is_lost(const Slot& slot) const { return slot.record.prefetch && slot.request->overtaken; }
  void refuse(Slot& slot, Cycles cycle);
  void rank_prefetch(Slot& slot, Cycles cycle);
  void hurry(Slot& slot, Cycles cycle);
  void sleep(Cycles cycle);
  // Shared walk caches, in walker_shared_caches.cpp.
  void look_up_shared(Cycles cycle);
  void use_shared_answer(Slot& slot, Cycles cycle);
  // Hints of cuckoo walk tables, in walker_hints.cpp.
  void look_up_hints(Slot& slot);
  void fetch_hint(const Slot& slot, unsigned table);
  void present_fetch(Cycles cycle);
  void take_hint(const MemoryAccess& access);
  void drop_fetches(const Invalidation& invalidation);
  void check_hints(Slot& slot);
  void report_hints(StatSet& figures) const;
  void guess_size(Slot& slot);
  void learn_size(const Slot& slot);

  void supply_line(Slot& slot, const MemoryAccess& access);
  void present_of_round(Slot& slot, Cycles cycle);
  void take_of_round(Slot& slot, const MemoryAccess& access, Cycles visible_since, Cycles cycle);
  void use_response(Slot& slot, const MemoryAccess& access, Cycles visible_since, Cycles cycle);
  bool may_concern(const Invalidation& invalidation, const Slot& slot) const;
  void restart(Slot& slot, Cycles cycle);
  void send_back_waiting(Slot& slot, Cycles cycle);
  void decide(Slot& slot, Cycles cycle);
  void answer_first(Slot& slot, Cycles cycle);
  void answer_waiting(TranslationRequest& request, const Answer& answer, bool shareable, Cycles cycle);
  void give(TranslationRequest& request, Cycles cycle);
  void close(Slot& slot, Cycles cycle, Cycles answered);
  void join_or_start(TranslationRequest& request, Slot& free, Cycles visible_since, Cycles cycle);
  Slot* free_slot(Cycles cycle);
  Slot* oldest_ready(SlotState state, Cycles cycle);
  Slot* walk_of(const TranslationRequest& request);
  void set_state(Slot& slot, SlotState state, Cycles ready);
  SlotSet& in(SlotState state) { return in_state_[static_cast<std::size_t>(state)]; }
  std::uint32_t bit_of(const Slot& slot) const { return std::uint32_t{1} << slot.number % 32; }

  unsigned concern_shift_;  ///< log2 of the bytes around its address in which a walk's result may lie
  std::unique_ptr<WalkCaches> walk_caches_;
  bool empty_;       ///< none is configured that the mode can fill
  bool by_address_;  ///< they are page-table caches
  std::vector<Slot> slots_;
  std::array<SlotSet, slot_states> in_state_;  ///< slots by state
  Inbox<RequestId> free_ids_;
  Inbox<TranslationRequest*> replays_;  ///< merged with a walk whose response does not serve them
  Inbox<MemoryAccess*> responses_;
  struct QueuedPrefetch {
    Cycles visible;
    unsigned port;
    TranslationRequest* request;
    bool operator<(const QueuedPrefetch& other) const {
      return visible != other.visible ? visible < other.visible : port < other.port;
    }
  };
  std::deque<QueuedPrefetch> prefetches_;  ///< not started yet, in order of arrival, then of ports
  WalkerTap* tap_ = nullptr;

  SharedWalkCaches* shared_ = nullptr;
  unsigned port_ = 0;      ///< of the shared walk caches
  Slot* asked_ = nullptr;  ///< whose lookup of these is answered in this cycle

  /// The fetch of an entry of a hint table, beside the walks; a table has at most one at a time.
  struct HintFetch {
    bool active = false;
    bool dropped = false;  ///< an invalidation has covered it
    VirtualAddress va;
    AddressSpaceId asid = 0;
    TranslationId translation;  ///< for which it was wanted
    std::vector<PhysicalAddress> reads;
    std::size_t presented = 0;
    std::size_t answers = 0;
  };
  struct HintStats {
    std::uint64_t misled_walks = 0;
    std::uint64_t reads = 0;
    std::uint64_t from_dram = 0;
  };
  std::unique_ptr<HintCaches> hint_caches_;  ///< null: the mode has no hint tables
  std::vector<HintFetch> hint_fetches_;      ///< by table
  unsigned fetches_to_present_ = 0;
  HintStats hint_stats_;
  std::unique_ptr<PageSizeCache> page_sizes_;  ///< null: none
};

}  // namespace tablewalk
