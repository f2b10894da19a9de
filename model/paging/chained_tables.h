#pragma once

#include <functional>

#include "paging/chained_mode.h"
#include "paging/page_tables.h"

namespace tablewalk {

/// One address space's chained hash table. A removed node stays in its chain as deleted until a page takes it or the
/// table is rebuilt, so that a walk in progress never leaves its chain. Rebuilding makes new anchors, with another
/// root, and links the nodes again where they are.
class ChainedTables final : public PageTables {
 public:
  ChainedTables(std::shared_ptr<const ChainedMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
                AddressSpaceId space);

  PhysicalAddress root() const override { return PhysicalAddress(root_.encode()); }
  std::optional<TableLeaf> leaf(VirtualAddress va) const override;
  std::uint64_t table_bytes() const override;
  std::vector<TableFigure> figures() const override;

 private:
  using Key = ChainedNode::Key;
  /// A node where it is in memory.
  struct Placed {
    PhysicalAddress at;
    ChainedNode node;
  };

  void add(VirtualAddress va, const PageSize& size, std::uint64_t leaf) override;
  void remove(Range range) override;
  void rewrite(Range range, const LeafSpec& spec) override;

  ChainedNode read(PhysicalAddress at) const;
  Key key_of(VirtualAddress va, unsigned size) const;
  PhysicalAddress anchor_of(const Key& key) const { return root_.anchor_at(root_.anchor_of(key.page, key.size)); }
  /// The first node of the key's chain for which `wanted` is true.
  std::optional<Placed> search(const Key& key, const std::function<bool(const ChainedNode&)>& wanted) const;
  std::optional<Placed> find(const Key& key) const;
  std::optional<TableLeaf> leaf_of_size(VirtualAddress va, unsigned size) const;
  void refuse_overlap(VirtualAddress va, const PageSize& size) const;
  /// Calls `use` for each page of that size in the range; `use` returns whether to go on.
  void for_pages(Range range, unsigned size, const std::function<bool(const Placed&)>& use) const;
  void for_nodes(const std::function<bool(const Placed&)>& use) const;
  bool in_use(unsigned size) const { return (root_.sizes >> size & 1) != 0; }
  void write_node(PhysicalAddress at, const Key& key, std::uint64_t leaf, PhysicalAddress next);
  void rebuild(std::uint64_t anchors);

  std::shared_ptr<const ChainedMode> chained_;
  ChainedRoot root_;
  std::uint64_t used_ = 0;     ///< nodes that hold a page
  std::uint64_t deleted_ = 0;  ///< nodes in chains that held one
  std::uint64_t growths_ = 0;
  std::uint64_t cleanings_ = 0;
};

}  // namespace tablewalk
