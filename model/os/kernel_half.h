#pragma once

#include "paging/paging_mode.h"

namespace tablewalk {

/// The tables of a shared kernel half belong to an address space of their own, which never runs.
constexpr AddressSpaceId kernel_half_space = 0xffff;

/// Whether the mode's address space has two halves, the upper one for the kernel: addresses are sign-extended.
inline bool has_kernel_half(const PagingMode& mode) {
  return mode.virtual_bits() < 64 && mode.architecture() != Architecture::Generic &&
         mode.translates(VirtualAddress(~std::uint64_t{0}));
}
/// In such a mode.
inline bool in_kernel_half(VirtualAddress va) {
  return va.value() >> 63 != 0;
}

}  // namespace tablewalk
