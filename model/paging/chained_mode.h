#pragma once

#include "paging/anchored_mode.h"
#include "paging/chained_node.h"

namespace tablewalk {

/// A hash table per address space with a chain of nodes per hash value, a node per page (paging/chained_node.h).
class ChainedMode final : public AnchoredMode {
 public:
  ChainedMode(std::string name, const HashedControls& controls);

  RootRegister decode_root(std::uint64_t value) const override;
  std::vector<BitField> root_fields() const override;
  std::string describe_root(RootRegister root) const override;

  std::unique_ptr<PageTables> make_tables(std::shared_ptr<const PagingMode> self, PhysicalMemory& memory,
                                          FrameAllocator& frames, AddressSpaceId space) const override;
  void count_tables(const std::vector<PageRun>& runs, TableSize& size) const override;

 private:
  std::uint64_t anchor_of(const Walk& walk, const HashingRoot& root, unsigned size) const override {
    return root.slot_of(number_of(walk, size), size);
  }
  std::optional<PhysicalAddress> node_at(const HashingRoot& root, std::uint64_t link) const override;
  Seen see(const Walk& walk, const HashingRoot& root, unsigned size, const unsigned char* bytes,
           bool described) const override;
  std::string link_text(const HashingRoot& root, std::uint64_t link) const override;
};

}  // namespace tablewalk
