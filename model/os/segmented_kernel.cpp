#include "os/segmented_kernel.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/units.h"

namespace tablewalk {

SegmentedKernel::SegmentedKernel(std::unique_ptr<Kernel> paging, SegmentTable& segments, Memory memory,
                                 bool skip_faults)
    : paging_(std::move(paging)), segments_(segments), memory_(memory), skip_faults_(skip_faults) {}

/// A machine with base and limit only has no page tables.
PhysicalAddress SegmentedKernel::root(AddressSpaceId asid) {
  if (!segments_.is_placed(asid)) segments_.place(asid, places_of(asid));
  return segments_.kind() == SegmentationKind::BaseLimit ? PhysicalAddress(0) : paging_->root(asid);
}

/// Direct segments get contiguous frames that no page or table uses. With base and limit, every address space has a
/// part of memory of its own, in the order of their numbers.
std::vector<PhysicalAddress> SegmentedKernel::places_of(AddressSpaceId asid) {
  std::vector<PhysicalAddress> places(segments_.size());
  if (segments_.kind() == SegmentationKind::Direct) {
    FrameAllocator& frames = memory_.frames[asid % memory_.frames.size()];
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = frames.allocate_table(segments_.extent(i).value());
  } else if (segments_.kind() == SegmentationKind::BaseLimit) {
    std::uint64_t part = 0;
    for (std::size_t i = 0; i < places.size(); ++i) part = std::max(part, segments_.extent(i).value());
    part = (part + memory_.page_bytes - 1) / memory_.page_bytes * memory_.page_bytes;
    if (part != 0 && asid >= memory_.bytes / part) {
      throw InputError(
          fmt::format("the segments of address space {} do not fit into memory: each address space takes "
                      "{}, and simulated memory has {}; expected a larger memory.bytes",
                      asid, format_byte_size({part}), format_byte_size({memory_.bytes})));
    }
    std::fill(places.begin(), places.end(), PhysicalAddress(asid * part));
  }
  return places;
}

void SegmentedKernel::before_walk(AddressSpaceId asid, VirtualAddress va, Access access) {
  const SegmentOutcome outcome = segments_.look_up(va, 1, asid, access);
  if (outcome.way != SegmentOutcome::Way::Paged) return;
  paging_->before_walk(asid, VirtualAddress(outcome.address), access);
}

/// A single core asks only about fetches. One of several also asks about data, and must not run ahead of others if
/// either is not mapped.
bool SegmentedKernel::is_mapped(AddressSpaceId asid, VirtualAddress va) {
  return is_mapped(asid, va, AccessKind::Fetch) && (!memory_.several_cores || is_mapped(asid, va, AccessKind::Load));
}

bool SegmentedKernel::is_mapped(AddressSpaceId asid, VirtualAddress va, AccessKind kind) {
  for (const bool user : {true, false}) {
    const SegmentOutcome outcome = segments_.look_up(va, 1, asid, {kind, user});
    if (outcome.way == SegmentOutcome::Way::Paged) return paging_->is_mapped(asid, VirtualAddress(outcome.address));
  }
  return true;  // it is never paged
}

bool SegmentedKernel::would_fault(AddressSpaceId asid, VirtualAddress va, Access access) {
  const SegmentOutcome outcome = segments_.look_up(va, 1, asid, access);
  return outcome.way == SegmentOutcome::Way::Paged &&
         paging_->would_fault(asid, VirtualAddress(outcome.address), access);
}

void SegmentedKernel::touched(AddressSpaceId asid, VirtualAddress va, Cycles now) {
  const SegmentOutcome outcome = segments_.look_up(va, 1, asid, {AccessKind::Load, true});
  if (outcome.way == SegmentOutcome::Way::Paged) paging_->touched(asid, VirtualAddress(outcome.address), now);
}

void SegmentedKernel::handle_fault(const PageFault& fault, KernelWork& work) {
  if (!is_segment_fault(fault.fault.reason)) {
    PageFault linear = fault;
    linear.va = VirtualAddress(segments_.look_up(fault.va, 1, fault.asid, fault.access).address);
    return paging_->handle_fault(linear, work);
  }
  work.then = KernelWork::Then::Skip;
  if (skip_faults_) return;
  const Access access = fault.access;
  throw InputError(
      fmt::format("the {} {} at {:#x} faults: {}; expected an access that a segment allows, or "
                  "segmentation.skip_faults: true",
                  access.user ? "user" : "supervisor", to_string(access.kind), fault.va.value(),
                  segments_.describe_fault(fault.va, access, fault.fault.reason)));
}

}  // namespace tablewalk
