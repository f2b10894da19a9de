#include "segment/segment_table.h"

#include <fmt/format.h>

namespace tablewalk {
namespace {

bool serves(SegmentUse use, AccessKind kind) {
  return use == SegmentUse::Any || (use == SegmentUse::Fetch) == (kind == AccessKind::Fetch);
}

}  // namespace

SegmentTable::SegmentTable(const SegmentationConfig& config) : kind_(config.kind) {
  for (const SegmentConfig& segment : config.segments) segments_.push_back({segment, segment.descriptor()});
}

const SegmentTable::Segment* SegmentTable::find(VirtualAddress address, Access access) const {
  const Segment* first = nullptr;
  for (const Segment& segment : segments_) {
    const bool inside = address.value() >= segment.config.from && address.value() <= segment.config.to;
    if (!inside || !serves(segment.config.used_by, access.kind)) continue;
    if (privilege_allows(segment.descriptor, access)) return &segment;
    if (first == nullptr) first = &segment;
  }
  return first;
}

SegmentOutcome SegmentTable::look_up(VirtualAddress address, std::uint64_t bytes, AddressSpaceId asid,
                                     Access access) const {
  using Way = SegmentOutcome::Way;
  const Segment* segment = find(address, access);
  if (segment == nullptr) {
    if (kind_ == SegmentationKind::Direct) return {Way::Paged, address.value(), FaultReason::None};
    return {Way::Fault, 0, FaultReason::NoSegment};
  }
  const std::uint64_t offset = segment->config.offset_of(address.value());
  const FaultReason fault = check_segment(segment->descriptor, offset, bytes, access);
  if (fault != FaultReason::None) return {Way::Fault, 0, fault};
  return outcome_in(*segment, address, asid);
}

std::optional<SegmentOutcome> SegmentTable::look_up_any_size(VirtualAddress address, unsigned shift,
                                                             AddressSpaceId asid, Access access) const {
  const Segment* segment = find(address, access);
  if (segment == nullptr) {
    if (kind_ != SegmentationKind::Direct) return std::nullopt;
    return SegmentOutcome{SegmentOutcome::Way::Paged, address.value(), FaultReason::None};
  }
  const std::uint64_t block = segment->config.offset_of(address.value() & ~low_bits(shift));
  const FaultReason fault = check_segment(segment->descriptor, block, std::uint64_t{1} << shift, access);
  if (fault != FaultReason::None) return std::nullopt;
  return outcome_in(*segment, address, asid);
}

/// The outcome of an allowed access.
SegmentOutcome SegmentTable::outcome_in(const Segment& segment, VirtualAddress address, AddressSpaceId asid) const {
  using Way = SegmentOutcome::Way;
  const std::uint64_t linear = segment.descriptor.linear(segment.config.offset_of(address.value()));
  if (kind_ == SegmentationKind::BaseLimit) return {Way::Direct, place_of(segment, asid) + linear, FaultReason::None};
  if (kind_ != SegmentationKind::Direct) return {Way::Paged, linear, FaultReason::None};
  return {Way::Direct, place_of(segment, asid) + (address.value() - segment.config.from), FaultReason::None};
}

/// 0 for an address space that was not placed: an invalidation may be for one that never runs.
std::uint64_t SegmentTable::place_of(const Segment& segment, AddressSpaceId asid) const {
  const auto places = places_.find(asid);
  if (places == places_.end()) return 0;
  return places->second[static_cast<std::size_t>(&segment - segments_.data())].value();
}

std::optional<std::uint64_t> SegmentTable::extent(std::size_t index) const {
  const SegmentDescriptor& segment = segments_[index].descriptor;
  if (kind_ == SegmentationKind::Direct) return segments_[index].config.to - segments_[index].config.from + 1;
  if (segment.empty()) return 0;
  const std::uint64_t first = segment.linear(segment.lowest());
  const std::uint64_t last = segment.linear(segment.highest());
  if (last < first || last - first != segment.highest() - segment.lowest() || last + 1 == 0) return std::nullopt;
  return last + 1;
}

std::string SegmentTable::describe_fault(VirtualAddress address, Access access, FaultReason fault) const {
  const Segment* segment = find(address, access);
  if (segment == nullptr) return fmt::format("{}, {}", to_string(exception_of(fault, false)), to_string(fault));
  const SegmentDescriptor& descriptor = segment->descriptor;
  const auto index = static_cast<std::size_t>(segment - segments_.data());
  const std::string name = segment->config.name.empty() ? std::to_string(index) : segment->config.name;
  std::string text =
      fmt::format("{}, {} (segment {}", to_string(exception_of(fault, descriptor.stack)), to_string(fault), name);
  if (fault == FaultReason::SegmentLimit) {
    const std::uint64_t offset = segment->config.offset_of(address.value());
    text += descriptor.empty() ? fmt::format(", offset {:#x}, no offset is valid", offset)
                               : fmt::format(", offset {:#x}, valid {:#x} to {:#x}", offset, descriptor.lowest(),
                                             descriptor.highest());
  } else if (fault == FaultReason::SegmentPrivilege) {
    text += fmt::format(", privilege level {}", descriptor.privilege);
  }
  return text + ")";
}

}  // namespace tablewalk
