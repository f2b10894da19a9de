#include "paging/hint_table.h"

#include "paging/paging_mode.h"

namespace tablewalk {

std::vector<HintTable> PagingMode::hint_tables() const {
  return {};
}

std::vector<PhysicalAddress> PagingMode::hint_reads(PhysicalAddress, unsigned, VirtualAddress) const {
  return {};
}

bool PagingMode::is_hint(const HintEntry&, unsigned, VirtualAddress) const {
  return false;
}

std::uint64_t PagingMode::hints(const std::vector<const HintEntry*>&, VirtualAddress) const {
  return 0;
}

std::string PagingMode::describe_hints(const PhysicalMemory&, PhysicalAddress, VirtualAddress) const {
  return {};
}

}  // namespace tablewalk
