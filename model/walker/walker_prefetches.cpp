// Walks for the prefetches of TLBs: they wait for those of accesses, set no bits, and may end without a translation.
// Not inlined into the walker's cycle, which has none in most machines.

#include <algorithm>

#include "walker/systemc_walker.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t after_all_accesses = std::uint64_t{1} << 63;

}  // namespace

[[gnu::noinline]] bool SystemCWalker::queue_prefetch(unsigned port, TranslationRequest& request, Cycles cycle) {
  request.begin_account(cycle);
  // Not in order of the calls, which in a cycle is that in which the TLBs of several cores were made.
  const QueuedPrefetch queued{cycle, port, &request};
  prefetches_.insert(std::upper_bound(prefetches_.begin(), prefetches_.end(), queued), queued);
  if (!in(SlotState::Idle).empty()) wake_at(cycle);
  return false;
}

/// Starts the oldest prefetch, or with `urgent_only` the oldest for which an access waits; false if there is none.
[[gnu::noinline]] bool SystemCWalker::take_prefetch(Slot& free, Cycles cycle, bool urgent_only) {
  const auto next = std::find_if(prefetches_.begin(), prefetches_.end(), [&](const QueuedPrefetch& queued) {
    return queued.visible <= cycle && (queued.request->is_urgent(cycle) || !urgent_only);
  });
  if (next == prefetches_.end()) return false;
  const QueuedPrefetch taken = *next;
  prefetches_.erase(next);
  free_ids_.pop();
  taken.request->push_route(taken.port);
  join_or_start(*taken.request, free, taken.visible, cycle);
  return true;
}

/// The walk ends without a translation: an invalidation may have changed or removed its tables, or it would have to set
/// an accessed bit.
[[gnu::noinline]] void SystemCWalker::refuse(Slot& slot, Cycles cycle) {
  slot.refused = true;
  slot.under_way = nullptr;
  slot.round.clear();
  set_state(slot, SlotState::WantsAnswer, cycle);
}

[[gnu::noinline]] void SystemCWalker::rank_prefetch(Slot& slot, Cycles cycle) {
  slot.order = slot.record.id;
  if (!slot.request->is_urgent(cycle)) slot.order |= after_all_accesses;
}

/// An access waits for the walk of a prefetch, which gets the priority of an access.
[[gnu::noinline]] void SystemCWalker::hurry(Slot& slot, Cycles cycle) {
  slot.request->urgent = std::min(slot.request->urgent, cycle);
  rank_prefetch(slot, cycle);
}

}  // namespace tablewalk
