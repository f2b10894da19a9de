#include "walker/instant_walker.h"

#include "paging/reference_walk.h"

namespace tablewalk {

bool InstantWalker::receive_request(unsigned port, TranslationRequest& request, Cycles& cycle) {
  request.begin_account(cycle);
  tlb_side_.arrivals().push(cycle, &request, port);
  wake_at(cycle);
  return false;
}

void InstantWalker::receive_response(unsigned, MemoryAccess&, Cycles) {
  SC_REPORT_FATAL("tablewalk", "unexpected memory response to an instant walker");
}

void InstantWalker::on_cycle() {
  const Cycles cycle = now();
  Inbox<TranslationRequest*>& arrivals = tlb_side_.arrivals();
  while (arrivals.due(cycle)) {
    TranslationRequest& request = *arrivals.front();
    request.push_route(arrivals.front_port());
    arrivals.pop();
    answer(request, cycle);
  }
  if (!arrivals.empty()) wake_at(arrivals.next_visible());
}

/// A prefetch sets no bits, so that a page whose accessed bit is clear is not found.
WalkOutcome InstantWalker::walk_for(const TranslationRequest& request) {
  if (!request.prefetch) return reference_walk(mode(), memory_, root_of(request), request.va, request.access);
  WalkOutcome walk;
  if (request.overtaken) return walk;  // the tables may be gone
  const PhysicalMemory& read_only = memory_;
  walk = reference_walk(mode(), read_only, root_of(request), request.va, request.access);
  if (walk.entry_updates != 0) walk.translated = false;
  return walk;
}

void InstantWalker::answer(TranslationRequest& request, Cycles cycle) {
  const WalkOutcome walk = walk_for(request);
  request.answer.faulted = !walk.translated;
  request.answer.fault = walk.fault;
  request.answer.walk_began = cycle;
  request.answer.translation = walk.translation;
  if (line_part() != 0 && walk.translated) {
    const LinePages line = line_in_tables(mode(), memory_, root_of(request), request.va, request.access, line_part());
    request.answer.translation.neighbours = neighbours_of(walk.translation, request.va, line);
    if (request.line != nullptr) *request.line = line;
  }
  respond(request, cycle + Cycles(1));
}

}  // namespace tablewalk
