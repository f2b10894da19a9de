#pragma once

#include <cstdint>
#include <string>

#include "memory/physical_memory.h"
#include "paging/paging_controls.h"
#include "paging/translation.h"

namespace tablewalk::test {

/// The result of an access according to the architecture's manual, computed independently of model/paging: one
/// straight-line function per architecture. Sets accessed and dirty bits in `memory`.
struct PlainWalk {
  bool translated = false;
  std::uint64_t physical = 0;  ///< of the access's first byte
  std::uint64_t page_bytes = 0;
  std::uint64_t existing_bytes = 0;  ///< bytes of the page within physical memory
  bool writable = false;             ///< effective rights over all levels
  bool user = false;
  bool executable = false;
  bool global = false;
  FaultReason reason = FaultReason::None;
  unsigned level = 0;  ///< of the entry that ended the walk; 0 is the last level
  std::uint32_t error_code = 0;
  unsigned reads = 0;
  unsigned updates = 0;
};

/// Supported modes: x86-32, x86-pae, x86-64, x86-64-la57.
PlainWalk plain_x86_walk(const std::string& mode, const X86Controls& controls, PhysicalMemory& memory,
                         std::uint64_t root, std::uint64_t va, AccessKind kind, bool user);
/// Supported modes: sv32, sv39, sv48, sv57.
PlainWalk plain_riscv_walk(const std::string& mode, const RiscvControls& controls, PhysicalMemory& memory,
                           std::uint64_t root, std::uint64_t va, AccessKind kind, bool user);
/// Either, by the mode's name.
PlainWalk plain_walk(const std::string& mode, const PagingControls& controls, PhysicalMemory& memory,
                     std::uint64_t root, std::uint64_t va, AccessKind kind, bool user);

/// Compares the two; empty if they agree, else the difference.
std::string difference(const PlainWalk& plain, const WalkOutcome& model, std::uint64_t va);

}  // namespace tablewalk::test
