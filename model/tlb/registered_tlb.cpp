#include "tlb/registered_tlb.h"

#include <algorithm>

namespace tablewalk {

RegisteredTlb::RegisteredTlb(sc_core::sc_module_name name, const TlbConfig& config, const PagingMode& mode,
                             unsigned ports)
    : Tlb(name, config, mode, "pages that were not in this TLB either: each needs a page-table walk"),
      lookups_per_cycle_(config.lookups_per_cycle) {
  for (unsigned port = 0; port < ports; ++port) cpu_side_.add<TranslateTargetPort<RegisteredTlb>>("cpu_side", *this);
}

bool RegisteredTlb::receive_request(unsigned port, TranslationRequest& request, Cycles& cycle) {
  cpu_side_.arrivals().push(cycle, &request, port);
  if (!blocked_) wake_at(cycle);
  return false;
}

/// Flattened into one function: most stages have nothing to do, and all are short.
[[gnu::flatten]] void RegisteredTlb::on_cycle() {
  const Cycles cycle = now();
  if (take_answers(cycle)) blocked_ = false;
  if (has_due_retry(cycle)) retry_stalled(cycle);
  look_up_arrivals(cycle);
  sleep(cycle);
}

void RegisteredTlb::look_up_arrivals(Cycles cycle) {
  Inbox<TranslationRequest*>& arrivals = cpu_side_.arrivals();
  for (std::uint32_t left = lookups_per_cycle_; left != 0 && !blocked_ && arrivals.due(cycle); --left) {
    if (!finish_lookup(arrivals.front_port(), *arrivals.front(), cycle)) {
      blocked_ = true;
      return;
    }
    arrivals.pop();
  }
}

/// False if the request missed without a free register: it is looked up again when one is free.
bool RegisteredTlb::finish_lookup(unsigned port, TranslationRequest& request, Cycles cycle) {
  if (blocked_arrival_ != &request) blocked_since_ = cycle;
  const TlbArrays::Hit hit = find(request, cycle);
  if (hit.translation == nullptr && must_wait(request)) {
    if (request.prefetch) {
      request.push_route(port);
      request.account(request.cycles.queue, cycle);
      refuse_prefetch(request, cycle + Cycles(1));
      return true;
    }
    blocked_arrival_ = &request;
    return false;
  }
  const bool waited = blocked_arrival_ == &request;
  blocked_arrival_ = nullptr;
  request.push_route(port, blocked_since_);
  request.account(request.cycles.queue, cycle);
  if (hit.translation != nullptr) {
    answer_hit(request, hit, waited, cycle);
  } else {
    request.account(request.cycles.tlb_lookup, cycle + arrays_.miss_latency());
    start_miss(request, cycle + arrays_.miss_latency());
  }
  return true;
}

/// `waited`: it missed at first and waited for a free register.
void RegisteredTlb::answer_hit(TranslationRequest& request, const TlbArrays::Hit& hit, bool waited, Cycles cycle) {
  request.answer_with(*hit.translation);
  const Cycles answered = cycle + hit.latency;
  request.account(request.cycles.tlb_lookup, answered);
  if (request.prefetch) return respond(request, answered);
  if (!waited) {
    count_hit();
    return respond(request, answered);
  }
  count_miss(request, stats_.found_after_wait);
  respond_to_miss(request, answered);
}

void RegisteredTlb::sleep(Cycles cycle) {
  sleep_until_retry(cycle);
  const Inbox<TranslationRequest*>& arrivals = cpu_side_.arrivals();
  if (!blocked_ && !arrivals.empty()) wake_at(std::max(arrivals.next_visible(), cycle + Cycles(1)));
}

}  // namespace tablewalk
