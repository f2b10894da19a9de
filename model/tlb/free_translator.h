#pragma once

#include <vector>

#include "links/timed_module.h"
#include "links/translate_link.h"
#include "links/upstream_ports.h"
#include "memory/physical_memory.h"
#include "protocol/kernel.h"

namespace tablewalk {

/// Free translation, the reference machine for the cost of translation: every access is translated with the latency of
/// a first-level TLB hit, by the reference walk. Pages are mapped, accessed and dirty bits set and faults raised in the
/// same order as in the real machine, so that all frames are the same.
///
/// Placed between a core and its first-level TLB, which it never accesses.
class FreeTranslator : public TimedModule {
 public:
  /// `hit_latency`: of the first-level TLB, at least 1 cycle.
  FreeTranslator(sc_core::sc_module_name name, Cycles hit_latency, const PagingMode& mode, PhysicalMemory& memory,
                 Kernel& kernel);

  TranslateTargetSocket& cpu_side() { return cpu_side_.port(0).socket; }
  TranslateInitiatorPort<FreeTranslator> tlb_side;

  // Called by the ports.
  bool receive_request(unsigned port, TranslationRequest& request, Cycles& cycle);
  void receive_invalidation(const Invalidation& invalidation, Cycles cycle);
  void receive_translation(unsigned port, TranslationRequest& request, Cycles visible);

 private:
  /// Cached results of the reference walk, to save host time; not part of the machine.
  struct Known {
    std::uint64_t since = 0;  ///< number of invalidations before it; invalid if older than the last one
    std::uint64_t page = 0;   ///< in units of the mode's smallest page
    AddressSpaceId asid = 0;
    Access access;
    Translation translation;
  };

  void on_cycle() override {}
  Known& place_of(std::uint64_t page, const TranslationRequest& request);

  Cycles hit_latency_;
  const PagingMode& mode_;
  PhysicalMemory& memory_;
  Kernel& kernel_;
  UpstreamPorts<TranslateTargetPort<FreeTranslator>, TranslationRequest> cpu_side_;
  std::vector<Known> known_;
  std::uint64_t invalidations_ = 1;
};

}  // namespace tablewalk
