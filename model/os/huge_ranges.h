#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/types.h"

namespace tablewalk {

/// What the kernel knows of the ranges of an address space that have the size and alignment of a huge page. Their
/// number is their address divided by that size. Only ranges of which a page was touched are here.
class HugeRanges {
 public:
  enum class Kind : std::uint8_t {
    Small,     ///< mapped by small pages
    Reserved,  ///< the same, but there is physical memory for the others in the right place
    Mapped,    ///< by a huge page
  };
  struct Range {
    Kind kind = Kind::Small;
    PhysicalAddress at;         ///< the memory, if Reserved or Mapped
    std::uint64_t arrived = 0;  ///< pages that have got a frame since the last look whether it can be promoted
    std::vector<bool> placed;   ///< by page, if Reserved: it has had its frame of the reservation
    std::vector<bool> used;     ///< by page, if it was ever Mapped: an access was seen
    std::uint64_t used_count = 0;
  };

  Range* find(std::uint64_t number) {
    if (recent_ != nullptr && recent_number_ == number) return recent_;
    const auto place = ranges_.find(number);
    if (place == ranges_.end()) return nullptr;
    recent_ = &place->second;
    recent_number_ = number;
    return recent_;
  }
  Range& at(std::uint64_t number) { return ranges_[number]; }
  /// Pages [first, last] of 2^shift pages each are not touched any more.
  void erase(std::uint64_t first, std::uint64_t last) {
    recent_ = nullptr;
    ranges_.erase(ranges_.lower_bound(first), ranges_.upper_bound(last));
  }
  /// A range of that kind, or nullptr; the one with the lowest address.
  Range* first_of(Kind kind) {
    for (auto& [number, range] : ranges_) {
      if (range.kind == kind) return &range;
    }
    return nullptr;
  }
  std::map<std::uint64_t, Range>& all() { return ranges_; }
  const std::map<std::uint64_t, Range>& all() const { return ranges_; }

 private:
  std::map<std::uint64_t, Range> ranges_;
  Range* recent_ = nullptr;
  std::uint64_t recent_number_ = 0;
};

}  // namespace tablewalk
