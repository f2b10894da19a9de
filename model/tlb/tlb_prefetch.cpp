// Prefetches in a TLB: its own, and those of a TLB above that miss here. Not inlined into paths of accesses, most of
// which have none.

#include <algorithm>

#include "tlb/tlb.h"

namespace tablewalk {

/// A hit on a prefetched page takes as long as a miss is known. It would have been a miss without the prefetcher, so it
/// teaches the prefetcher. Prefetches of a TLB above do not use what this one has prefetched.
[[gnu::noinline]] TlbArrays::Hit Tlb::find_prefetched(const TranslationRequest& request, Cycles cycle) {
  if (request.prefetch) return {};
  const Translation* found = prefetch_->use(request);
  if (found == nullptr) return {};
  prefetch_->filled(request.va, request.asid, found->page_shift);
  const Cycles known = cycle + arrays_.miss_latency();
  const TlbArrays::Hit hit{found, arrays_.miss_latency()};
  prefetch_after(request, known);
  return hit;
}

/// Sends prefetches, one per cycle after `sent`. One miss register stays free for accesses.
[[gnu::noinline]] void Tlb::prefetch_after(const TranslationRequest& cause, Cycles sent) {
  PrefetchStats& stats = prefetch_->stats();
  Cycles visible = sent;
  for (const VirtualAddress va : prefetch_->after(cause)) {
    const TlbPage page = arrays_.page_of(va, cause.asid);
    if (prefetch_->holds(va, cause.asid) || registers_.has(page)) {
      ++stats.redundant;
      continue;
    }
    TranslationRequest* request = registers_.free_count() > 1 ? prefetch_->take(cause, va) : nullptr;
    if (request == nullptr) {
      ++stats.dropped;
      continue;
    }
    ++stats.issued;
    Waiting waiting;
    waiting.prefetch = request;
    const std::uint32_t number = registers_.take(page, waiting);
    visible += Cycles(1);
    if (observer_ != nullptr) observer_->miss_begins({number, va.value(), {}}, visible);
    request->begin_account(visible);
    walker_side.request_at(*request, visible);
  }
}

/// An access waits for a prefetch, which gets the priority of an access.
[[gnu::noinline]] void Tlb::join_prefetch(Waiting& waiting, const TranslationRequest& request, Cycles sent) {
  TranslationRequest& prefetch = *waiting.prefetch;
  prefetch.urgent = std::min(prefetch.urgent, sent);
  if (prefetch_ == nullptr || !prefetch_->owns(prefetch)) return;
  if (!waiting.late) ++prefetch_->stats().late;
  waiting.late = true;
  prefetch_after(request, sent);
}

/// The response to a prefetch. One that an invalidation has overtaken is lost: its address space may be gone. Accesses
/// that wait for a lost one, or for a page that it did not find, send requests of their own, since only these may
/// fault.
[[gnu::noinline]] void Tlb::take_prefetch(TranslationRequest& answered, WaitingRequests waiting, Cycles cycle) {
  const bool own = prefetch_ != nullptr && prefetch_->owns(answered);
  if (answered.overtaken) answered.answer.faulted = true;
  const Answer answer = answered.answer;
  if (own && answer.faulted) ++prefetch_->stats().not_found;
  if (!answer.faulted && own && waiting.empty()) {
    prefetch_->arrived(answered.va, answered.asid, answer.translation);
  } else if (!answer.faulted && arrays_.install(answered.va, answered.asid, answer.translation)) {
    ++stats_.fills;
    if (prefetch_ != nullptr) prefetch_->filled(answered.va, answered.asid, answer.translation.page_shift);
  }
  if (own) {
    prefetch_->give_back(answered);
  } else {
    respond_to_miss(answered, cycle + Cycles(1));
  }
  answer.faulted ? send_waiting(waiting, cycle) : answer_waiting(waiting, answer, cycle);
}

[[gnu::noinline]] void Tlb::send_waiting(WaitingRequests waiting, Cycles cycle) {
  while (TranslationRequest* request = waiting.take()) {
    const Cycles ready = std::max(cycle, request->accounted);
    request->account(request->cycles.queue, ready);
    if (request->prefetch) {
      refuse_prefetch(*request, ready + Cycles(1));
    } else {
      start_or_stall(*request, ready + Cycles(1));
    }
  }
}

/// Answers a prefetch of a TLB above without a translation.
[[gnu::noinline]] void Tlb::refuse_prefetch(TranslationRequest& request, Cycles visible) {
  request.answer = {};
  request.answer.faulted = true;
  request.account(request.cycles.queue, visible);
  respond(request, visible);
}

/// After the installation of a response to an access. Pages of its line that have missed meanwhile come by themselves.
[[gnu::noinline]] void Tlb::note_answer(TranslationRequest& answered) {
  if (!answered.answer.faulted) {
    prefetch_->filled(answered.va, answered.asid, answered.answer.translation.page_shift);
  }
  if (answered.line == nullptr) return;
  for (const PrefetchUnit::LinePage& page : prefetch_->take_line(answered)) {
    if (!registers_.has(arrays_.page_of(page.va, answered.asid))) prefetch_->arrived_in_line(page, answered.asid);
  }
}

}  // namespace tablewalk
