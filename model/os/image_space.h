#pragma once

#include "memory/memory_image.h"
#include "paging/paging_mode.h"
#include "protocol/kernel.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// The kernel of a machine whose page tables come from a memory image: every address space has the image's root, and
/// nothing is mapped or repaired.
class ImageSpace final : public Kernel {
 public:
  /// `skip_faults`: faulting accesses are skipped; else the first one ends the run.
  ImageSpace(const PagingMode& mode, const PhysicalMemory& memory, const MemoryImage& image, PhysicalAddress root,
             bool skip_faults)
      : mode_(mode), memory_(memory), image_(image), root_(root), skip_faults_(skip_faults) {}

  PhysicalAddress root(AddressSpaceId) override { return root_; }
  void before_walk(AddressSpaceId, VirtualAddress, Access) override {}
  void handle_fault(const PageFault& fault, KernelWork& work) override;
  void report(StatSet& figures) const override;

 private:
  const PagingMode& mode_;
  const PhysicalMemory& memory_;
  MemoryImage image_;
  PhysicalAddress root_;
  bool skip_faults_;
  std::uint64_t faults_outside_ = 0;
};

}  // namespace tablewalk
