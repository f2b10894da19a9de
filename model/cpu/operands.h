#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/types.h"

namespace tablewalk {

/// The parts of one access, [first, end), numbered in window order.
struct AccessParts {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
};

/// The newest loads (or stores) of a core by age: as many as can be in flight. Older ones have retired.
class RecentAccesses {
 public:
  /// `capacity`: accesses in flight, `entries`: of these, loads (or stores).
  RecentAccesses(std::uint32_t capacity, std::uint32_t entries) : entries_(entries) {
    std::uint64_t size = 1;
    while (size < std::uint64_t{capacity} + 2) size *= 2;
    ring_.resize(size);
    mask_ = size - 1;
  }

  /// Adds an access whose first part is `first`.
  void enter(std::uint64_t first) {
    if (free_ == 0) free_ = 1;
    enter_free(first);
  }
  /// The same after has_room().
  void enter_free(std::uint64_t first) {
    ring_[++count_ & mask_] = first << parts_bits | 1;
    --free_;
  }
  /// Nothing is in flight any more, and what was entered last may never start.
  void clear() {
    std::fill(ring_.begin(), ring_.end(), 0);
    free_ = entries_;
  }
  /// Whether there is room for another one when everything before `retired` has retired.
  bool has_room(std::uint64_t retired) { return free_ != 0 || count_free(retired); }
  /// Adds a part to the newest access.
  void add_part() { ++ring_[count_ & mask_]; }
  /// The n-th newest access (1 is the newest); no parts if it has retired or never existed.
  AccessParts newest(std::uint64_t n) const {
    if (n > mask_) return {};
    const std::uint64_t access = ring_[(count_ + 1 - n) & mask_];
    return {access >> parts_bits, (access >> parts_bits) + (access & low_bits(parts_bits))};
  }

 private:
  /// Finds the oldest access that has not retired, by bisection: of the `entries_` newest ones, `free_` have.
  [[gnu::noinline]] bool count_free(std::uint64_t retired) {
    std::uint64_t end = entries_ + 1;
    while (free_ + 1 != end) {
      const std::uint64_t middle = (free_ + end) / 2;
      (newest(entries_ + 1 - middle).end <= retired ? free_ : end) = middle;
    }
    return free_ != 0;
  }

  static constexpr unsigned parts_bits = 16;  ///< an access has at most that many bytes, and so parts

  std::vector<std::uint64_t> ring_;  ///< an access: its first part, and below it their number; a power of two of them
  std::uint64_t mask_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t entries_;
  std::uint64_t free_ = 0;  ///< entries that are certainly free
};

/// Accesses whose operand's arrival cycle is known, ordered by that cycle, then by age.
class ReadyAccesses {
 public:
  struct Ready {
    Cycles at;
    std::uint64_t part = 0;
  };

  explicit ReadyAccesses(std::uint32_t capacity) { heap_.reserve(capacity); }

  bool empty() const { return heap_.empty(); }
  const Ready& front() const { return heap_.front(); }
  void push(Ready ready) {
    heap_.push_back(ready);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  void pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }

 private:
  static bool later(const Ready& a, const Ready& b) { return a.at == b.at ? a.part > b.part : a.at > b.at; }

  std::vector<Ready> heap_;
};

}  // namespace tablewalk
