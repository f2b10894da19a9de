#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace tablewalk {

/// Values by widely spread numbers, such as page numbers. Nothing is removed; addresses of values are stable. Open
/// addressing with linear probing: the slots are at most half full, so the first probe nearly always decides. `Values`
/// holds the values: a list with stable addresses.
template <class Value, class Values = std::deque<Value>>
class NumberMap {
 public:
  NumberMap() = default;
  ~NumberMap() = default;
  NumberMap(NumberMap&&) noexcept = default;
  NumberMap& operator=(NumberMap&&) noexcept = default;
  NumberMap(const NumberMap&) = delete;  // the slots would point to the other's values
  NumberMap& operator=(const NumberMap&) = delete;

  /// nullptr if there is none.
  Value* find(std::uint64_t number) const { return slots_[slot_of(number)].value; }
  /// A new value is value-initialised.
  Value& find_or_make(std::uint64_t number) {
    if (Value* found = find(number)) return *found;
    if (2 * (values_.size() + 1) > slots_.size()) grow();
    Slot& slot = slots_[slot_of(number)];
    slot = {number, &values_.emplace_back()};
    return *slot.value;
  }
  std::size_t size() const { return values_.size(); }
  /// Calls visit(number, value) for all, in an order that depends only on the numbers.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.value != nullptr) visit(slot.number, *slot.value);
    }
  }

 private:
  /// Free while `value` is null.
  struct Slot {
    std::uint64_t number = 0;
    Value* value = nullptr;
  };

  std::size_t slot_of(std::uint64_t number) const {
    std::size_t slot = (number * 0x9E3779B97F4A7C15u) >> hash_shift_;
    while (slots_[slot].value != nullptr && slots_[slot].number != number) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }
  void grow() {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
    --hash_shift_;
    for (const Slot& slot : old) {
      if (slot.value != nullptr) slots_[slot_of(slot.number)] = slot;
    }
  }

  static constexpr unsigned initial_slot_bits = 6;

  std::vector<Slot> slots_ = std::vector<Slot>(std::size_t{1} << initial_slot_bits);
  unsigned hash_shift_ = 64 - initial_slot_bits;
  Values values_;
};

}  // namespace tablewalk
