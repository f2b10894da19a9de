#include "os/scanning_replacement.h"

#include <vector>

#include "os/slot_lists.h"

namespace tablewalk {
namespace {

/// A list for each value of the counter. A page begins with the counter of one that was accessed once, just now. Among
/// equal counters the lowest slot goes first, then those loaded since the last scan.
class Aging final : public PageReplacement {
 public:
  Aging(std::uint32_t slots, std::uint32_t bits, std::uint32_t evictions_per_scan)
      : slots_(slots),
        lists_(slots, std::uint32_t{1} << bits),
        top_(std::uint32_t{1} << (bits - 1)),
        evictions_per_scan_(evictions_per_scan) {}

  void loaded(FrameSlot slot, PageKey /*page*/) override { lists_.push_back(top_, slot); }
  void removed(FrameSlot slot) override { lists_.remove(slot); }

  std::optional<FrameSlot> victim(ResidentPages& pages) override {
    if (evictions_per_scan_ != 0 && evictions_ == evictions_per_scan_) tick(pages);
    for (std::uint32_t counter = 0; counter < 2 * top_; ++counter) {
      for (FrameSlot slot = lists_.front(counter); slot != SlotLists::none; slot = lists_.next(slot)) {
        if (pages.pinned(slot)) continue;
        lists_.remove(slot);
        ++evictions_;
        return slot;
      }
    }
    return std::nullopt;
  }

  void tick(ResidentPages& pages) override {
    evictions_ = 0;
    for (FrameSlot slot = 0; slot < slots_; ++slot) {
      if (!lists_.contains(slot)) continue;
      const std::uint32_t accessed = pages.test_and_clear_accessed(slot) ? top_ : 0;
      lists_.move_to_back(lists_.list_of(slot) >> 1 | accessed, slot);
    }
  }

 private:
  std::uint32_t slots_;
  SlotLists lists_;
  std::uint32_t top_;  ///< the bit into which a scan shifts the accessed bit
  std::uint32_t evictions_per_scan_;
  std::uint32_t evictions_ = 0;  ///< since the last scan
};

/// As Linux (mm/vmscan.c, from 5.9 on): a page begins at the end of the inactive list. When it comes to the front with
/// its accessed bit set, it gets a second round there, and is promoted to the active list if that happens again. When
/// there are too many active pages, the oldest become inactive, whether accessed or not. The victim is the first page
/// at the front of the inactive list whose accessed bit is clear.
class TwoLists final : public PageReplacement {
 public:
  TwoLists(std::uint32_t slots, std::uint32_t active_ratio)
      : lists_(slots, 2), seen_accessed_(slots), active_ratio_(active_ratio) {}

  void loaded(FrameSlot slot, PageKey /*page*/) override {
    lists_.push_back(inactive, slot);
    seen_accessed_[slot] = false;
  }
  void removed(FrameSlot slot) override { lists_.remove(slot); }

  std::optional<FrameSlot> victim(ResidentPages& pages) override {
    std::uint32_t pinned_in_a_row = 0;
    while (true) {
      balance(pages);
      if (pinned_in_a_row >= lists_.size(inactive)) {  // no inactive page can go, but an active one may
        if (lists_.size(active) == 0) return std::nullopt;
        deactivate(pages);
        pinned_in_a_row = 0;
      }
      const FrameSlot slot = lists_.front(inactive);
      if (pages.pinned(slot)) {
        ++pinned_in_a_row;
        lists_.move_to_back(inactive, slot);
        continue;
      }
      pinned_in_a_row = 0;
      if (!pages.test_and_clear_accessed(slot)) {
        lists_.remove(slot);
        return slot;
      }
      const bool promoted = seen_accessed_[slot];
      seen_accessed_[slot] = !promoted;
      lists_.move_to_back(promoted ? active : inactive, slot);
    }
  }

 private:
  static constexpr std::uint32_t inactive = 0;
  static constexpr std::uint32_t active = 1;

  void balance(ResidentPages& pages) {
    while (lists_.size(active) > std::uint64_t{active_ratio_} * lists_.size(inactive)) deactivate(pages);
  }
  void deactivate(ResidentPages& pages) {
    const FrameSlot oldest = lists_.front(active);
    pages.test_and_clear_accessed(oldest);
    lists_.move_to_back(inactive, oldest);
  }

  SlotLists lists_;
  std::vector<bool> seen_accessed_;  ///< by slot: at its last visit to the front of the inactive list
  std::uint32_t active_ratio_;
};

/// As Linux's multi-generation LRU (mm/vmscan.c, from 6.1 on), without its tiers: a page begins in the youngest
/// generation. A scan moves the accessed pages to the youngest generation and opens a new one; it happens when only two
/// are left, of which the younger is too young to lose pages. Victims come from the oldest generation, but a page whose
/// accessed bit is set moves to the youngest instead.
class Generations final : public PageReplacement {
 public:
  Generations(std::uint32_t slots, std::uint32_t most) : lists_(slots, most), most_(most) { order_.reserve(slots); }

  void loaded(FrameSlot slot, PageKey /*page*/) override { lists_.push_back(list_of(youngest_), slot); }
  void removed(FrameSlot slot) override { lists_.remove(slot); }

  std::optional<FrameSlot> victim(ResidentPages& pages) override {
    if (count() <= fewest) tick(pages);
    close_empty();
    // All bits are clear after the first round.
    for (int round = 0; round < 2; ++round) {
      for (std::uint64_t generation = oldest_; generation <= youngest_; ++generation) {
        const std::optional<FrameSlot> chosen = victim_in(list_of(generation), pages);
        if (!chosen) continue;
        lists_.remove(*chosen);
        close_empty();
        return chosen;
      }
    }
    return std::nullopt;
  }

  void tick(ResidentPages& pages) override {
    order_.clear();
    for (std::uint64_t generation = oldest_; generation <= youngest_; ++generation) collect(list_of(generation));
    for (const FrameSlot slot : order_) {
      if (pages.test_and_clear_accessed(slot)) lists_.move_to_back(list_of(youngest_), slot);
    }
    if (count() == most_) merge_oldest();
    ++youngest_;
  }

 private:
  static constexpr std::uint64_t fewest = 2;

  std::uint64_t count() const { return youngest_ - oldest_ + 1; }
  std::uint32_t list_of(std::uint64_t generation) const { return static_cast<std::uint32_t>(generation % most_); }

  /// The first page of the list that is neither pinned nor accessed. Accessed ones go to the youngest generation.
  std::optional<FrameSlot> victim_in(std::uint32_t list, ResidentPages& pages) {
    FrameSlot slot = lists_.front(list);
    for (std::uint32_t left = lists_.size(list); left > 0; --left) {
      const FrameSlot following = lists_.next(slot);
      if (!pages.pinned(slot)) {
        if (!pages.test_and_clear_accessed(slot)) return slot;
        lists_.move_to_back(list_of(youngest_), slot);
      }
      slot = following;
    }
    return std::nullopt;
  }
  void close_empty() {
    while (count() > fewest && lists_.size(list_of(oldest_)) == 0) ++oldest_;
  }
  /// The pages of the oldest generation, which are older, go first in what becomes the oldest.
  void merge_oldest() {
    order_.clear();
    collect(list_of(oldest_));
    collect(list_of(oldest_ + 1));
    ++oldest_;
    for (const FrameSlot slot : order_) lists_.move_to_back(list_of(oldest_), slot);
  }
  void collect(std::uint32_t list) {
    for (FrameSlot slot = lists_.front(list); slot != SlotLists::none; slot = lists_.next(slot)) order_.push_back(slot);
  }

  SlotLists lists_;  ///< the pages of generation g in list g modulo most_, the oldest first
  std::uint64_t most_;
  std::uint64_t oldest_ = 0;
  std::uint64_t youngest_ = 1;
  std::vector<FrameSlot> order_;  ///< pages that are being moved
};

}  // namespace

std::unique_ptr<PageReplacement> make_aging(const PageReplacementConfig& config, std::uint32_t slots) {
  return std::make_unique<Aging>(slots, config.aging_bits, config.aging_evictions);
}

std::unique_ptr<PageReplacement> make_two_lists(const PageReplacementConfig& config, std::uint32_t slots) {
  return std::make_unique<TwoLists>(slots, config.active_ratio);
}

std::unique_ptr<PageReplacement> make_generations(const PageReplacementConfig& config, std::uint32_t slots) {
  return std::make_unique<Generations>(slots, config.generations);
}

}  // namespace tablewalk
