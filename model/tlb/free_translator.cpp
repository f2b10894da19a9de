#include "tlb/free_translator.h"

namespace tablewalk {

FreeTranslator::FreeTranslator(sc_core::sc_module_name name, Cycles hit_latency, const PagingMode& mode,
                               PhysicalMemory& memory, Kernel& kernel)
    : TimedModule(name),
      tlb_side("tlb_side", *this),
      hit_latency_(hit_latency),
      cpu_side_("cpu_side", *this, 1),
      translations_(mode, memory, kernel) {}

bool FreeTranslator::receive_request(unsigned, TranslationRequest& request, Cycles& cycle) {
  const Translation* found = translations_.find(request.va, request.space, request.asid, request.access);
  if (found == nullptr) {
    // A fault is reported to the core like a miss.
    request.begin_account(cycle);
    request.answer.faulted = true;
    request.answer.fault = translations_.fault();
    request.answer.walk_began = cycle;
    request.account(request.cycles.tlb_lookup, cycle + hit_latency_);
    cpu_side_.port(0).respond(request, cycle + hit_latency_);
    return false;
  }
  request.answer_with(*found);
  cycle += hit_latency_;
  return true;
}

void FreeTranslator::receive_invalidation(const Invalidation& invalidation, Cycles cycle) {
  translations_.invalidate();
  tlb_side.invalidate(invalidation, cycle);
}

void FreeTranslator::receive_translation(unsigned, TranslationRequest&, Cycles) {
  SC_REPORT_FATAL("tablewalk", "unexpected response from a TLB");
}

}  // namespace tablewalk
