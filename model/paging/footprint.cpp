#include "paging/footprint.h"

#include <algorithm>

namespace tablewalk {

std::vector<MappedRange> Footprint::ranges() const {
  std::vector<std::uint64_t> grains(touched_.begin(), touched_.end());
  std::sort(grains.begin(), grains.end());
  std::vector<MappedRange> ranges;
  for (const std::uint64_t grain : grains) {
    const VirtualAddress first(grain << grain_shift_);
    const VirtualAddress last(first.value() | low_bits(grain_shift_));
    const bool continues = !ranges.empty() && first - ranges.back().last == 1;
    if (continues) {
      ranges.back().last = last;
    } else {
      ranges.push_back({first, last, 0});
    }
  }
  return ranges;
}

void Footprint::insert(std::uint64_t first, std::uint64_t last) {
  const std::uint64_t number_mask = low_bits(64 - grain_shift_);
  for (std::uint64_t grain = first;; grain = (grain + 1) & number_mask) {
    touched_.insert(grain);
    if (grain == last) break;
  }
  recent_ = last;
}

}  // namespace tablewalk
