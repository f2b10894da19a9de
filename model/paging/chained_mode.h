#pragma once

#include "paging/chained_node.h"
#include "paging/hashing_mode.h"

namespace tablewalk {

/// A hash table per address space with a chain of nodes per hash value, a node per page (paging/chained_node.h): an
/// anchor is read, then node after node until one holds the page or the chain ends; in this way for each page size in
/// use, the smallest first.
class ChainedMode final : public HashingMode {
 public:
  ChainedMode(std::string name, const HashedControls& controls);

  std::uint64_t most_reads(PhysicalAddress root) const override;
  unsigned largest_read() const override { return ChainedNode::bytes; }
  RootRegister decode_root(std::uint64_t value) const override;
  std::vector<BitField> root_fields() const override;
  std::string describe_root(RootRegister root) const override;
  std::vector<LevelShape> address_parts() const override { return {{12, 52, false, "page"}}; }
  WalkStep look(const Walk& walk, const unsigned char* bytes) const override;

  std::unique_ptr<PageTables> make_tables(std::shared_ptr<const PagingMode> self, PhysicalMemory& memory,
                                          FrameAllocator& frames, AddressSpaceId space) const override;
  void count_tables(const std::vector<PageRun>& runs, TableSize& size) const override;

  void begin(Walk& walk) const override;
  void decide(Walk& walk) const override;

 private:
  ChainedNode::Key key_of(const Walk& walk, const ChainedRoot& root, unsigned size) const {
    return {size, walk.va().value() >> page_sizes()[size].shift, root.space};
  }
  /// Whether the walk's read is of an anchor; else it is of a node.
  static bool at_anchor(const Walk& walk) { return walk.read_bytes() == ChainedRoot::anchor_bytes; }
  static unsigned size_of(const Walk& walk) { return static_cast<unsigned>(walk.progress() & 3); }
  void next_size(Walk& walk, const ChainedRoot& root, unsigned size) const;
  void follow(Walk& walk, const ChainedRoot& root, PhysicalAddress node) const;
  void read_checked(Walk& walk, unsigned row, PhysicalAddress at, unsigned bytes) const;
};

}  // namespace tablewalk
