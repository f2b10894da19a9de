#include "memory/image_coverage.h"

#include <fmt/format.h>

namespace tablewalk {

void ImageCoverage::add(std::uint64_t first, std::uint64_t last, ImageHolds what) {
  auto next = ranges_.upper_bound(first);
  if (next != ranges_.begin()) {
    const auto before = std::prev(next);
    const bool touches = before->second.last >= first || before->second.last + 1 == first;
    if (touches && before->second.what == what) {
      first = before->first;
      last = std::max(last, before->second.last);
      ranges_.erase(before);
    }
  }
  while (next != ranges_.end() && next->second.what == what && (next->first <= last || next->first == last + 1)) {
    last = std::max(last, next->second.last);
    next = ranges_.erase(next);
  }
  ranges_.insert_or_assign(first, Range{last, what});
}

std::optional<std::uint64_t> ImageCoverage::taken(std::uint64_t first, std::uint64_t last) const {
  const auto next = ranges_.upper_bound(first);
  if (next != ranges_.begin() && std::prev(next)->second.last >= first) return first;
  if (next != ranges_.end() && next->first <= last) return next->first;
  return std::nullopt;
}

ImageHolds ImageCoverage::at(PhysicalAddress address) const {
  const auto next = ranges_.upper_bound(address.value());
  if (next == ranges_.begin()) return rest_;
  const Range& range = std::prev(next)->second;
  return address.value() <= range.last ? range.what : rest_;
}

PhysicalAddress ImageCoverage::first() const {
  return PhysicalAddress(ranges_.empty() ? 0 : ranges_.begin()->first);
}

PhysicalAddress ImageCoverage::last() const {
  return PhysicalAddress(ranges_.empty() ? 0 : std::prev(ranges_.end())->second.last);
}

std::string ImageCoverage::text() const {
  constexpr std::size_t most = 3;
  std::string text;
  std::size_t shown = 0;
  std::size_t parts = 0;
  for (auto range = ranges_.begin(); range != ranges_.end(); ++parts) {
    const std::uint64_t first = range->first;
    std::uint64_t last = range->second.last;
    for (++range; range != ranges_.end() && range->first == last + 1; ++range) last = range->second.last;
    if (shown == most) continue;
    text += fmt::format("{}{:#x}-{:#x}", shown == 0 ? "" : ", ", first, last);
    ++shown;
  }
  if (parts > shown) text += fmt::format(" and {} more", parts - shown);
  return text;
}

}  // namespace tablewalk
