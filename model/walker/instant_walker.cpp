#include "walker/instant_walker.h"

#include "paging/reference_walk.h"

namespace tablewalk {

bool InstantWalker::receive_request(unsigned port, TranslationRequest& request, sc_core::sc_time& delay) {
  const Cycles visible = clockwork().cycle_after(delay);
  request.begin_account(visible);
  tlb_side_.arrivals(port).push(visible, &request);
  wake_at(visible);
  return false;
}

void InstantWalker::receive_response(unsigned, MemoryAccess&, Cycles) {
  SC_REPORT_FATAL("tablewalk", "a memory answers a walker that asks none");
}

void InstantWalker::on_cycle() {
  const Cycles cycle = now();
  for (unsigned port = 0; port < ports_; ++port) {
    Inbox<TranslationRequest*>& arrivals = tlb_side_.arrivals(port);
    while (arrivals.due(cycle)) {
      TranslationRequest& request = *arrivals.front();
      arrivals.pop();
      request.push_route(port);
      answer(request, cycle);
    }
  }
  const Cycles next = tlb_side_.next_visible();
  if (next != Cycles::never()) wake_at(next);
}

void InstantWalker::answer(TranslationRequest& request, Cycles cycle) {
  const WalkOutcome walk = reference_walk(mode(), memory_, request.root, request.va, request.access);
  request.answer.faulted = !walk.translated;
  request.answer.fault = walk.fault;
  request.answer.translation = walk.translation;
  respond(request, cycle + Cycles(1));
}

}  // namespace tablewalk
