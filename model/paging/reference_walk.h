#pragma once

#include "memory/physical_memory.h"
#include "paging/paging_mode.h"

namespace tablewalk {

/// Runs a walk to its end at once. Updates accessed and dirty bits in `memory`.
inline WalkOutcome reference_walk(const PagingMode& mode, PhysicalMemory& memory, PhysicalAddress root,
                                  VirtualAddress va, Access access) {
  return mode.walk(memory, root, va, access);
}
/// The same on read-only memory: updates are not written.
inline WalkOutcome reference_walk(const PagingMode& mode, const PhysicalMemory& memory, PhysicalAddress root,
                                  VirtualAddress va, Access access) {
  return mode.walk(memory, root, va, access);
}

}  // namespace tablewalk
