#pragma once

#include "tlb/tlb.h"

namespace tablewalk {

/// A core's own first-level TLB: hits complete inside the call, in the middle of a cycle.
class FirstLevelTlb final : public Tlb {
 public:
  /// `ports`: number of upstream neighbours.
  FirstLevelTlb(sc_core::sc_module_name name, const TlbConfig& config, const PagingMode& mode, unsigned ports);

  // Called by the port.
  const LastHit& last_hit() const { return arrays_.last_hit(); }
  const Translation* look_up(VirtualAddress va, AddressSpaceId asid, Access access, Cycles& cycle);
  bool receive_request(unsigned port, TranslationRequest& request, Cycles& cycle);

 private:
  void on_cycle() override;
  void miss(unsigned port, TranslationRequest& request, Cycles cycle);

  bool looked_up_ = false;  ///< look_up() has just missed, so the request that follows misses too
};

}  // namespace tablewalk
