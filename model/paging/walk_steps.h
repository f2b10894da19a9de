#pragma once

#include <vector>

#include "memory/memory_image.h"
#include "memory/physical_memory.h"
#include "paging/paging_mode.h"

namespace tablewalk {

/// One entry that a walk read, and what followed from it.
struct WalkStep {
  unsigned level = 0;
  PhysicalAddress table;
  std::uint64_t index = 0;  ///< in the table
  PhysicalAddress entry_address;
  std::uint64_t entry = 0;    ///< as memory holds it
  std::uint64_t updated = 0;  ///< as the walk would leave it: accessed and dirty bits set where they are needed
  EntryView view;
  ImageHolds image = ImageHolds::Bytes;  ///< whether the memory image has the entry, if there is an image
  Rights rights;                         ///< over the levels from the root to this entry
};

/// A whole walk, step by step.
struct WalkSteps {
  VirtualAddress va;
  Access access;
  PhysicalAddress root;
  std::vector<WalkStep> steps;
  WalkOutcome outcome;
  PhysicalAddress beyond;  ///< of a walk that ends with OutOfMemory: the address that does not exist

  /// The leaf that the walk came to, also where rights or a clear accessed or dirty bit forbid the access; nullptr if
  /// it came to none, or the memory that it leads to does not exist.
  const WalkStep* leaf() const;
};

/// Does what the reference walk does on memory that is only looked at, and notes every step.
WalkSteps walk_step_by_step(const PagingMode& mode, const PhysicalMemory& memory, PhysicalAddress root,
                            VirtualAddress va, Access access);

/// Notes of each step whether the image has the entry that was read; zeros were read where it has not.
void note_image(WalkSteps& walk, const ImageCoverage& coverage);
/// Why the image does not answer: the first entry that is outside of it. Empty if all are inside, or left out as zeros.
std::string outside_of_image(const PagingMode& mode, const WalkSteps& walk, const MemoryImage& image);

}  // namespace tablewalk
