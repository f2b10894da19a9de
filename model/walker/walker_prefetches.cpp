// Walks for the prefetches of TLBs: they wait for those of accesses, set no bits, and may end without a translation.

#include <algorithm>

#include "walker/systemc_walker.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t after_all_accesses = std::uint64_t{1} << 63;

}  // namespace

bool SystemCWalker::queue_prefetch(unsigned port, TranslationRequest& request, Cycles cycle) {
  request.begin_account(cycle);
  prefetches_.push_back({cycle, port, &request});
  if (!in(SlotState::Idle).empty()) wake_at(cycle);
  return false;
}

/// Starts the oldest prefetch, or with `urgent_only` the oldest for which an access waits; false if there is none.
bool SystemCWalker::take_prefetch(Slot& free, Cycles cycle, bool urgent_only) {
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
void SystemCWalker::refuse(Slot& slot, Cycles cycle) {
  slot.refused = true;
  slot.under_way = nullptr;
  slot.round.clear();
  set_state(slot, SlotState::WantsAnswer, cycle);
}

void SystemCWalker::set_order(Slot& slot, Cycles cycle) {
  slot.order = slot.record.id;
  if (slot.record.prefetch && !slot.request->is_urgent(cycle)) slot.order |= after_all_accesses;
}

/// An access waits for the walk of a prefetch, which gets the priority of an access.
void SystemCWalker::hurry(Slot& slot, Cycles cycle) {
  slot.request->urgent = std::min(slot.request->urgent, cycle);
  set_order(slot, cycle);
}

}  // namespace tablewalk
