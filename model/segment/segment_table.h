#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "segment/segment_config.h"

namespace tablewalk {

/// What a segment unit does with one access.
struct SegmentOutcome {
  enum class Way : std::uint8_t {
    Paged,   ///< `address` is a linear address, to be paged
    Direct,  ///< `address` is a physical address
    Fault,
  };
  Way way = Way::Paged;
  std::uint64_t address = 0;
  FaultReason fault = FaultReason::None;
};

/// The segments of a machine: which one serves an access, and what becomes of the access. It has no time.
///
/// A trace has flat addresses. An access uses the first segment that has its address in from..to and serves its kind;
/// segments whose privilege does not allow the access are passed over if a later one's does, as if the kernel had
/// loaded its own selectors on entry.
class SegmentTable {
 public:
  explicit SegmentTable(const SegmentationConfig& config);

  SegmentationKind kind() const { return kind_; }
  std::size_t size() const { return segments_.size(); }

  /// The access to `bytes` bytes, at least 1, at a trace address.
  SegmentOutcome look_up(VirtualAddress address, std::uint64_t bytes, AddressSpaceId asid, Access access) const;
  /// The same for an access of unknown size within the 2^shift bytes around the address. Nothing if it depends on the
  /// size, or faults.
  std::optional<SegmentOutcome> look_up_any_size(VirtualAddress address, unsigned shift, AddressSpaceId asid,
                                                 Access access) const;
  /// Why the access faults, for messages: exception, segment, offset and valid offsets.
  std::string describe_fault(VirtualAddress address, Access access, FaultReason fault) const;

  /// Places the address space's segments in physical memory: the base of each, instead of its own (Direct), or in
  /// addition to it (BaseLimit).
  void place(AddressSpaceId asid, std::vector<PhysicalAddress> places) { places_[asid] = std::move(places); }
  bool is_placed(AddressSpaceId asid) const { return places_.count(asid) != 0; }
  /// Bytes from physical address 0 that the segments of one address space occupy; nothing if one of them wraps.
  std::optional<std::uint64_t> extent(std::size_t index) const;

 private:
  struct Segment {
    SegmentConfig config;
    SegmentDescriptor descriptor;
  };

  const Segment* find(VirtualAddress address, Access access) const;
  SegmentOutcome outcome_in(const Segment& segment, VirtualAddress address, AddressSpaceId asid) const;
  std::uint64_t place_of(const Segment& segment, AddressSpaceId asid) const;

  SegmentationKind kind_;
  std::vector<Segment> segments_;
  std::map<AddressSpaceId, std::vector<PhysicalAddress>> places_;
};

}  // namespace tablewalk
