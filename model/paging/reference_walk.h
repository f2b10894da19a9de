#pragma once

#include "memory/physical_memory.h"
#include "paging/walk.h"

namespace tablewalk {

/// What a whole walk came to, and what it read.
struct WalkOutcome {
  bool translated = false;
  Translation translation;  ///< if translated
  Fault fault;              ///< if not
  unsigned entry_reads = 0;
  unsigned entry_updates = 0;
};

/// Drives the walk machine to its end, at once. Updates accessed and dirty bits in `memory`.
WalkOutcome reference_walk(const PagingMode& mode, PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va,
                           Access access);
/// The same on memory that is only looked at: updates are pretended.
WalkOutcome reference_walk(const PagingMode& mode, const PhysicalMemory& memory, PhysicalAddress root,
                           VirtualAddress va, Access access);

}  // namespace tablewalk
