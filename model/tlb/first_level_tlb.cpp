#include "tlb/first_level_tlb.h"

#include <utility>

namespace tablewalk {

FirstLevelTlb::FirstLevelTlb(sc_core::sc_module_name name, const TlbConfig& config, const PagingMode& mode,
                             unsigned ports)
    : Tlb(name, config, mode, "accesses whose page was not in this first-level TLB") {
  arrays_.count_last_hits(stats_.hits);
  for (unsigned port = 0; port < ports; ++port) cpu_side_.add<TranslateTargetPort<FirstLevelTlb>>("cpu_side", *this);
}

const Translation* FirstLevelTlb::look_up(VirtualAddress va, AddressSpaceId asid, Access access, Cycles& cycle) {
  const TlbArrays::Hit hit = arrays_.find_and_remember(va, asid, access);
  looked_up_ = hit.translation == nullptr;
  if (looked_up_) return nullptr;
  count_hit();
  cycle += hit.latency;
  return hit.translation;
}

bool FirstLevelTlb::receive_request(unsigned port, TranslationRequest& request, Cycles& cycle) {
  const bool missed = std::exchange(looked_up_, false);
  const Translation* found = missed ? nullptr : look_up(request.va, request.asid, request.access, cycle);
  looked_up_ = false;
  if (found == nullptr && prefetch_ != nullptr) {
    const TlbArrays::Hit hit = find_prefetched(request, cycle);
    found = hit.translation;
    if (found != nullptr) {
      count_hit();
      cycle += hit.latency;
    }
  }
  if (found == nullptr) {
    miss(port, request, cycle);
    return false;
  }
  request.answer_with(*found);
  return true;
}

/// A miss of the lookup in `cycle`.
void FirstLevelTlb::miss(unsigned port, TranslationRequest& request, Cycles cycle) {
  const Cycles known = cycle + arrays_.miss_latency();
  request.begin_account(cycle);
  request.push_route(port, cycle);
  request.account(request.cycles.tlb_lookup, known);
  start_or_stall(request, known);
}

/// Flattened into one function: most stages have nothing to do, and all are short.
[[gnu::flatten]] void FirstLevelTlb::on_cycle() {
  const Cycles cycle = now();
  take_answers(cycle);
  if (has_due_retry(cycle)) retry_stalled(cycle);
  sleep_until_retry(cycle);
}

}  // namespace tablewalk
