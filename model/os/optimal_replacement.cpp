#include "os/optimal_replacement.h"

#include <utility>

#include "os/slot_lists.h"

namespace tablewalk {

OptimalReplacement::OptimalReplacement(std::uint32_t slots, std::unique_ptr<FutureUses> future)
    : future_(std::move(future)), slots_(slots) {}

void OptimalReplacement::loaded(FrameSlot slot, PageKey page) {
  check_slot(slot, slots_.size());
  Slot& state = slots_[slot];
  if (state.resident) throw_not_free();
  state.resident = true;
  state.page = future_->find(page);
  state.next_use = state.page ? future_->next_use(*state.page) : FutureUses::never;
  by_next_use_.emplace(state.next_use, slot);
}

void OptimalReplacement::removed(FrameSlot slot) {
  check_slot(slot, slots_.size());
  if (!slots_[slot].resident) throw_no_page();
  by_next_use_.erase({slots_[slot].next_use, slot});
  slots_[slot].resident = false;
}

std::optional<FrameSlot> OptimalReplacement::victim(ResidentPages& pages) {
  for (auto place = by_next_use_.rbegin(); place != by_next_use_.rend(); ++place) {
    const FrameSlot slot = place->second;
    if (pages.pinned(slot)) continue;
    removed(slot);
    return slot;
  }
  return std::nullopt;
}

/// The node of the set is used again, so that an access allocates no memory.
void OptimalReplacement::accessed(FrameSlot slot) {
  check_slot(slot, slots_.size());
  Slot& state = slots_[slot];
  if (!state.resident) throw_no_page();
  if (!state.page) return;
  future_->accessed(*state.page);
  const std::uint32_t next_use = future_->next_use(*state.page);
  if (next_use == state.next_use) return;
  auto node = by_next_use_.extract({state.next_use, slot});
  state.next_use = node.value().first = next_use;
  by_next_use_.insert(std::move(node));
}

}  // namespace tablewalk
