#pragma once

#include <string>
#include <vector>

#include "memory/memory_image.h"
#include "memory/physical_memory.h"
#include "paging/paging_mode.h"

namespace tablewalk {

/// One entry read by a walk, and what followed.
struct WalkStep {
  unsigned level = 0;
  PhysicalAddress table;
  std::uint64_t index = 0;  ///< in the table
  PhysicalAddress entry_address;
  std::uint64_t entry = 0;    ///< in memory
  std::uint64_t updated = 0;  ///< after the walk's update of accessed and dirty bits
  EntryView view;
  ImageHolds image = ImageHolds::Bytes;  ///< whether the memory image has the entry, if there is an image
  Rights rights;                         ///< over the levels from the root to this entry

  // Of organisations that read more than an entry at once.
  std::vector<std::uint64_t> words;  ///< all that was read
  std::string place;                 ///< where that is: `line 5 at 0x4140`
  std::string holds;                 ///< whose entries they are
  std::string follows;               ///< what the walk does next
};

/// A whole walk, step by step.
struct WalkSteps {
  VirtualAddress va;
  Access access;
  PhysicalAddress root;
  std::string hints;  ///< what hint tables say of the address; empty without
  std::vector<WalkStep> steps;
  WalkOutcome outcome;
  PhysicalAddress beyond;  ///< for a walk that ends with OutOfMemory: the address that does not exist

  /// The leaf found by the walk, even if rights or a clear accessed or dirty bit forbid the access; nullptr if there is
  /// none, or if it points beyond physical memory.
  const WalkStep* leaf() const;
};

/// Like the reference walk on read-only memory, recording every step.
WalkSteps walk_step_by_step(const PagingMode& mode, const PhysicalMemory& memory, PhysicalAddress root,
                            VirtualAddress va, Access access);

/// Records for each step whether the image has the entry; zeros were read where it does not.
void note_image(WalkSteps& walk, const ImageCoverage& coverage);
/// Why the image cannot decide the walk: the first entry outside of it. Empty if all are inside, or left out as zeros.
std::string outside_of_image(const PagingMode& mode, const WalkSteps& walk, const MemoryImage& image);

}  // namespace tablewalk
