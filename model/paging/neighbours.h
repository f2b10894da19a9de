#pragma once

#include <algorithm>
#include <cstring>

#include "memory/physical_memory.h"
#include "paging/walk.h"

namespace tablewalk {

/// The line of memory, or part of it, from which a walk has read its last entry. A walker gets all of it with that
/// entry, and so learns about the neighbours of the page without a further read.
struct EntryLine {
  PhysicalAddress address;  ///< a multiple of `bytes`
  unsigned bytes = 0;
  const unsigned char* data = nullptr;

  /// The part of a line of `line_bytes` that a walker gets with an entry.
  static unsigned part_of(std::uint64_t line_bytes) {
    return static_cast<unsigned>(std::min<std::uint64_t>(line_bytes, Walk::longest_read));
  }
  static PhysicalAddress start_of(PhysicalAddress entry, unsigned bytes) {
    return PhysicalAddress(entry.value() & ~std::uint64_t{bytes - 1});
  }
  bool holds(PhysicalAddress entry) const { return start_of(entry, bytes) == address; }
  std::uint64_t entry(PhysicalAddress at, unsigned entry_bytes) const {
    std::uint64_t value = 0;
    std::memcpy(&value, data + (at - address), entry_bytes);
    return value;
  }
};

/// The pages of the line that one TLB entry can hold together with the walk's page at `va`: as far away from it in
/// physical memory as in the address space, and equal in everything else (Translation::neighbours).
std::uint16_t neighbours_of(const Translation& found, VirtualAddress va, const LinePages& line);

/// The line of the page that a walk of the present tables finds; empty if it finds none.
LinePages line_in_tables(const PagingMode& mode, const PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va,
                         Access access, unsigned bytes);

}  // namespace tablewalk
