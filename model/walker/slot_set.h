#pragma once

#include <cstdint>
#include <vector>

namespace tablewalk {

/// Some of a walker's slots, by number: a bit for each.
class SlotSet {
 public:
  /// Of `slots` slots; none at first.
  explicit SlotSet(std::size_t slots) : words_((slots + 63) / 64) {}

  bool empty() const { return count_ == 0; }
  /// One that is not in the set.
  void add(std::size_t slot) {
    words_[slot / 64] |= std::uint64_t{1} << slot % 64;
    ++count_;
  }
  /// One that is.
  void remove(std::size_t slot) {
    words_[slot / 64] &= ~(std::uint64_t{1} << slot % 64);
    --count_;
  }
  /// From the lowest to the highest, until `visit(slot)` is true.
  template <class Visit>
  void find(Visit visit) const {
    std::size_t left = count_;
    for (std::size_t word = 0; left != 0; ++word) {
      for (std::uint64_t bits = words_[word]; bits != 0; bits &= bits - 1) {
        if (visit(64 * word + static_cast<unsigned>(__builtin_ctzll(bits)))) return;
        --left;
      }
    }
  }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t count_ = 0;
};

}  // namespace tablewalk
