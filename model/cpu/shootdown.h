#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/types.h"
#include "config/largest.h"
#include "config/schema.h"
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

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("interrupt_cycles", interrupt_cycles, "cycles",
               "from the initiator's request to the other core's interrupt", largest::event_cycles);
    keys.value("handler_cycles", handler_cycles, "cycles",
               "duration of the interrupt on the other core, after everything older there has retired",
               largest::event_cycles);
    keys.value("acknowledge_cycles", acknowledge_cycles, "cycles",
               "from the end of the handler to the acknowledgement at the initiator", largest::event_cycles);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    const auto at_least_2 = [&](const char* key, Cycles value) {
      if (value < Cycles(2)) problem(key, "a signal between cores takes at least 2 cycles; expected 2 or more");
    };
    at_least_2("interrupt_cycles", interrupt_cycles);
    at_least_2("acknowledge_cycles", acknowledge_cycles);
  }
};

/// An interrupt that makes a core apply an invalidation.
struct ShootdownInterrupt {
  Invalidation invalidation;
  unsigned initiator = 0;    ///< the core waiting for the acknowledgement
  std::uint32_t pages = 1;   ///< from `invalidation.va` on, for scopes of one page
  std::uint64_t stride = 0;  ///< bytes from one page to the next
};

/// Carries shootdowns between the cores of a machine: the initiator interrupts each core on which the address space has
/// run, and waits until all have applied the invalidation. A core that waits, or handles a fault, takes interrupts at
/// once, so that two initiators cannot deadlock.
class Shootdowns {
 public:
  explicit Shootdowns(const ShootdownConfig& config) : config_(config) {}

  /// Adds the cores in the order of their numbers.
  void add(RequestPort& core) { cores_.push_back(&core); }

  /// The address space runs on the core from now on; its TLBs may hold translations of it.
  void enter(unsigned core, AddressSpaceId asid) { cores_of_[asid] |= bit(core); }
  /// The address space no longer runs there, and the core's TLBs hold only global translations of it.
  void leave(unsigned core, AddressSpaceId asid) { cores_of_[asid] &= ~bit(core); }

  /// Interrupts, in `cycle`, all other cores whose TLBs may hold covered translations; returns how many. A global page
  /// may be in any TLB, but if the invalidation names an address space, only its cores are interrupted.
  unsigned start(const ShootdownInterrupt& interrupt, Cycles cycle);
  /// A handler ends in cycle `handled`.
  void acknowledge(const ShootdownInterrupt& interrupt, Cycles handled);
  Cycles handler_cycles() const { return config_.handler_cycles; }

 private:
  static std::uint64_t bit(unsigned core) { return std::uint64_t{1} << core; }

  ShootdownConfig config_;
  std::vector<RequestPort*> cores_;
  std::unordered_map<AddressSpaceId, std::uint64_t> cores_of_;  ///< bit mask of the cores that have run it
};

}  // namespace tablewalk
