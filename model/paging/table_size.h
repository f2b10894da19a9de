#pragma once

#include <cstdint>
#include <vector>

#include "paging/footprint.h"
#include "paging/paging_mode.h"

namespace tablewalk {

/// Adjacent pages of one size: only the translated bits of their first and last address.
struct PageRun {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  ///< inclusive
  PageSize pages;
};

/// Memory of one organisation's page tables.
struct TableSize {
  std::uint64_t memory_bytes = 0;  ///< of the machine
  /// Radix: [0] is the last level; the root always exists. Others: per kind of table.
  std::vector<std::uint64_t> tables_per_level;
  std::vector<std::uint64_t> bytes_per_level;
  std::uint64_t tables = 0;
  std::uint64_t bytes = 0;
  std::uint64_t pages = 0;       ///< mapped by the tables, of all sizes
  std::uint64_t flat_bytes = 0;  ///< of a single level over the same virtual bits with the same entries
};

/// Counts the tables that map every page touched by the ranges, without building them: the distinct address prefixes at
/// each level. Time is proportional to the ranges, not to the pages. Ranges may be in any order, and may overlap if
/// their pages are of one size. Throws InputError with the address: outside the mode's address space, an unsupported
/// page size, one page mapped with two sizes. `memory_bytes`: of the machine, on which only an inverted table depends.
TableSize table_size(const PagingMode& mode, const std::vector<MappedRange>& ranges,
                     std::uint64_t memory_bytes = std::uint64_t{1} << 40);

/// Whether the mode translates all addresses of the ranges.
bool translates_all(const PagingMode& mode, const std::vector<MappedRange>& ranges);

/// Bytes of a flat table over the mode's virtual bits, with its smallest page and entry size.
std::uint64_t flat_table_bytes(const PagingMode& mode);

}  // namespace tablewalk
