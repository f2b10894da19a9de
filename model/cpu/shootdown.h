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

/// What it takes to have other cores forget a translation. Published figures are of whole shootdowns, a few thousand
/// cycles (N. Amit, "Optimizing the TLB Shootdown Algorithm with Page Access Tracking", USENIX ATC 2017); how they
/// divide into these parts is chosen.
struct ShootdownConfig {
  Cycles interrupt_cycles{1000};
  Cycles handler_cycles{500};
  Cycles acknowledge_cycles{100};

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("interrupt_cycles", interrupt_cycles, "cycles",
               "from the initiator's request to the other core's interrupt", largest::event_cycles);
    keys.value("handler_cycles", handler_cycles, "cycles",
               "what the interrupt takes on the other core, once everything older there has retired",
               largest::event_cycles);
    keys.value("acknowledge_cycles", acknowledge_cycles, "cycles",
               "from the end of the handler until the initiator knows of it", largest::event_cycles);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    const auto at_least_2 = [&](const char* key, Cycles value) {
      if (value < Cycles(2)) problem(key, "a signal between cores takes 2 cycles at least; expected 2 or more");
    };
    at_least_2("interrupt_cycles", interrupt_cycles);
    at_least_2("acknowledge_cycles", acknowledge_cycles);
  }
};

/// A request to a core to forget something, by interrupt.
struct ShootdownInterrupt {
  Invalidation invalidation;
  unsigned initiator = 0;  ///< the core that waits for the acknowledgement
};

/// Carries shootdowns between the cores of a machine: the initiator interrupts each core on which the address space has
/// run, and waits until all have forgotten what the invalidation covers. A core that waits, or whose fault is being
/// handled, takes interrupts at once, so that two initiators never wait for each other.
class Shootdowns {
 public:
  explicit Shootdowns(const ShootdownConfig& config) : config_(config) {}

  /// The cores in the order of their numbers.
  void add(RequestPort& core) { cores_.push_back(&core); }

  /// That address space runs on the core from now on; its TLBs may hold translations of it.
  void enter(unsigned core, AddressSpaceId asid) { cores_of_[asid] |= bit(core); }
  /// It does not, and the core's TLBs hold nothing of it any more that is not global.
  void leave(unsigned core, AddressSpaceId asid) { cores_of_[asid] &= ~bit(core); }

  /// Interrupts all others whose TLBs may hold what is covered, in `cycle`; how many there are. A global page may be in
  /// any TLB, but only the cores of the address space are interrupted if the invalidation names one.
  unsigned start(unsigned initiator, const Invalidation& invalidation, Cycles cycle);
  /// A handler ends in cycle `handled`.
  void acknowledge(const ShootdownInterrupt& interrupt, Cycles handled);
  Cycles handler_cycles() const { return config_.handler_cycles; }

 private:
  static std::uint64_t bit(unsigned core) { return std::uint64_t{1} << core; }

  ShootdownConfig config_;
  std::vector<RequestPort*> cores_;
  std::unordered_map<AddressSpaceId, std::uint64_t> cores_of_;  ///< a bit for each core that has run it
};

}  // namespace tablewalk
