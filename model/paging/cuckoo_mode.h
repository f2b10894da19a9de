#pragma once

#include "paging/cuckoo_registers.h"
#include "paging/hashing_mode.h"
#include "paging/hint_table.h"

namespace tablewalk {

/// Where a walk's progress holds the hints: which lines of which page sizes are read.
constexpr unsigned cuckoo_hints_shift = 16;

/// Elastic cuckoo page tables (Skarlatos, Kokolis, Xu and Torrellas, ASPLOS 2020): for each page size a table of two or
/// three ways. The entries of a block of eight pages are in one line of one way. A walk reads the candidates of all
/// ways and page sizes at once, in one round.
class CuckooMode final : public HashingMode {
 public:
  CuckooMode(std::string name, const PagingControls& controls);

  std::uint64_t most_reads(PhysicalAddress root) const override;
  unsigned largest_read() const override { return HashedLine::bytes; }
  RootRegister decode_root(std::uint64_t value) const override;
  std::vector<BitField> root_fields() const override;
  std::string describe_root(RootRegister root) const override;
  std::vector<LevelShape> address_parts() const override;
  WalkStep look(const Walk& walk, unsigned number, const unsigned char* bytes) const override;

  std::unique_ptr<PageTables> make_tables(std::shared_ptr<const PagingMode> self, PhysicalMemory& memory,
                                          FrameAllocator& frames, AddressSpaceId space) const override;
  void count_tables(const std::vector<PageRun>& runs, TableSize& size) const override;

  /// All at once.
  bool searches_sizes() const override { return false; }
  std::vector<HintTable> hint_tables() const override;
  std::vector<PhysicalAddress> hint_reads(PhysicalAddress root, unsigned table, VirtualAddress va) const override;
  bool is_hint(const HintEntry& entry, unsigned table, VirtualAddress va) const override;
  std::uint64_t hints(const std::vector<const HintEntry*>& known, VirtualAddress va) const override;
  std::string describe_hints(const PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va) const override;

  void begin(Walk& walk) const override;
  void decide(Walk& walk) const override;
  PhysicalAddress further_read(const Walk& walk, unsigned number) const override;

  const CuckooControls& cuckoo() const { return cuckoo_; }
  bool has_walk_table(unsigned size) const {
    return cuckoo_.walk_tables == CuckooWalkTables::All ||
           (cuckoo_.walk_tables == CuckooWalkTables::Upper && size != 0);
  }
  /// The share of a table's lines that may hold blocks. A walk table has two ways.
  double max_load(unsigned table) const {
    return CuckooRegisters::is_walk_table(table) ? std::min(cuckoo_.max_load, walk_table_load) : cuckoo_.max_load;
  }
  double min_load(unsigned table) const { return std::min(cuckoo_.min_load, max_load(table) / 3); }
  /// Of all ways, the lines that may hold blocks.
  std::uint64_t most_blocks(std::uint64_t lines, unsigned table) const {
    return static_cast<std::uint64_t>(static_cast<double>(lines) * max_load(table));
  }
  /// Bytes of a way of a new table.
  std::uint64_t first_bytes(unsigned table) const {
    return CuckooRegisters::is_walk_table(table) ? cuckoo_.walk_table_bytes.bytes : cuckoo_.initial_bytes.bytes;
  }
  /// The sections of a size's walk table: its blocks.
  static std::uint64_t section_of(std::uint64_t block, unsigned size, unsigned walk_table_size) {
    return block >> 9 * (walk_table_size - size);
  }
  CuckooRegisterFile& register_file() const { return register_file_; }

 private:
  /// A read of a round.
  struct Probe {
    unsigned size = 0;
    unsigned way = 0;
  };
  static constexpr double walk_table_load = 0.4;
  const CuckooRegisters& registers_of(const Walk& walk) const;
  static Probe probe(const CuckooRegisters& registers, std::uint64_t hints, unsigned number);
  static unsigned probes_in(const CuckooRegisters& registers, std::uint64_t hints);
  std::uint64_t block_of(const Walk& walk, unsigned size) const {
    return HashedLine::block_of(walk.va(), page_sizes()[size].shift);
  }
  HashedLine::Tag tag_of(const Walk& walk, unsigned size) const {
    return {HashedLine::State::Block, size, block_of(walk, size), 0};
  }
  void read_round(Walk& walk) const;
  bool use_line(Walk& walk, const unsigned char* bytes, PhysicalAddress at, unsigned size) const;

  unsigned size_of_hint_table(unsigned table) const {
    return cuckoo_.walk_tables == CuckooWalkTables::All ? table : table + 1;
  }
  void count_walk_tables(const std::vector<PageRun>& runs, TableSize& size) const;
  void count_table(unsigned table, std::uint64_t blocks, TableSize& size) const;

  CuckooControls cuckoo_;
  /// Registers of the machine, outside of its memory.
  mutable CuckooRegisterFile register_file_;
};

}  // namespace tablewalk
