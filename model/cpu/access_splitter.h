#pragma once

#include <algorithm>
#include <cstdint>

#include "base/types.h"

namespace tablewalk {

/// An access, or the part of it within one page: the unit of translation.
struct PagePart {
  VirtualAddress address;
  std::uint32_t size = 0;  ///< bytes
};

/// Removes the first part of [address, address + size) that lies within one block of 2^shift bytes; reduces `size`.
inline PagePart take_part(VirtualAddress& address, std::uint32_t& size, unsigned shift) {
  const std::uint64_t block = std::uint64_t{1} << shift;
  const std::uint64_t room = block - (address.value() & (block - 1));
  const PagePart part{address, static_cast<std::uint32_t>(std::min<std::uint64_t>(room, size))};
  address += part.size;
  size -= part.size;
  return part;
}

/// Whether all of it (at least one byte) lies within one block of 2^shift bytes.
inline bool within_block(VirtualAddress address, std::uint32_t size, unsigned shift) {
  return (address.value() ^ (address.value() + size - 1)) >> shift == 0;
}

}  // namespace tablewalk
