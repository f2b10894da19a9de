#pragma once

#include "walker/page_walker.h"
#include "walker/rtl_port.h"

namespace tablewalk {

/// The RTL walker of rtl/ in the machine, behind the model's sockets and cycle-exact. It acts at the end of a cycle,
/// like clocked hardware, and only in cycles in which its state can change.
///
/// All decisions are made by the RTL. The slots here only follow its pins, to attribute cycles to walks and requests.
class RtlWalker final : public PageWalker {
 public:
  /// `ports`: number of upstream TLBs. Throws InputError if no such walker is built into the program.
  RtlWalker(sc_core::sc_module_name name, const WalkerConfig& config, const PagingControls& controls,
            const PagingMode& mode, unsigned ports);

  /// Called before the simulation.
  void record_wave(const WaveWindow& wave) { port_.record_wave(wave); }

  void reset_stats() override;
  void report(StatSet& figures) const override;

  // Called by the ports.
  bool receive_request(unsigned port, TranslationRequest& request, Cycles& cycle) override;
  void receive_invalidation(const Invalidation& invalidation, Cycles cycle) override;
  void receive_response(unsigned port, MemoryAccess& access, Cycles visible) override;

 private:
  /// A walk in progress, as observed on the pins.
  struct Slot {
    bool open = false;
    bool looks_up = false;
    Cycles ready;  ///< when it can look up, or accept a walk
    TranslationRequest* request = nullptr;
    WaitingRequests waiting;
    const MemoryAccess* under_way = nullptr;
    bool update = false;  ///< its last memory access was an update
    unsigned level = 0;   ///< of its last access; before the first one, one above its starting table
    PhysicalAddress root;
    WalkRecord record;
  };
  struct CacheStats {
    std::uint64_t lookups = 0;
    std::uint64_t hits = 0;
  };
  struct Arrived {
    TranslationRequest* request;
    unsigned port;
    Cycles visible;
  };

  void on_cycle() override;
  void note_lookup(const WalkerCycle& did);
  void note_memory_answer(Cycles cycle);
  void note_memory_request(const WalkerCycle& did);
  void check_level(const WalkerCycle& did, const Slot& slot) const;
  void note_answer(const WalkerCycle& did);
  void note_sent_back(const WalkerCycle& did);
  void note_taken(const WalkerCycle& did);
  void note_invalidation(const WalkerCycle& did);
  void close_ended(const WalkerCycle& did);

  TranslationRequest& arrived(const TranslationRequest* request, Cycles& visible_since);
  Slot* oldest(bool looks_up);
  Slot& slot_answered(const WalkerCycle& did);
  Slot& walk_of(const WalkerCycle& did, const TranslationRequest& request);
  Slot& free_slot(const WalkerCycle& did);
  [[noreturn]] void lost(const WalkerCycle& did, const std::string& what) const;

  RtlPort port_;
  std::vector<Slot> slots_;
  std::vector<MemoryAccess*> accesses_;  ///< outstanding, by RTL tag
  std::vector<Arrived> arrived_;         ///< not accepted yet
  Inbox<TranslationRequest*> replays_;
  std::array<CacheStats, 8> caches_;  ///< by level
};

}  // namespace tablewalk
