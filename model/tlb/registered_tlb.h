#pragma once

#include "tlb/tlb.h"

namespace tablewalk {

/// A further level of TLB, on registered links: it looks up so many requests a cycle, the oldest first. One that misses
/// and finds no free miss register holds up those behind it.
class RegisteredTlb final : public Tlb {
 public:
  /// `ports`: how many neighbours it has above.
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
  Cycles blocked_since_;                                 ///< when that arrival was looked up first
  const TranslationRequest* blocked_arrival_ = nullptr;  ///< looked up before, and next again
};

}  // namespace tablewalk
