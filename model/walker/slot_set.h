#pragma once

#include <cstdint>
#include <vector>

namespace tablewalk {

/// A set of walker slots, by number: one bit each. Most walkers have few slots.
class SlotSet {
 public:
  /// Of `slots` slots; initially empty.
  explicit SlotSet(std::size_t slots) : more_(slots / 64) {}

  bool empty() const { return count_ == 0; }
  /// Adds one that is not in the set.
  void add(std::size_t slot) {
    word(slot) |= std::uint64_t{1} << slot % 64;
    ++count_;
  }
  /// Removes one that is in the set.
  void remove(std::size_t slot) {
    word(slot) ^= std::uint64_t{1} << slot % 64;
    --count_;
  }
  /// Visits from the lowest to the highest, until `visit(slot)` is true.
  template <class Visit>
  void find(Visit visit) const {
    if (visit_bits(first_, 0, visit)) return;
    for (std::size_t word = 0; word < more_.size(); ++word) {
      if (visit_bits(more_[word], 64 * (word + 1), visit)) return;
    }
  }

 private:
  std::uint64_t& word(std::size_t slot) { return slot < 64 ? first_ : more_[slot / 64 - 1]; }
  template <class Visit>
  static bool visit_bits(std::uint64_t bits, std::size_t base, Visit& visit) {
    for (; bits != 0; bits &= bits - 1) {
      if (visit(base + static_cast<unsigned>(__builtin_ctzll(bits)))) return true;
    }
    return false;
  }

  std::uint64_t first_ = 0;
  std::vector<std::uint64_t> more_;  ///< from slot 64 on
  std::size_t count_ = 0;
};

}  // namespace tablewalk
