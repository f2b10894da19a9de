#pragma once

#include <memory>
#include <vector>

#include "memory/frame_allocator.h"
#include "protocol/kernel.h"
#include "segment/segment_table.h"

namespace tablewalk {

/// The kernel of a machine with a segment unit: places segments in physical memory, decides about segment faults, and
/// passes everything that is paged, with its linear address, to the kernel that pages it.
class SegmentedKernel final : public Kernel {
 public:
  struct Memory {
    std::uint64_t bytes = 0;
    std::uint64_t page_bytes = 0;  ///< the smallest
    std::vector<FrameAllocator>& frames;
    bool several_cores = false;
  };

  /// `skip_faults`: accesses with a segment fault are skipped; else the first one ends the run.
  SegmentedKernel(std::unique_ptr<Kernel> paging, SegmentTable& segments, Memory memory, bool skip_faults);

  PhysicalAddress root(AddressSpaceId asid) override;
  void before_walk(AddressSpaceId asid, VirtualAddress va, Access access) override;
  bool is_mapped(AddressSpaceId asid, VirtualAddress va) override;
  std::optional<FaultRepair> handle_fault(AddressSpaceId asid, VirtualAddress va, Access access,
                                          const Fault& fault) override;
  void report(StatSet& figures) const override { paging_->report(figures); }
  void before_invalidation(const Invalidation& invalidation) override { paging_->before_invalidation(invalidation); }

  /// The kernel that pages linear addresses.
  Kernel& paging() { return *paging_; }

 private:
  std::vector<PhysicalAddress> places_of(AddressSpaceId asid);
  bool is_mapped(AddressSpaceId asid, VirtualAddress va, AccessKind kind);

  std::unique_ptr<Kernel> paging_;
  SegmentTable& segments_;
  Memory memory_;
  bool skip_faults_;
};

}  // namespace tablewalk
