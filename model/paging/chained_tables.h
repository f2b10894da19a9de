#pragma once

#include <functional>

#include "paging/chained_mode.h"
#include "paging/hashing_tables.h"

namespace tablewalk {

/// One address space's chained hash table. A removed node stays in its chain as deleted until a page takes it or the
/// table is rebuilt, so that a walk in progress never leaves its chain. Rebuilding makes new anchors, with another
/// root, and links the nodes again where they are.
class ChainedTables final : public HashingTables {
 public:
  ChainedTables(std::shared_ptr<const HashingMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
                AddressSpaceId space);

  PhysicalAddress root() const override { return PhysicalAddress(root_.encode()); }
  std::uint64_t table_bytes() const override;
  std::vector<TableFigure> figures() const override;

 private:
  using Key = ChainedNode::Key;
  /// A node where it is in memory.
  struct Placed {
    PhysicalAddress at;
    ChainedNode node;
  };

  bool in_use(unsigned size) const override { return root_.has_size(size); }
  std::optional<FoundPage> find_page(std::uint64_t number, unsigned size) const override;
  void insert(std::uint64_t number, const PageSize& size, std::uint64_t leaf) override;
  void erase(const FoundPage& page, unsigned size) override;
  void for_all_pages(std::uint64_t first, std::uint64_t last, unsigned size, const UsePage& use) const override;
  std::uint64_t searches_per_scan() const override { return root_.slots(); }

  ChainedNode read(PhysicalAddress at) const;
  PhysicalAddress anchor_of(const Key& key) const { return root_.anchor_at(root_.slot_of(key.page, key.size)); }
  /// The first node of the key's chain for which `wanted` is true.
  std::optional<Placed> search(const Key& key, const std::function<bool(const ChainedNode&)>& wanted) const;
  void for_nodes(const std::function<bool(const Placed&)>& use) const;
  void write_node(PhysicalAddress at, const Key& key, std::uint64_t leaf, PhysicalAddress next);
  void rebuild(std::uint64_t anchors);

  ChainedRoot root_;
};

}  // namespace tablewalk
