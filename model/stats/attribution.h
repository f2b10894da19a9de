#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tablewalk {

/// One cause's share of all walks and of their cycles. A walk's cycles are those of `walker.latency_cycles`: from the
/// request's arrival at the walker to the response's arrival at the requester.
struct AttributedWalks {
  std::string name;                      ///< of the region, instruction or part of a walk, or `others`
  std::optional<std::uint64_t> address;  ///< first byte of the region, or the instruction; none for anything else
  std::uint16_t asid = 0;                ///< the address space of the address
  std::uint64_t walks = 0;
  std::uint64_t walk_cycles = 0;
};
using AttributedRows = std::vector<AttributedWalks>;

/// What caused the page-table walks of a run, broken down in three ways. Each list is sorted by cycles, most first
/// (ties by address, then by address space), ends with a row `others`, and adds up to all walk cycles exactly.
struct Attribution {
  static constexpr const char* others = "others";
  static constexpr std::size_t shown_rows = 20;  ///< of each list, by default

  std::uint64_t walks = 0;
  std::uint64_t walk_cycles = 0;
  std::uint64_t region_bytes = 0;  ///< size of a region of virtual address space
  AttributedRows regions;          ///< by the translated address; walks add up too
  /// By what the walker was doing: reading entries of a level (`level 3 reads`), and other named parts. `walks` counts
  /// the walks that did it; a walk can be in several rows.
  AttributedRows levels;
  /// By the instruction whose fetch or data access started the walk; walks add up too. Empty if the trace has no
  /// fetches and so no instruction addresses.
  AttributedRows instructions;
};

/// The first `most` rows (0: all), and one more, `others`, with the sums of the rest.
AttributedRows first_rows(const AttributedRows& rows, std::size_t most);

/// Sorts the rows as Attribution specifies.
void sort_rows(AttributedRows& rows);

}  // namespace tablewalk
