#pragma once

#include "links/timed_module.h"
#include "links/translate_link.h"
#include "links/upstream_ports.h"
#include "tlb/free_translations.h"

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
  FreeTranslations& translations() { return translations_; }

  // Called by the ports.
  bool receive_request(unsigned port, TranslationRequest& request, Cycles& cycle);
  void receive_invalidation(const Invalidation& invalidation, Cycles cycle);
  void receive_translation(unsigned port, TranslationRequest& request, Cycles visible);

 private:
  void on_cycle() override {}

  Cycles hit_latency_;
  UpstreamPorts<TranslateTargetPort<FreeTranslator>, TranslationRequest> cpu_side_;
  FreeTranslations translations_;
};

}  // namespace tablewalk
