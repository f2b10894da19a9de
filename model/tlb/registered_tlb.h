#pragma once

#include "tlb/tlb.h"

namespace tablewalk {

/// A further TLB level, on registered links: looks up a limited number of requests per cycle, oldest first. A miss
/// without a free miss register stalls those behind it.
class RegisteredTlb final : public Tlb {
 public:
  /// `ports`: number of upstream neighbours.
  RegisteredTlb(sc_core::sc_module_name name, const TlbConfig& config, const PagingMode& mode, unsigned ports);

  // Called by the ports.
  bool receive_request(unsigned port, TranslationRequest& request, Cycles& cycle);

 private:
  void on_cycle() override;
  void look_up_arrivals(Cycles cycle);
  bool finish_lookup(unsigned port, TranslationRequest& request, Cycles cycle);
  void answer_hit(TranslationRequest& request, const TlbArrays::Hit& hit, bool waited, Cycles cycle);
  void sleep(Cycles cycle);

  std::uint32_t lookups_per_cycle_;
  bool blocked_ = false;                                 ///< the oldest arrival missed and found no free register
  Cycles blocked_since_;                                 ///< cycle of that arrival's first lookup
  const TranslationRequest* blocked_arrival_ = nullptr;  ///< looked up before, and looked up again next
};

}  // namespace tablewalk
