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
  RangeRegister range_table(AddressSpaceId asid) override { return paging_->range_table(asid); }
  bool pages_on_demand() const override { return paging_->pages_on_demand(); }
  bool would_fault(AddressSpaceId asid, VirtualAddress va, Access access) override;
  bool observes_accesses() const override { return paging_->observes_accesses(); }
  void touched(AddressSpaceId asid, VirtualAddress va, Cycles now) override;
  void handle_fault(const PageFault& fault, KernelWork& work) override;
  void begin_layout(const LayoutChange& change) override { paging_->begin_layout(change); }
  void handle_call(const LayoutChange& call, unsigned core, Cycles now, KernelWork& work) override {
    paging_->handle_call(call, core, now, work);
  }
  bool commit(const KernelStep& step, unsigned core, Cycles now, KernelWork& work) override {
    return paging_->commit(step, core, now, work);
  }
  void access_repeated(unsigned core) override { paging_->access_repeated(core); }
  bool may_be_stale(AddressSpaceId asid, VirtualAddress va) const override { return paging_->may_be_stale(asid, va); }
  void note_changes() override { paging_->note_changes(); }
  bool changed_since(AddressSpaceId asid, VirtualAddress va, Cycles since) const override {
    return paging_->changed_since(asid, va, since);
  }
  void report(StatSet& figures) const override { paging_->report(figures); }
  void reset_stats() override { paging_->reset_stats(); }
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
