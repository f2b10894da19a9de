#include "os/page_replacement.h"

#include <utility>
#include <vector>

#include "base/error.h"
#include "os/optimal_replacement.h"
#include "os/scanning_replacement.h"
#include "os/slot_lists.h"
#include "trace/random_source.h"

namespace tablewalk {
namespace {

/// A queue that nothing reorders, but from which pinned pages are not taken.
class Fifo : public PageReplacement {
 public:
  explicit Fifo(std::uint32_t slots) : queue_(slots, 1) {}

  void loaded(FrameSlot slot, PageKey /*page*/) override { queue_.push_back(0, slot); }
  void removed(FrameSlot slot) override { queue_.remove(slot); }
  std::optional<FrameSlot> victim(ResidentPages& pages) override {
    for (FrameSlot slot = queue_.front(0); slot != SlotLists::none; slot = queue_.next(slot)) {
      if (pages.pinned(slot)) continue;
      queue_.remove(slot);
      return slot;
    }
    return std::nullopt;
  }

 protected:
  SlotLists queue_;
};

/// The queue is in order of the last access.
class Lru final : public Fifo {
 public:
  using Fifo::Fifo;
  bool observes_accesses() const override { return true; }
  void accessed(FrameSlot slot) override {
    if (queue_.back(0) != slot) queue_.move_to_back(0, slot);
  }
};

/// A pinned page goes to the end of the queue and keeps its accessed bit. All bits are clear after one round, so the
/// second ends with a victim unless all pages are pinned.
class SecondChance final : public PageReplacement {
 public:
  explicit SecondChance(std::uint32_t slots) : queue_(slots, 1) {}

  void loaded(FrameSlot slot, PageKey /*page*/) override { queue_.push_back(0, slot); }
  void removed(FrameSlot slot) override { queue_.remove(slot); }
  std::optional<FrameSlot> victim(ResidentPages& pages) override {
    for (std::uint64_t left = std::uint64_t{2} * queue_.size(0); left > 0; --left) {
      const FrameSlot slot = queue_.front(0);
      if (pages.pinned(slot) || pages.test_and_clear_accessed(slot)) {
        queue_.move_to_back(0, slot);
      } else {
        queue_.remove(slot);
        return slot;
      }
    }
    return std::nullopt;
  }

 private:
  SlotLists queue_;
};

/// The hand replaces the queue of SecondChance. Its decisions are the same as long as the order of the slots, from the
/// hand on, is the order of the queue: the slots were filled in ascending order, and each victim's slot holds a page
/// again before the next victim. A page loaded elsewhere is where its slot is, and not at the end of the queue.
class Clock final : public PageReplacement {
 public:
  explicit Clock(std::uint32_t slots) : resident_(slots) {}

  void loaded(FrameSlot slot, PageKey /*page*/) override {
    check_slot(slot, resident_.size());
    if (resident_[slot]) throw_not_free();
    resident_[slot] = true;
  }
  void removed(FrameSlot slot) override {
    check_slot(slot, resident_.size());
    if (!resident_[slot]) throw_no_page();
    resident_[slot] = false;
  }
  std::optional<FrameSlot> victim(ResidentPages& pages) override {
    for (std::uint64_t left = std::uint64_t{2} * resident_.size(); left > 0; --left) {
      const FrameSlot slot = hand_;
      hand_ = slot + 1 == resident_.size() ? 0 : slot + 1;
      if (!resident_[slot] || pages.pinned(slot) || pages.test_and_clear_accessed(slot)) continue;
      resident_[slot] = false;
      return slot;
    }
    return std::nullopt;
  }

 private:
  std::vector<bool> resident_;
  FrameSlot hand_ = 0;
};

/// All pages that are not pinned are equally likely.
class RandomPage final : public PageReplacement {
 public:
  RandomPage(std::uint32_t slots, std::uint64_t seed) : random_(seed), places_(slots, SlotLists::none) {
    resident_.reserve(slots);
  }

  void loaded(FrameSlot slot, PageKey /*page*/) override {
    check_slot(slot, places_.size());
    if (places_[slot] != SlotLists::none) throw_not_free();
    places_[slot] = static_cast<std::uint32_t>(resident_.size());
    resident_.push_back(slot);
  }
  void removed(FrameSlot slot) override {
    check_slot(slot, places_.size());
    if (places_[slot] == SlotLists::none) throw_no_page();
    swap_places(places_[slot], resident_.size() - 1);
    resident_.pop_back();
    places_[slot] = SlotLists::none;
  }
  /// Draws without replacement: those drawn before are at the end.
  std::optional<FrameSlot> victim(ResidentPages& pages) override {
    for (std::size_t left = resident_.size(); left > 0; --left) {
      const std::size_t drawn = random_.below(left);
      const FrameSlot slot = resident_[drawn];
      if (!pages.pinned(slot)) {
        removed(slot);
        return slot;
      }
      swap_places(drawn, left - 1);
    }
    return std::nullopt;
  }

 private:
  void swap_places(std::size_t a, std::size_t b) {
    std::swap(resident_[a], resident_[b]);
    places_[resident_[a]] = static_cast<std::uint32_t>(a);
    places_[resident_[b]] = static_cast<std::uint32_t>(b);
  }

  RandomSource random_;
  std::vector<FrameSlot> resident_;
  std::vector<std::uint32_t> places_;  ///< by slot: its place in resident_
};

}  // namespace

std::unique_ptr<PageReplacement> make_page_replacement(const PageReplacementConfig& config, std::uint32_t slots,
                                                       std::unique_ptr<FutureUses> future) {
  switch (config.policy) {
    case PageReplacementKind::Fifo:
      return std::make_unique<Fifo>(slots);
    case PageReplacementKind::SecondChance:
      return std::make_unique<SecondChance>(slots);
    case PageReplacementKind::Clock:
      return std::make_unique<Clock>(slots);
    case PageReplacementKind::Lru:
      return std::make_unique<Lru>(slots);
    case PageReplacementKind::Aging:
      return make_aging(config, slots);
    case PageReplacementKind::TwoLists:
      return make_two_lists(config, slots);
    case PageReplacementKind::Generations:
      return make_generations(config, slots);
    case PageReplacementKind::Random:
      return std::make_unique<RandomPage>(slots, config.seed);
    case PageReplacementKind::Optimal:
      if (!future) throw LawViolation("the replacement policy optimal was given no future");
      return std::make_unique<OptimalReplacement>(slots, std::move(future));
  }
  return nullptr;
}

}  // namespace tablewalk
