// Walk caches shared by the walkers of several cores: a lookup is answered in the next cycle. Not inlined into the
// walker's cycle, which has caches of its own in most machines.

#include <utility>

#include "walker/systemc_walker.h"

namespace tablewalk {

void SystemCWalker::share(SharedWalkCaches& caches, unsigned port) {
  shared_ = &caches;
  port_ = port;
  empty_ = caches.caches().stats().empty();
  by_address_ = caches.caches().by_address();
  caches.attach(port, *this);
}

[[gnu::noinline]] void SystemCWalker::look_up_shared(Cycles cycle) {
  if (Slot* slot = std::exchange(asked_, nullptr)) use_shared_answer(*slot, cycle);
  Slot* slot = oldest_ready(SlotState::LooksUp, cycle);
  if (slot == nullptr) return;
  const TranslationRequest& request = *slot->request;
  count_lookup(*slot->request, slot->ready, cycle);
  if (is_lost(*slot)) return refuse(*slot, cycle);
  if (by_address_ && !slot->begun) {
    begin_at_root(*slot);
    slot->begun = true;
    if (slot->walk.step() != Walk::Step::ReadEntry) return decide(*slot, cycle);
  }
  SharedWalkCaches::Lookup lookup{request.va, request.asid, 0, {}};
  if (by_address_) {
    lookup.level = slot->walk.level();
    lookup.at = slot->walk.entry_address();
  }
  shared_->ask(port_, lookup);
  slot->ready = cycle + Cycles(1);
  asked_ = slot;
}

void SystemCWalker::use_shared_answer(Slot& slot, Cycles cycle) {
  TranslationRequest& request = *slot.request;
  request.account(request.cycles.walk_cache_lookup, cycle + Cycles(1));
  if (is_lost(slot)) return refuse(slot, cycle);
  const SharedWalkCaches::Found& found = shared_->answer(port_);
  if (by_address_) {
    if (!found.entry) return decide(slot, cycle);
    slot.record.walk_cache_hit = static_cast<std::uint8_t>(slot.walk.level());
    slot.walk.supply(*found.entry);
    return continue_walk(slot, cycle);
  }
  begin_at(slot, found.table);
  slot.begun = true;
  decide(slot, cycle);
}

/// What another core invalidates may be what walks of this one have read: it must not come back into the caches.
void SystemCWalker::stop_remembering(const Invalidation& invalidation) {
  for (Slot& slot : slots_) {
    if (may_concern(invalidation, slot)) slot.outdated = true;
  }
}

}  // namespace tablewalk
