#pragma once

#include <cstdint>
#include <vector>

#include "base/types.h"
#include "config/largest.h"
#include "config/schema.h"
#include "os/space_presence.h"
#include "protocol/invalidation.h"

namespace tablewalk {

class RequestPort;

/// Cost of invalidating translations on other cores. Published figures are for whole shootdowns, a few thousand cycles
/// (N. Amit, "Optimizing the TLB Shootdown Algorithm with Page Access Tracking", USENIX ATC 2017); the split into these
/// parts is our choice.
struct ShootdownConfig {
  Cycles interrupt_cycles{1000};
  Cycles handler_cycles{500};
  Cycles acknowledge_cycles{100};
  Cycles broadcast_issue_cycles{20};
  Cycles broadcast_cycles{100};
  Cycles broadcast_sync_cycles{200};

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("interrupt_cycles", interrupt_cycles, "cycles",
               "from the initiator's request to the other core's interrupt", largest::event_cycles);
    keys.value("handler_cycles", handler_cycles, "cycles",
               "duration of the interrupt on the other core, after everything older there has retired",
               largest::event_cycles);
    keys.value("acknowledge_cycles", acknowledge_cycles, "cycles",
               "from the end of the handler to the acknowledgement at the initiator", largest::event_cycles);
    keys.value("broadcast_issue_cycles", broadcast_issue_cycles, "cycles",
               "os.shootdown: broadcast: to issue an invalidation to all cores (Arm TLBI with IS, AMD INVLPGB), per "
               "page; our choice",
               largest::event_cycles);
    keys.value("broadcast_cycles", broadcast_cycles, "cycles", "from then to the other cores' TLBs; our choice",
               largest::event_cycles);
    keys.value("broadcast_sync_cycles", broadcast_sync_cycles, "cycles",
               "from the last core's completion to the end of the initiator's wait (Arm DSB, AMD TLBSYNC); our choice",
               largest::event_cycles);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    const auto at_least_2 = [&](const char* key, Cycles value) {
      if (value < Cycles(2)) problem(key, "a signal between cores takes at least 2 cycles; expected 2 or more");
    };
    at_least_2("interrupt_cycles", interrupt_cycles);
    at_least_2("acknowledge_cycles", acknowledge_cycles);
    at_least_2("broadcast_cycles", broadcast_cycles);
    at_least_2("broadcast_sync_cycles", broadcast_sync_cycles);
  }
};

/// An interrupt that makes a core apply an invalidation.
struct ShootdownInterrupt {
  Invalidation invalidation;
  unsigned initiator = 0;    ///< the core waiting for the acknowledgement
  std::uint32_t pages = 1;   ///< from `invalidation.va` on, for scopes of one page
  std::uint64_t stride = 0;  ///< bytes from one page to the next
};

/// A broadcast that a core has applied. It is complete when no access uses an older translation.
struct AppliedBroadcast {
  ShootdownInterrupt interrupt;
  std::uint64_t end = 0;        ///< of the accesses in flight when it was applied
  std::uint64_t end_block = 0;  ///< and of the blocks fetched ahead
};

/// Carries shootdowns between the cores of a machine: the initiator interrupts each core that may use translations of
/// the address space (os/space_presence.h), and waits until all have applied the invalidation. A core that waits, or
/// handles a fault, takes interrupts at once, so that two initiators cannot deadlock. A broadcast reaches the TLBs of
/// all cores without interrupts.
class Shootdowns {
 public:
  Shootdowns(const ShootdownConfig& config, ShootdownKind kind, unsigned cores)
      : config_(config), presence_(kind, cores) {}

  /// Adds the cores in the order of their numbers.
  void add(RequestPort& core) { cores_.push_back(&core); }
  SpacePresence& presence() { return presence_; }
  bool broadcasts() const { return presence_.kind() == ShootdownKind::Broadcast; }

  /// Interrupts, in `cycle`, all other cores whose TLBs may hold covered translations; returns how many. A global page
  /// may be in any TLB, but if the invalidation names an address space, only its cores are interrupted.
  unsigned start(const ShootdownInterrupt& interrupt, Cycles cycle);
  /// A handler ends in cycle `handled`, or a broadcast is complete.
  void acknowledge(const ShootdownInterrupt& interrupt, Cycles handled);
  Cycles handler_cycles() const { return config_.handler_cycles; }

 private:
  ShootdownConfig config_;
  SpacePresence presence_;
  std::vector<RequestPort*> cores_;
};

}  // namespace tablewalk
