#pragma once

#include <unordered_map>

#include "paging/flattened_mode.h"
#include "paging/page_tables.h"

namespace tablewalk {

/// A tree of tables, ordinary and merged ones. A pair of levels gets a merged table, unless memory has no such block or
/// the first page to be mapped there is of the upper level's size; then it gets ordinary tables, and keeps them as long
/// as they have entries.
class FlattenedTables final : public PageTables {
 public:
  FlattenedTables(std::shared_ptr<const FlattenedMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
                  AddressSpaceId space);

  PhysicalAddress root() const override { return root_.at; }
  std::optional<TableLeaf> leaf(VirtualAddress va) const override;
  std::uint64_t table_bytes() const override { return bytes_; }
  std::vector<TableFigure> figures() const override;

 private:
  /// A table, by its address as pointers have it.
  struct Table {
    PhysicalAddress at;
    unsigned level = 0;
  };

  void add(VirtualAddress va, const PageSize& size, PhysicalAddress page, const LeafSpec& spec) override;
  void remove(Range range) override;
  void rewrite(Range range, const LeafSpec& spec) override;
  void split_leaf(VirtualAddress va, const TableLeaf& whole, const PageSize& before, const PageSize& size,
                  const LeafSpec& spec) override;

  bool holds(const Table& table, const PageSize& size) const;
  /// The table that has, or shall have, the entries of a page of that size; missing ones are made.
  Table table_for(VirtualAddress va, const PageSize& size);
  Table make_below(unsigned level, const PageSize& size);
  Table make(unsigned level, bool merged);
  std::optional<Table> try_make_merged(unsigned level);
  Table noted(PhysicalAddress at, unsigned level);
  Table below(const Table& table, const EntryView& pointer) const {
    return {pointer.target, table.level - pointer.levels_down};
  }
  /// Maps memory from `target` on by `count` entries of the table, from that one on.
  void fill(const Table& table, std::uint64_t first, std::uint64_t count, PhysicalAddress target, const PageSize& size,
            const LeafSpec& spec);
  /// `spec`: of the rewritten leaves; nullptr: they are removed.
  void change_leaves(const Table& table, Range range, const LeafSpec* spec);
  void give_back(const Table& table, std::uint64_t first);
  PhysicalAddress entry_at(const Table& table, std::uint64_t va) const {
    return flattened_->entry_address(table.level, table.at, VirtualAddress(va));
  }
  std::uint64_t read(PhysicalAddress at) const { return memory_.read(at, mode().entry_bytes()); }
  std::uint64_t& used(const Table& table) { return used_[table.at.value()]; }

  std::shared_ptr<const FlattenedMode> flattened_;
  std::uint64_t translated_;                               ///< translated bits of an address
  std::unordered_map<std::uint64_t, std::uint64_t> used_;  ///< entries that are not zero, by the table's address
  Table root_;
  std::uint64_t bytes_ = 0;
  std::uint64_t merged_ = 0;
  std::uint64_t not_merged_ = 0;  ///< for want of memory
};

}  // namespace tablewalk
