#pragma once

#include <vector>

#include "links/timed_module.h"
#include "links/translate_link.h"
#include "links/upstream_ports.h"
#include "memory/physical_memory.h"
#include "protocol/kernel.h"

namespace tablewalk {

/// Free translation, the machine that the cost of translation is measured against: every access has its translation
/// with the latency of a first-level TLB hit, worked out at once by the reference walk. Pages are mapped, accessed and
/// dirty bits set and faults raised in the same order as by the real machine, so that all frames are the same ones.
///
/// Sits between a core and its first-level TLB, which it never asks.
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
  /// What the reference walk said, so that it is not asked again for every access: no part of the machine.
  struct Known {
    std::uint64_t since = 0;  ///< how many invalidations had come before; what is older is void
    std::uint64_t page = 0;   ///< in units of the mode's smallest
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
