#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "links/translate_link.h"

namespace tablewalk {

/// The translator below a TLB in a test: responds to each request a fixed number of cycles after its arrival.
class FakeTranslator : public sc_core::sc_module {
 public:
  FakeTranslator(sc_core::sc_module_name name, Cycles latency)
      : sc_core::sc_module(name), latency_(latency), port_("port", *this, 0) {}

  struct Arrival {
    std::uint64_t cycle;
    std::uint64_t va;
    AccessKind kind;
    bool user;
  };

  TranslateTargetSocket& tlb_side() { return port_.socket; }
  /// Its response; default: the page of the same address, dirty.
  std::function<Answer(const TranslationRequest&)> decide = [](const TranslationRequest& request) {
    Answer answer;
    answer.translation.page = PhysicalAddress(request.va.value() & ~std::uint64_t{0xfff});
    answer.translation.page_shift = 12;
    answer.translation.dirty = true;
    return answer;
  };
  const std::vector<Arrival>& arrivals() const { return arrivals_; }

  struct Forgotten {
    std::uint64_t cycle;
    Invalidation invalidation;
  };
  const std::vector<Forgotten>& invalidations() const { return invalidations_; }

  void receive_invalidation(const Invalidation& invalidation, Cycles cycle) {
    invalidations_.push_back({cycle.count(), invalidation});
  }
  bool receive_request(unsigned, TranslationRequest& request, Cycles& cycle) {
    arrivals_.push_back({cycle.count(), request.va.value(), request.access.kind, request.access.user});
    request.begin_account(cycle);
    request.answer = decide(request);
    request.account(request.cycles.queue, cycle + latency_);
    port_.respond(request, cycle + latency_);
    return false;
  }

 private:
  Cycles latency_;
  TranslateTargetPort<FakeTranslator> port_;
  std::vector<Arrival> arrivals_;
  std::vector<Forgotten> invalidations_;
};

}  // namespace tablewalk
