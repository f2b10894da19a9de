#pragma once

#include <vector>

#include "paging/range_table.h"
#include "support/changing_tables.h"

namespace tablewalk::test {

/// Range tables that follow tables which are changed under a machine: what their kernel would keep.
class ChangingRanges {
 public:
  ChangingRanges(ChangingTables& tables, std::uint64_t least_pages)
      : tables_(tables),
        frames_(tables.mode().physical_limit() / 4, tables.mode().page_bytes(), {},
                PhysicalAddress(tables.mode().physical_limit() / 4)) {
    for (AddressSpaceId space = 0; space < tables.spaces(); ++space) {
      ranges_.emplace_back(tables.memory(), frames_, least_pages);
    }
    follow();
  }

  RangeRegister where(AddressSpaceId space) const { return ranges_[space].where(); }
  /// After every change of the tables.
  void follow() {
    for (AddressSpaceId space = 0; space < tables_.spaces(); ++space) {
      for (const VirtualAddress va : tables_.pages()) {
        ranges_[space].remove(va, va + (tables_.mode().page_bytes() - 1));
      }
      for (const VirtualAddress va : tables_.pages()) {
        const auto page = settled_page(tables_.mode(), tables_.memory(), tables_.root(space), va);
        if (page) ranges_[space].add(va, *page);
      }
    }
  }

 private:
  ChangingTables& tables_;
  FrameAllocator frames_;
  std::vector<RangeTable> ranges_;
};

}  // namespace tablewalk::test
