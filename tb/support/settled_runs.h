#pragma once

#include <vector>

#include "paging/range_table.h"

namespace tablewalk::test {

/// What a range table should have of the addresses below `end`: the longest runs of pages that are alike, in order.
inline std::vector<RangeEntry> settled_runs(const PagingMode& mode, const PhysicalMemory& memory, PhysicalAddress root,
                                            std::uint64_t end) {
  std::vector<RangeEntry> runs;
  for (std::uint64_t at = 0; at < end;) {
    const auto page = settled_page(mode, memory, root, VirtualAddress(at));
    const std::uint64_t bytes = page ? std::uint64_t{1} << page->page_shift : mode.page_bytes();
    if (page && page->page_shift == page->whole_shift) {
      RangeEntry run;
      run.first = VirtualAddress(at);
      run.last = VirtualAddress(at + bytes - 1);
      run.offset = page->page.value() - at;
      run.rights = page->rights;
      run.global = page->global;
      run.page_shift = page->page_shift;
      run.level = page->level;
      if (!runs.empty() && runs.back().last.value() + 1 == at && runs.back().agrees(run)) {
        runs.back().last = run.last;
      } else {
        runs.push_back(run);
      }
    }
    at += bytes;
  }
  return runs;
}

}  // namespace tablewalk::test
