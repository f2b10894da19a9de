#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "memory/physical_memory.h"
#include "observe/place_counts.h"
#include "paging/paging_mode.h"

namespace tablewalk {

/// The page tables at the end of a run: every table with its occupancy, and the mapped regions. What is shown is
/// bounded; what is left out is counted. Tables that are not radix have no tree to show, so nothing of them is.
class TableMap {
 public:
  static constexpr std::size_t most_spaces = 16;
  static constexpr std::size_t most_visited = std::size_t{1} << 16;
  static constexpr std::size_t most_shown_tables = 2000;
  static constexpr std::size_t most_shown_regions = 256;

  TableMap(const PagingMode& mode, const PhysicalMemory& memory) : mode_(mode), memory_(memory) {}

  /// Reads the tables of an address space.
  void add(AddressSpaceId asid, PhysicalAddress root);
  /// `lines`: entry reads by physical address, sorted.
  nlohmann::ordered_json json(const std::vector<PlaceCounts::Place>& lines) const;

 private:
  struct Table {
    std::size_t parent = 0;  ///< index of its table; of a root: its own
    AddressSpaceId asid = 0;
    unsigned level = 0;
    std::uint64_t index = 0;  ///< in its parent
    std::uint64_t va = 0;     ///< first address that it maps
    PhysicalAddress at;
    std::uint64_t pointers = 0;
    std::uint64_t leaves = 0;
  };
  struct Region {
    AddressSpaceId asid = 0;
    std::uint64_t first = 0;
    std::uint64_t end = 0;                                           ///< 0: the end of the address space
    std::vector<std::pair<unsigned, std::uint64_t>> bytes_by_shift;  ///< mapped, by log2 of the page size
    void add(unsigned shift, std::uint64_t bytes);
  };

  void visit(std::size_t number);
  void add_leaf(const Table& table, std::uint64_t va, const EntryView& view);
  /// Calls visit(index, entry) for the entries that are not zero.
  template <class Visit>
  void for_each_entry(const Table& table, Visit&& visit) const;
  template <class Visit>
  void for_each_block(const Table& table, Visit&& visit) const;
  std::uint64_t canonical(std::uint64_t va) const;
  std::vector<Region> shown_regions() const;
  std::vector<std::size_t> shown_tables(const std::vector<std::uint64_t>& reads) const;
  std::string occupancy(const Table& table) const;
  std::string heat(const Table& table, const std::vector<PlaceCounts::Place>& lines) const;
  nlohmann::ordered_json tables_json(const std::vector<PlaceCounts::Place>& lines) const;
  nlohmann::ordered_json regions_json() const;

  const PagingMode& mode_;
  const PhysicalMemory& memory_;
  std::vector<Table> tables_;
  std::vector<Region> regions_;         ///< of adjacent pages, by address
  std::vector<std::uint64_t> touched_;  ///< page numbers, sorted; read for the first very large table
  std::uint64_t spaces_left_out_ = 0;
  bool cut_ = false;  ///< there were more tables than are visited
};

}  // namespace tablewalk
