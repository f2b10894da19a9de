#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "dram/memory_clock.h"

namespace tablewalk {

/// The state of the bank's row buffer for an access.
enum class RowOutcome : std::uint8_t {
  Hit,      ///< its row is open
  Miss,     ///< no open row: the bank was idle, or a refresh had closed it
  Conflict  ///< another row is open and must be precharged first
};

/// An access in a channel.
struct alignas(64) DramAccess {
  std::uint64_t line = 0;
  std::uint64_t row = 0;
  std::uint64_t age = 0;  ///< lower is older
  Clocks arrival;
  std::uint32_t token = 0;
  std::uint32_t bank = 0;
  std::uint32_t previous = 0;  ///< in its list
  std::uint32_t next = 0;
  bool write = false;
  RowOutcome found = RowOutcome::Hit;  ///< set by its first command
  bool refresh_stalled = false;
};

/// The accesses of a channel, each in one of several lists. Storage is reused.
class DramQueues {
 public:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  /// In insertion order.
  struct List {
    std::uint32_t first = none;
    std::uint32_t last = none;
    std::uint32_t count = 0;
  };

  DramAccess& operator[](std::uint32_t index) { return accesses_[index]; }
  const DramAccess& operator[](std::uint32_t index) const { return accesses_[index]; }

  std::uint32_t take() {
    if (free_ == none) {
      accesses_.emplace_back();
      return static_cast<std::uint32_t>(accesses_.size() - 1);
    }
    const std::uint32_t index = free_;
    free_ = accesses_[index].next;
    return index;
  }
  void give_back(std::uint32_t index) {
    accesses_[index].next = free_;
    free_ = index;
  }

  void append(List& list, std::uint32_t index) {
    accesses_[index].previous = list.last;
    accesses_[index].next = none;
    (list.last == none ? list.first : accesses_[list.last].next) = index;
    list.last = index;
    ++list.count;
  }
  /// Inserts it before all others.
  void prepend(List& list, std::uint32_t index) {
    accesses_[index].previous = none;
    accesses_[index].next = list.first;
    (list.first == none ? list.last : accesses_[list.first].previous) = index;
    list.first = index;
    ++list.count;
  }
  void remove(List& list, std::uint32_t index) {
    const DramAccess& access = accesses_[index];
    (access.previous == none ? list.first : accesses_[access.previous].next) = access.next;
    (access.next == none ? list.last : accesses_[access.next].previous) = access.previous;
    --list.count;
  }

 private:
  std::vector<DramAccess> accesses_;
  std::uint32_t free_ = none;
};

}  // namespace tablewalk
