#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/types.h"
#include "paging/hashed_line.h"

namespace tablewalk {

/// A way of a cuckoo table: lines (paging/hashed_line.h), of which a block has one candidate. During a resize the lines
/// below `moved` are in the next table already.
struct CuckooWay {
  PhysicalAddress table;
  unsigned lines_log2 = 0;
  PhysicalAddress next;
  unsigned next_log2 = 0;
  bool resizing = false;
  std::uint64_t moved = 0;

  std::uint64_t lines() const { return std::uint64_t{1} << lines_log2; }
  std::uint64_t next_lines() const { return std::uint64_t{1} << next_log2; }
  /// A table of another size has other bits of the same hash: lines that are adjacent stay so.
  PhysicalAddress line_of(std::uint64_t hash) const {
    const std::uint64_t line = hash >> (64 - lines_log2);
    if (!resizing || line >= moved) return table + line * HashedLine::bytes;
    return next + (hash >> (64 - next_log2)) * HashedLine::bytes;
  }
};

/// The control registers of an address space: its tables, one for each page size, and which of them have pages; behind
/// these, the walk table of each page size, if there is one. As large as they are, a root register names them, and the
/// kernel loads them with it.
struct CuckooRegisters {
  static constexpr unsigned most_ways = 3;
  static constexpr unsigned sizes = 3;
  static constexpr unsigned all_tables = 2 * sizes;
  static constexpr unsigned walk_table_ways = 2;
  using Table = std::array<CuckooWay, most_ways>;

  std::array<Table, all_tables> tables;
  std::array<bool, sizes> in_use{};
  unsigned ways = most_ways;

  static constexpr unsigned walk_table_of(unsigned size) { return sizes + size; }
  static constexpr bool is_walk_table(unsigned table) { return table >= sizes; }
  static constexpr unsigned size_of(unsigned table) { return table % sizes; }
  unsigned ways_of(unsigned table) const { return is_walk_table(table) ? walk_table_ways : ways; }

  static std::uint64_t hash(std::uint64_t block, unsigned size, unsigned way) {
    // 2^64 / the golden ratio, and odd numbers without a pattern.
    constexpr std::array<std::uint64_t, most_ways> factors = {0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F,
                                                              0xD6E8FEB86659FD93};
    const std::uint64_t mixed = (block << 2 | size) * factors[way];
    return (mixed ^ mixed >> 32) * factors[(way + 1) % most_ways];
  }
  PhysicalAddress line_of(std::uint64_t block, unsigned table, unsigned way) const {
    return tables[table][way].line_of(hash(block, size_of(table), way));
  }
};

/// The root register: which set of control registers, and a number that changes whenever lines move.
struct CuckooRoot {
  std::uint64_t version = 0;
  std::uint32_t set = 0;

  static CuckooRoot decode(std::uint64_t value) {
    return {value >> 24, static_cast<std::uint32_t>(value & low_bits(24))};
  }
  std::uint64_t encode() const { return version << 24 | set; }
};

/// The sets of control registers of a machine.
class CuckooRegisterFile {
 public:
  std::uint32_t add(const CuckooRegisters& registers);
  void remove(std::uint32_t set) { sets_[set] = nullptr; }
  /// nullptr: there is no such set.
  const CuckooRegisters* find(std::uint32_t set) const { return set < sets_.size() ? sets_[set] : nullptr; }

 private:
  std::vector<const CuckooRegisters*> sets_;
};

}  // namespace tablewalk
