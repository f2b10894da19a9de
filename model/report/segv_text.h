#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "memory/physical_memory.h"
#include "os/access_check.h"
#include "paging/paging_mode.h"

namespace tablewalk {

/// An access that the kernel refuses, as the trace has it.
struct RefusedAccess {
  VirtualAddress va;        ///< the first byte that is refused
  std::uint32_t bytes = 0;  ///< of the whole access
  Access access;
  std::optional<VirtualAddress> instruction;  ///< its address: the last fetch before, if the trace has fetches
  std::uint64_t record = 0;                   ///< its number, from 0; shown from 1, as in messages
  AddressSpaceId asid = 0;
  std::string trace;  ///< the trace's path
};

/// The tables that the hardware walks for it, as they are when it is refused.
struct RefusingTables {
  const PagingMode& mode;
  const PhysicalMemory& memory;
  PhysicalAddress root;
};

/// A report like a debugger's of a SIGSEGV, in several lines, each with its end: the signal and its code, the access
/// and its instruction, where the address is among the program's regions, the walk that led to it level by level, and
/// the fault that the architecture's manual names.
std::string segv_text(const RefusingTables& tables, const Regions& regions, const Violation& violation,
                      const RefusedAccess& refused);

/// The same in one line: `SIGSEGV (SEGV_MAPERR): the store of 8 bytes at 0x1000, 0x10 bytes behind [heap]`, for an
/// error message.
std::string segv_line(const Regions& regions, const Violation& violation, const RefusedAccess& refused);

}  // namespace tablewalk
