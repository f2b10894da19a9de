#pragma once

#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "paging/page_tables.h"
#include "paging/range_table.h"

namespace tablewalk {

/// Builds one address space's page tables as real bits in simulated RAM, in the organisation of the mode.
class TableBuilder {
 public:
  using Leaf = TableLeaf;
  using Written = TableWrite;
  using EmptiedTable = tablewalk::EmptiedTable;

  /// `space`: the address space, which map_range() passes to the frame allocator, and which hashed tables have in their
  /// entries.
  TableBuilder(const std::shared_ptr<const PagingMode>& mode, PhysicalMemory& memory, FrameAllocator& frames,
               AddressSpaceId space = 0)
      : tables_(mode->make_tables(mode, memory, frames, space)) {}

  const PagingMode& mode() const { return tables_->mode(); }
  /// What the root register (CR3) points to. In some organisations it changes when the tables grow
  /// (PagingMode::root_moves).
  PhysicalAddress root() const { return tables_->root(); }

  /// Maps one page of `page_bytes` (a size of the mode) at `va` to `page`, both aligned to it. Throws InputError: an
  /// address outside the mode's address space, an unsupported page size, a frame that does not fit an entry, a page
  /// already mapped (or overlapped by a larger or by smaller ones).
  void map(VirtualAddress va, PhysicalAddress page, std::uint64_t page_bytes, const LeafSpec& spec = {}) {
    tables_->map(va, page, page_bytes, spec);
    if (ranges_) renew_ranges(va, page_bytes);
  }
  /// Maps `bytes` from `va` with pages of `page_bytes`, each allocated by the frame allocator. `va` and `bytes` must be
  /// multiples of `page_bytes`, else it throws InputError.
  void map_range(VirtualAddress va, std::uint64_t bytes, std::uint64_t page_bytes, const LeafSpec& spec = {}) {
    tables_->map_range(va, bytes, page_bytes, spec);
    if (ranges_) renew_ranges(va, bytes);
  }
  /// Unmaps every page in the range; a larger page that is only partly covered is an InputError.
  void unmap(VirtualAddress va, std::uint64_t bytes) {
    tables_->unmap(va, bytes);
    if (ranges_) ranges_->remove(va, va + (bytes - 1));
  }
  /// Rewrites the leaf of every page in the range as `spec` says, with the same frames; same rule for partly covered
  /// pages.
  void protect(VirtualAddress va, std::uint64_t bytes, const LeafSpec& spec) {
    tables_->protect(va, bytes, spec);
    if (ranges_) renew_ranges(va, bytes);
  }
  /// Replaces the page at `va` by smaller ones of `page_bytes`, with the same memory, all as `spec` says. The new
  /// entries are complete before a walk can find them.
  void split(VirtualAddress va, std::uint64_t page_bytes, const LeafSpec& spec) {
    const std::uint64_t whole = ranges_ ? std::uint64_t{1} << leaf(va).value().view.page_shift : 0;
    tables_->split(va, page_bytes, spec);
    if (ranges_) renew_ranges(VirtualAddress(va.value() & ~(whole - 1)), whole);
  }
  bool is_mapped(VirtualAddress va) const { return mode().translates(va) && leaf(va).has_value(); }
  /// The leaf entry that maps `va`, and where it is; none if it is not mapped.
  std::optional<Leaf> leaf(VirtualAddress va) const { return tables_->leaf(va); }

  /// Adds all that is written from now on to that list; nullptr: to none.
  void log_writes(std::vector<Written>* log) {
    tables_->log_writes(log);
    if (ranges_) ranges_->log_writes(log);
  }

  /// From now on every change of a page changes a range table too, which has runs of at least that many pages. A page
  /// is in it while no walk would set its bits. Before log_writes(), and before the first page.
  void keep_ranges(PhysicalMemory& memory, FrameAllocator& frames, std::uint64_t least_pages) {
    memory_ = &memory;
    ranges_ = std::make_unique<RangeTable>(memory, frames, least_pages);
  }
  /// What the register of the range table holds; no entries without keep_ranges().
  RangeRegister range_table() const { return ranges_ ? ranges_->where() : RangeRegister{}; }
  /// nullptr without keep_ranges().
  const RangeTable* ranges() const { return ranges_.get(); }

  /// Another root table, without entries. Throws InputError if the organisation has no tables below a root to share.
  PhysicalAddress make_root() { return tables_->make_root(); }
  /// Keeps the root's entries of one half of the address space also in the root table `copy`, from now on. Throws as
  /// make_root() does.
  void copy_root_half(bool upper, PhysicalAddress copy) { tables_->copy_root_half(upper, copy); }
  /// From now on adds emptied tables to that list instead of releasing their memory, which a walk may still read that
  /// knows them from a paging-structure cache.
  void keep_emptied(std::vector<EmptiedTable>* list) { tables_->keep_emptied(list); }

  /// Radix: tables per level, [0] is the last level; including the root. Others: per kind of table.
  const std::vector<std::uint64_t>& tables_per_level() const { return tables_->tables_per_level(); }
  std::uint64_t table_count() const {
    return std::accumulate(tables_per_level().begin(), tables_per_level().end(), std::uint64_t{0});
  }
  std::uint64_t table_bytes() const { return tables_->table_bytes(); }
  /// What only this organisation has.
  std::vector<TableFigure> figures() const { return tables_->figures(); }

 private:
  void renew_ranges(VirtualAddress va, std::uint64_t bytes);

  std::unique_ptr<PageTables> tables_;
  PhysicalMemory* memory_ = nullptr;  ///< if there are ranges
  std::unique_ptr<RangeTable> ranges_;
};

}  // namespace tablewalk
