#include "os/optimal_replacement.h"

#include <utility>

#include "base/error.h"

namespace tablewalk {

OptimalReplacement::OptimalReplacement(std::uint32_t slots, std::unique_ptr<FutureUses> future)
    : future_(std::move(future)), slots_(slots) {
  heap_.reserve(slots);
  aside_.reserve(slots);
}

void OptimalReplacement::loaded(FrameSlot slot, PageKey page) {
  if (slot >= slots_.size() || slots_[slot].place != none) {
    throw LawViolation("a page is loaded into a slot that is not free");
  }
  const std::optional<FutureUses::Page> known = future_->find(page);
  slots_[slot].page = known ? *known : none;
  slots_[slot].next_use = known ? future_->next_use(*known) : FutureUses::never;
  insert(slot);
}

void OptimalReplacement::removed(FrameSlot slot) {
  if (slot >= slots_.size() || slots_[slot].place == none) {
    throw LawViolation("a page is removed from a slot that has none");
  }
  const std::uint32_t place = std::exchange(slots_[slot].place, none);
  const FrameSlot last = heap_.back();
  heap_.pop_back();
  if (last == slot) return;
  put(place, last);
  rise(place);
  sink(slots_[last].place);
}

std::optional<FrameSlot> OptimalReplacement::victim(ResidentPages& pages) {
  std::optional<FrameSlot> chosen;
  while (!heap_.empty() && !chosen) {
    const FrameSlot farthest = heap_.front();
    removed(farthest);
    if (pages.pinned(farthest)) {
      aside_.push_back(farthest);
    } else {
      chosen = farthest;
    }
  }
  for (const FrameSlot slot : aside_) insert(slot);
  aside_.clear();
  return chosen;
}

/// The next use of a page moves only away.
void OptimalReplacement::accessed(FrameSlot slot) {
  Slot& state = slots_[slot];
  if (state.place == none) throw LawViolation("a slot that has no page is accessed");
  if (state.page == none) return;
  future_->accessed(state.page);
  state.next_use = future_->next_use(state.page);
  rise(state.place);
}

void OptimalReplacement::insert(FrameSlot slot) {
  heap_.push_back(slot);
  rise(static_cast<std::uint32_t>(heap_.size() - 1));
}

void OptimalReplacement::put(std::uint32_t place, FrameSlot slot) {
  heap_[place] = slot;
  slots_[slot].place = place;
}

void OptimalReplacement::rise(std::uint32_t place) {
  const FrameSlot slot = heap_[place];
  while (place > 0) {
    const std::uint32_t above = (place - 1) / 2;
    if (slots_[heap_[above]].next_use >= slots_[slot].next_use) break;
    put(place, heap_[above]);
    place = above;
  }
  put(place, slot);
}

void OptimalReplacement::sink(std::uint32_t place) {
  const FrameSlot slot = heap_[place];
  const auto size = static_cast<std::uint32_t>(heap_.size());
  while (2 * place + 1 < size) {
    std::uint32_t below = 2 * place + 1;
    if (below + 1 < size && slots_[heap_[below + 1]].next_use > slots_[heap_[below]].next_use) ++below;
    if (slots_[heap_[below]].next_use <= slots_[slot].next_use) break;
    put(place, heap_[below]);
    place = below;
  }
  put(place, slot);
}

}  // namespace tablewalk
