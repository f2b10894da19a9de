#pragma once

#include "paging/cuckoo_registers.h"
#include "paging/hashing_mode.h"

namespace tablewalk {

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

  void begin(Walk& walk) const override;
  void decide(Walk& walk) const override;
  PhysicalAddress further_read(const Walk& walk, unsigned number) const override;

  const CuckooControls& cuckoo() const { return cuckoo_; }
  /// The lines of all ways that may hold blocks.
  std::uint64_t most_blocks(std::uint64_t lines) const {
    return static_cast<std::uint64_t>(static_cast<double>(lines) * cuckoo_.max_load);
  }
  CuckooRegisterFile& register_file() const { return register_file_; }

 private:
  /// A read of a round.
  struct Probe {
    unsigned size = 0;
    unsigned way = 0;
  };
  const CuckooRegisters& registers_of(const Walk& walk) const;
  static unsigned probes_in(const CuckooRegisters& registers);
  static Probe probe(const CuckooRegisters& registers, unsigned number);
  std::uint64_t block_of(const Walk& walk, unsigned size) const {
    return HashedLine::block_of(walk.va(), page_sizes()[size].shift);
  }
  HashedLine::Tag tag_of(const Walk& walk, unsigned size) const {
    return {HashedLine::State::Block, size, block_of(walk, size), 0};
  }
  void read_round(Walk& walk) const;
  bool use_line(Walk& walk, const unsigned char* bytes, PhysicalAddress at, unsigned size) const;

  CuckooControls cuckoo_;
  /// Registers of the machine, outside of its memory.
  mutable CuckooRegisterFile register_file_;
};

}  // namespace tablewalk
