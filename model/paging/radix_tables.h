#pragma once

#include "base/number_map.h"
#include "paging/page_tables.h"

namespace tablewalk {

/// A tree of tables. They are allocated when first needed and freed with their last entry (except the root).
class RadixTables final : public PageTables {
 public:
  RadixTables(std::shared_ptr<const PagingMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
              AddressSpaceId space);

  PhysicalAddress root() const override { return root_.at; }
  std::optional<TableLeaf> leaf(VirtualAddress va) const override;
  std::uint64_t table_bytes() const override;
  PhysicalAddress make_root() override { return make_table_of(mode().root_level()); }
  void copy_root_half(bool upper, PhysicalAddress copy) override;

 private:
  /// How a change rewrites a leaf: the new entry, or 0 to remove it.
  using Rewrite = std::uint64_t (RadixTables::*)(const EntryView& leaf, VirtualAddress va, const LeafSpec& spec) const;

  /// A table and the number of its nonzero entries.
  struct Table {
    PhysicalAddress at;  ///< 0: freed
    std::uint64_t used_entries = 0;
  };
  /// The tables of one level except the root, by the address bits above those that index the table.
  struct Level {
    unsigned prefix_shift = 0;
    NumberMap<Table> tables;
  };

  void add(VirtualAddress va, const PageSize& size, PhysicalAddress page, const LeafSpec& spec) override;
  void remove(Range range) override;
  void rewrite(Range range, const LeafSpec& spec) override;
  void split_leaf(VirtualAddress va, const TableLeaf& whole, const PageSize& before, const PageSize& size,
                  const LeafSpec& spec) override;

  /// The table of that level, below the root, for an address.
  std::uint64_t prefix(unsigned level, VirtualAddress va) const {
    return (va.value() & translated_) >> levels_[level].prefix_shift;
  }
  Table& table_for(unsigned level, VirtualAddress va);
  Table& make_table_for(unsigned level, VirtualAddress va);
  PhysicalAddress make_table_of(unsigned level);
  std::uint64_t entry_within(PhysicalAddress target, std::uint64_t index, const PageSize& size,
                             const LeafSpec& spec) const;
  std::uint64_t entry_over(unsigned level, VirtualAddress va, PhysicalAddress target, std::uint64_t index,
                           const PageSize& size, const LeafSpec& spec);
  PhysicalAddress make_full_table(unsigned level, VirtualAddress va, PhysicalAddress target, const PageSize& size,
                                  const LeafSpec& spec);
  std::uint64_t no_entry(const EntryView&, VirtualAddress, const LeafSpec&) const { return 0; }
  std::uint64_t new_entry(const EntryView& leaf, VirtualAddress va, const LeafSpec& spec) const {
    return rewritten(leaf, va, spec);
  }
  void change_leaves(unsigned level, Table& table, Range range, Rewrite change, const LeafSpec& spec);
  void give_back(unsigned level, Table& table, std::uint64_t first);
  EntryView read_entry(PhysicalAddress at, unsigned level) const;
  void write_entry(PhysicalAddress at, std::uint64_t entry) {
    write(at, entry);
    if (!root_copies_.empty()) copy_root_entry(at, entry);
  }
  void copy_root_entry(PhysicalAddress at, std::uint64_t entry);

  std::uint64_t translated_;   ///< translated bits of an address
  std::vector<Level> levels_;  ///< [0] is the last level
  Table root_;
  struct RootCopy {
    bool upper = false;
    PhysicalAddress root;
  };
  std::vector<RootCopy> root_copies_;
};

}  // namespace tablewalk
