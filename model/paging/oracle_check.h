#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memory/memory_image.h"
#include "memory/physical_memory.h"
#include "paging/paging_mode.h"

namespace tablewalk {

/// An oracle value that our walk does not match.
struct OracleDifference {
  std::uint64_t line = 0;  ///< of the file, from 1
  VirtualAddress va;
  std::string column;
  std::string expected;  ///< the file's value
  std::string found;     ///< the walk's value
};

/// A column of the oracle: how many values were compared, and how many differ.
struct OracleColumn {
  std::string name;
  std::uint64_t checks = 0;
  std::uint64_t differences = 0;
};

struct OracleReport {
  std::uint64_t rows = 0;
  std::vector<OracleColumn> columns;  ///< columns with compared values, in the file's order
  /// The first differences, up to the requested number; for a page that the walk does not find, only that.
  std::vector<OracleDifference> first_ones;
  std::uint64_t checks() const;
  std::uint64_t differences() const;
};

/// Compares every row of a CSV file with a walk of `memory`. The first line names the columns:
///
///     root, va, pa       the root register; an address; its translation, or `unmapped`
///     page_size          bytes
///     writable, user, nx, global_, accessed, dirty, pcd, pwt    flags of the leaf (x86)
///     r, w, x, user, global_, accessed, dirty                   flags of the leaf (RISC-V)
///     eff_writable, eff_user, eff_nx                            rights over all levels
///     gva2gpa, priv, sum    translation of a load at privilege U or S with that SUM bit, or `unmapped`
///     leaf_pte              the leaf entry
///     levels                entries read; on an unmapped row including the one that ends the walk
///
/// `pa` and the columns that depend on it ignore rights. All but root, va, pa and levels are empty on an unmapped row.
/// `image`: the source of the memory, so that a row whose tables are outside of it is rejected rather than taken as
/// unmapped. Throws InputError for a file that cannot be read, a missing or unknown column, and an invalid cell.
OracleReport check_oracle(const std::string& path, const std::string& mode_name, const PagingControls& controls,
                          const PhysicalMemory& memory, std::size_t most_differences,
                          const MemoryImage* image = nullptr);

}  // namespace tablewalk
