#pragma once

#include "paging/hashed_line.h"
#include "paging/hashing_mode.h"

namespace tablewalk {

/// An open-addressed hash table per address space, of lines of eight entries (paging/hashed_line.h). A walk searches
/// line after line from the block's hash on, until one holds the block or is empty; in this way for each page size in
/// use, the smallest first.
class HashedMode final : public HashingMode {
 public:
  HashedMode(std::string name, const HashedControls& controls);

  std::uint64_t most_reads(PhysicalAddress root) const override;
  unsigned largest_read() const override { return HashedLine::bytes; }
  void read_neighbours(const Walk& walk, const EntryLine& line, LinePages& found) const override;
  unsigned neighbours_in(unsigned) const override { return HashedLine::entries; }
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

 private:
  /// Where a walk is: which page size, and the line of the search.
  struct Place {
    unsigned size = 0;
    std::uint64_t probes = 0;
  };
  static Place place_of(const Walk& walk) {
    const std::uint64_t progress = walk.progress() & ~guess_bits;
    return {static_cast<unsigned>(progress & 3), progress >> 2};
  }
  std::uint64_t block_of(const Walk& walk, unsigned size) const {
    return HashedLine::block_of(walk.va(), page_sizes()[size].shift);
  }
  void read_line(Walk& walk, const HashedRoot& root, Place place, unsigned row) const;
  void next_line(Walk& walk, const HashedRoot& root, Place place) const;
  void next_size(Walk& walk, const HashedRoot& root, Place place) const;
  void search(Walk& walk, const HashedRoot& root, unsigned size, unsigned row) const;
};

}  // namespace tablewalk
