#pragma once

#include <array>
#include <optional>

#include "paging/range_table.h"

namespace tablewalk::test {

/// What a search in a range table in memory finds; `reads`: counts its reads too.
inline std::optional<RangeEntry> search(const PhysicalMemory& memory, const RangeRegister& where, VirtualAddress va,
                                        unsigned* reads = nullptr) {
  RangeSearch search(where, va);
  while (search.reads()) {
    std::array<unsigned char, RangeEntry::bytes> bytes{};
    memory.read_bytes(search.address(), RangeEntry::bytes, bytes.data());
    search.supply(bytes.data());
    if (reads != nullptr) ++*reads;
  }
  return search.found();
}

}  // namespace tablewalk::test
