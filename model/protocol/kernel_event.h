#pragma once

#include <cstdint>

#include "base/types.h"

namespace tablewalk {

/// A system call of the program that changes its address space, by the names of POSIX and Linux.
enum class KernelCall : std::uint8_t {
  Mmap,      ///< reserves a range; no frame is used
  Munmap,    ///< gives a range back, with its pages
  Mprotect,  ///< changes the rights of a range
  Mremap,    ///< moves a range to `to`
  DontNeed,  ///< madvise(MADV_DONTNEED): the pages of a range are given back, the range stays reserved
  Huge,      ///< madvise(MADV_HUGEPAGE)
  NoHuge,    ///< madvise(MADV_NOHUGEPAGE)
  Fork,      ///< address space `other` becomes a copy; pages are shared until one of both writes them
  Exit,      ///< the address space ends
};

struct KernelEvent {
  KernelCall call = KernelCall::Mmap;
  AddressSpaceId asid = 0;
  AddressSpaceId other = 0;  ///< Fork: the child
  VirtualAddress va;         ///< of the range, aligned to a page
  std::uint64_t bytes = 0;   ///< whole pages
  VirtualAddress to;         ///< Mremap
  bool read = true;          ///< rights of Mmap and Mprotect
  bool write = true;
  bool execute = true;
};

}  // namespace tablewalk
