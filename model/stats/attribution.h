#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tablewalk {

/// What one cause has of all walks and of their cycles. The cycles of a walk are those of `walker.latency_cycles`: from
/// the request at the walker to its answer at the requester.
struct AttributedWalks {
  std::string name;                      ///< of the region, instruction or part of a walk; or `others`
  std::optional<std::uint64_t> address;  ///< of the region's first byte, or of the instruction; none of anything else
  std::uint16_t asid = 0;                ///< the address space that an address is in
  std::uint64_t walks = 0;
  std::uint64_t walk_cycles = 0;
};
using AttributedRows = std::vector<AttributedWalks>;

/// Who caused the page-table walks of a run, asked in three ways. Each list has most cycles first (equals by address,
/// then by address space), a row `others` last, and adds up to all walk cycles exactly.
struct Attribution {
  static constexpr const char* others = "others";
  static constexpr std::size_t shown_rows = 20;  ///< of each list, where nobody says how many

  std::uint64_t walks = 0;
  std::uint64_t walk_cycles = 0;
  std::uint64_t region_bytes = 0;  ///< size of a region of virtual address space
  AttributedRows regions;          ///< by the address that was translated; walks add up too
  /// By what the walker did meanwhile: reading entries of a level (`level 3 reads`), and named other parts. `walks` are
  /// those that did it; a walk is in several rows.
  AttributedRows levels;
  /// By the instruction whose fetch or data access began the walk; walks add up too. Empty if the trace has no fetches
  /// and so no instruction addresses.
  AttributedRows instructions;
};

/// The first `most` rows (0: all), and one more, `others`, with the sums of those left out.
AttributedRows first_rows(const AttributedRows& rows, std::size_t most);

/// Into the order that Attribution promises.
void sort_rows(AttributedRows& rows);

}  // namespace tablewalk
