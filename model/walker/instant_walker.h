#pragma once

#include "memory/physical_memory.h"
#include "walker/page_walker.h"

namespace tablewalk {

/// An idealisation (walker.kind: instant): every request is answered in the cycle after its arrival, by the reference
/// walk. It reads no memory and counts no walks; accessed and dirty bits are set as by a walk. What such a machine
/// costs more than free translation is its TLB lookups.
class InstantWalker final : public PageWalker {
 public:
  /// `ports`: number of upstream TLBs.
  InstantWalker(sc_core::sc_module_name name, const PagingMode& mode, PhysicalMemory& memory, unsigned ports)
      : PageWalker(name, Phase::Beginning, mode, ports), memory_(memory) {}

  // Called by the ports.
  bool receive_request(unsigned port, TranslationRequest& request, Cycles& cycle) override;
  void receive_invalidation(const Invalidation&, Cycles) override {}  // has no state
  void receive_response(unsigned port, MemoryAccess& access, Cycles visible) override;

 private:
  void on_cycle() override;
  WalkOutcome walk_for(const TranslationRequest& request);
  void answer(TranslationRequest& request, Cycles cycle);

  PhysicalMemory& memory_;
};

}  // namespace tablewalk
