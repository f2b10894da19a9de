#pragma once

#include <memory>

#include "tlb/range_unit.h"
#include "tlb/tlb.h"

namespace tablewalk {

/// A further TLB level, on registered links: looks up a limited number of requests per cycle, oldest first. A miss
/// without a free miss register stalls those behind it.
class RegisteredTlb final : public Tlb {
 public:
  /// `ports`: number of upstream neighbours. `ranges`: what the range TLB beside it has; nullptr: there is none.
  RegisteredTlb(sc_core::sc_module_name name, const TlbConfig& config, const PagingMode& mode, unsigned ports,
                const RangeSource* ranges = nullptr);

  void reset_stats() override;
  void report(const std::string& prefix, StatSet& figures) const override;
  RangeUnit* ranges() override { return ranges_.get(); }

  // Called by the ports.
  bool receive_request(unsigned port, TranslationRequest& request, Cycles& cycle);
  void receive_invalidation(const Invalidation& invalidation, Cycles cycle);

 private:
  void on_cycle() override;
  void look_up_arrivals(Cycles cycle);
  bool finish_lookup(unsigned port, TranslationRequest& request, Cycles cycle);
  void answer_hit(TranslationRequest& request, const TlbArrays::Hit& hit, bool waited, Cycles cycle);
  bool answer_from_range(unsigned port, TranslationRequest& request, Cycles cycle);
  void sleep(Cycles cycle);

  std::unique_ptr<RangeUnit> ranges_;  ///< nullptr: none
  Cycles miss_latency_;                ///< until both have been looked up
  std::uint32_t lookups_per_cycle_;
  bool blocked_ = false;                                 ///< the oldest arrival missed and found no free register
  Cycles blocked_since_;                                 ///< cycle of that arrival's first lookup
  const TranslationRequest* blocked_arrival_ = nullptr;  ///< looked up before, and looked up again next
};

}  // namespace tablewalk
