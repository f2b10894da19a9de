#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/error.h"

namespace tablewalk {

// Calls of a policy that contradict each other.

inline void check_slot(std::uint32_t slot, std::size_t slots) {
  if (slot >= slots) throw LawViolation("a slot is named that memory does not have");
}
[[noreturn]] inline void throw_not_free() {
  throw LawViolation("a page is loaded into a slot that is not free");
}
[[noreturn]] inline void throw_no_page() {
  throw LawViolation("a slot is named that has no page");
}

/// Queues of slots 0 to `slots` - 1. A slot is in at most one of them. Everything takes constant time, and only
/// construction allocates memory.
class SlotLists {
 public:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  SlotLists(std::uint32_t slots, std::uint32_t lists) : slots_(slots), links_(slots + lists), lists_(slots, none) {
    sizes_.resize(lists);
    for (std::uint32_t end = slots; end < slots + lists; ++end) links_[end] = {end, end};
  }

  void push_back(std::uint32_t list, std::uint32_t slot) {
    check_slot(slot, lists_.size());
    if (lists_[slot] != none) throw_not_free();
    const std::uint32_t end = slots_ + list;
    const std::uint32_t last = links_[end].previous;
    links_[slot] = {last, end};
    links_[last].next = slot;
    links_[end].previous = slot;
    lists_[slot] = list;
    ++sizes_[list];
  }
  void remove(std::uint32_t slot) {
    check_slot(slot, lists_.size());
    if (!contains(slot)) throw_no_page();
    const Link link = links_[slot];
    links_[link.previous].next = link.next;
    links_[link.next].previous = link.previous;
    --sizes_[lists_[slot]];
    lists_[slot] = none;
  }
  void move_to_back(std::uint32_t list, std::uint32_t slot) {
    remove(slot);
    push_back(list, slot);
  }

  bool contains(std::uint32_t slot) const { return lists_[slot] != none; }
  /// The list of a slot that is in one.
  std::uint32_t list_of(std::uint32_t slot) const { return lists_[slot]; }
  std::uint32_t size(std::uint32_t list) const { return sizes_[list]; }
  /// `none` if the list is empty.
  std::uint32_t front(std::uint32_t list) const { return slot_or_none(links_[slots_ + list].next); }
  std::uint32_t back(std::uint32_t list) const { return slot_or_none(links_[slots_ + list].previous); }
  /// The slot behind `slot` in its list; `none` if it is the last.
  std::uint32_t next(std::uint32_t slot) const { return slot_or_none(links_[slot].next); }

 private:
  struct Link {
    std::uint32_t previous;
    std::uint32_t next;
  };

  std::uint32_t slot_or_none(std::uint32_t index) const { return index < slots_ ? index : none; }

  std::uint32_t slots_;
  std::vector<Link> links_;           ///< of the slots; then, for each list, of the end between its back and front
  std::vector<std::uint32_t> lists_;  ///< by slot: the list it is in
  std::vector<std::uint32_t> sizes_;  ///< by list
};

}  // namespace tablewalk
