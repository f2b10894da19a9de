#include "tlb/registered_tlb.h"

#include <algorithm>

namespace tablewalk {

RegisteredTlb::RegisteredTlb(sc_core::sc_module_name name, const TlbConfig& config, const PagingMode& mode,
                             unsigned ports, const RangeSource* ranges)
    : Tlb(name, config, mode,
          ranges == nullptr ? "pages that were not in this TLB either: each needs a page-table walk"
                            : "pages that were not in this TLB either: each is found in a range, or needs a page-table "
                              "walk"),
      miss_latency_(arrays_.miss_latency()),
      lookups_per_cycle_(config.lookups_per_cycle) {
  if (ranges != nullptr) {
    ranges_ = std::make_unique<RangeUnit>(*ranges, mode, [this](Cycles cycle) { wake_at(cycle); });
    miss_latency_ = std::max(miss_latency_, ranges_->latency());
  }
  for (unsigned port = 0; port < ports; ++port) cpu_side_.add<TranslateTargetPort<RegisteredTlb>>("cpu_side", *this);
}

bool RegisteredTlb::receive_request(unsigned port, TranslationRequest& request, Cycles& cycle) {
  cpu_side_.arrivals().push(cycle, &request, port);
  if (!blocked_) wake_at(cycle);
  return false;
}

/// The walk of a range table ends before a request that comes later can be looked up.
void RegisteredTlb::receive_invalidation(const Invalidation& invalidation, Cycles cycle) {
  if (ranges_ != nullptr) ranges_->invalidate(invalidation);
  Tlb::receive_invalidation(invalidation, cycle);
}

/// Flattened into one function: most stages have nothing to do, and all are short.
[[gnu::flatten]] void RegisteredTlb::on_cycle() {
  const Cycles cycle = now();
  if (take_answers(cycle)) blocked_ = false;
  if (ranges_ != nullptr && ranges_->take_responses(cycle)) blocked_ = false;
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
  const bool by_range = hit.translation == nullptr && ranges_ != nullptr && !request.prefetch;
  if (by_range && answer_from_range(port, request, cycle)) return true;
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
    const Cycles known = cycle + miss_latency_;
    request.account(request.cycles.tlb_lookup, known);
    if (ranges_ != nullptr && !request.prefetch) ranges_->miss(request, known);
    start_miss(request, known);
  }
  return true;
}

/// False if no range serves the request, which missed in the arrays. A page found in a range is not installed in them.
bool RegisteredTlb::answer_from_range(unsigned port, TranslationRequest& request, Cycles cycle) {
  const std::optional<Translation> found = ranges_->find(request);
  if (!found) return false;
  blocked_arrival_ = nullptr;
  request.push_route(port, blocked_since_);
  request.account(request.cycles.queue, cycle);
  request.answer_with(*found);
  request.account(request.cycles.tlb_lookup, cycle + miss_latency_);
  count_miss(request, stats_.range_hits);
  respond_to_miss(request, cycle + miss_latency_);
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

void RegisteredTlb::reset_stats() {
  Tlb::reset_stats();
  if (ranges_ != nullptr) ranges_->reset_stats();
}

void RegisteredTlb::report(const std::string& prefix, StatSet& figures) const {
  Tlb::report(prefix, figures);
  if (ranges_ == nullptr) return;
  figures.count(prefix + ".range_hits", stats_.range_hits, "lookups", "misses answered by the range TLB")
      .explain("misses that the range TLB beside this TLB answered");
  ranges_->report(figures);
}

}  // namespace tablewalk
