#pragma once

#include <cstdint>
#include <vector>

#include "paging/footprint.h"
#include "paging/paging_mode.h"

namespace tablewalk {

/// How much memory one organisation's page tables take.
struct TableSize {
  std::vector<std::uint64_t> tables_per_level;  ///< [0] the last level's; the root is always there
  std::uint64_t tables = 0;
  std::uint64_t bytes = 0;
  std::uint64_t pages = 0;       ///< that the tables map, of all sizes
  std::uint64_t flat_bytes = 0;  ///< of one level over the same virtual bits with the same entries
};

/// Counts the tables that map every page the ranges touch, without building them: the distinct address prefixes of each
/// level. Time is proportional to the ranges, not to the pages. Ranges may come in any order and overlap if their pages
/// are of one size. Throws InputError that names the address: outside the mode's address space, a page size that the
/// mode lacks, one page mapped with two sizes.
TableSize table_size(const PagingMode& mode, const std::vector<MappedRange>& ranges);

/// Whether the mode translates every address of the ranges.
bool translates_all(const PagingMode& mode, const std::vector<MappedRange>& ranges);

/// Bytes of a flat table over the mode's virtual bits, with its smallest page and entry size.
std::uint64_t flat_table_bytes(const PagingMode& mode);

}  // namespace tablewalk
