#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memory/memory_image.h"
#include "memory/physical_memory.h"
#include "paging/paging_mode.h"

namespace tablewalk {

/// One answer of an oracle that our walk does not give.
struct OracleDifference {
  std::uint64_t line = 0;  ///< of the file, from 1
  VirtualAddress va;
  std::string column;
  std::string expected;  ///< what the file says
  std::string found;     ///< what the walk says
};

/// A column of the oracle: how many of its answers were compared, and how many differ.
struct OracleColumn {
  std::string name;
  std::uint64_t checks = 0;
  std::uint64_t differences = 0;
};

struct OracleReport {
  std::uint64_t rows = 0;
  std::vector<OracleColumn> columns;  ///< those that hold answers, in the file's order
  /// Differences, at most as many as were asked for; of a page that the walk does not find, only that.
  std::vector<OracleDifference> first_ones;
  std::uint64_t checks() const;
  std::uint64_t differences() const;
};

/// Compares every row of a CSV file with a walk of `memory`. The first line names the columns:
///
///     root, va, pa       the root's register; an address; what it translates to, or `unmapped`
///     page_size          bytes
///     writable, user, nx, global_, accessed, dirty, pcd, pwt    flags of the leaf (x86)
///     r, w, x, user, global_, accessed, dirty                   flags of the leaf (RISC-V)
///     eff_writable, eff_user, eff_nx                            rights over all levels
///     gva2gpa, priv, sum    what a load at privilege U or S with that SUM bit translates to, or `unmapped`
///     leaf_pte              the leaf entry
///     levels                entries read; on an unmapped row up to and with the one that ends the walk
///
/// `pa` and what follows from it are whatever the access: rights do not hide a page there. All but root, va, pa and
/// levels are empty on an unmapped row. `image`: what the memory came from, so that a row whose tables are outside of
/// it is refused rather than taken for unmapped. Throws InputError for a file that cannot be read, a column that is
/// missing or unknown, and a cell that holds something else than its column does.
OracleReport check_oracle(const std::string& path, const std::string& mode_name, const PagingControls& controls,
                          const PhysicalMemory& memory, std::size_t most_differences,
                          const MemoryImage* image = nullptr);

}  // namespace tablewalk
