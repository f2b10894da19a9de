#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "memory/frame_allocator.h"
#include "memory/physical_memory.h"
#include "paging/paging_mode.h"

namespace tablewalk {

/// Builds one address space's page tables, as real bits in simulated RAM. Tables are made when first needed and given
/// back when their last entry goes (the root stays).
class TableBuilder {
 public:
  /// `space`: whose tables they are; map_range() tells the frame allocator.
  TableBuilder(std::shared_ptr<const PagingMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
               AddressSpaceId space = 0);

  const PagingMode& mode() const { return *mode_; }
  /// What CR3 points to.
  PhysicalAddress root() const { return root_; }

  /// Maps one page of `page_bytes` (legal in the mode) at `va` to `page`, both aligned to it. Throws InputError: an
  /// address outside the mode's address space, a page size the mode lacks, a frame that does not fit an entry, a page
  /// already mapped (or overlapped by a larger or by smaller ones).
  void map(VirtualAddress va, PhysicalAddress page, std::uint64_t page_bytes, const LeafSpec& spec = {});
  /// Maps `bytes` from `va` with pages of `page_bytes`, each to memory of the frame allocator. `va` and `bytes` are
  /// multiples of `page_bytes`, or it throws InputError.
  void map_range(VirtualAddress va, std::uint64_t bytes, std::uint64_t page_bytes, const LeafSpec& spec = {});
  /// Removes every page that lies wholly in the range; a larger page that the range only partly covers is an
  /// InputError.
  void unmap(VirtualAddress va, std::uint64_t bytes);
  /// Rewrites the leaf of every page in the range as `spec` says, frames unchanged; same rule for partly covered pages.
  void protect(VirtualAddress va, std::uint64_t bytes, const LeafSpec& spec);
  bool is_mapped(VirtualAddress va) const;

  /// Tables of each level, [0] the last level's; the root included.
  const std::vector<std::uint64_t>& tables_per_level() const { return tables_per_level_; }
  std::uint64_t table_count() const;
  std::uint64_t table_bytes() const;

 private:
  /// The part of an address that selects entries: it counts on without a gap where canonical halves meet.
  struct Range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;  ///< included
  };
  /// What a change does with a leaf: the entry to write instead, 0 to remove it.
  using Rewrite = std::uint64_t (*)(const PagingMode& mode, const EntryView& leaf, const LeafSpec& spec);

  std::uint64_t prefix(unsigned level, VirtualAddress va) const;
  const PageSize& checked_size(VirtualAddress va, PhysicalAddress page, std::uint64_t page_bytes) const;
  InputError does_not_fit(PhysicalAddress page) const;
  PhysicalAddress table_for(unsigned level, VirtualAddress va);
  PhysicalAddress make_table(unsigned level);
  std::optional<EntryView> find_leaf(VirtualAddress va) const;
  Range checked_range(VirtualAddress va, std::uint64_t bytes) const;
  void check_covered(VirtualAddress va, Range range) const;
  void change_leaves(unsigned level, PhysicalAddress table, Range range, Rewrite rewrite, const LeafSpec& spec);
  void drop_table(unsigned level, PhysicalAddress table);
  EntryView read_entry(PhysicalAddress at, unsigned level) const;
  void write_entry(PhysicalAddress at, std::uint64_t entry) { memory_.write(at, mode_->entry_bytes(), entry); }

  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory& memory_;
  FrameAllocator& frames_;
  AddressSpaceId space_;
  PhysicalAddress root_;
  std::vector<std::uint64_t> tables_per_level_;
  std::unordered_map<PhysicalAddress, std::uint64_t> used_entries_;  ///< of each table

  /// The table that the last map() wrote to: ranges are mapped without descending from the root for every page.
  struct LastTable {
    bool valid = false;
    unsigned level = 0;
    std::uint64_t prefix = 0;
    PhysicalAddress table;
    std::uint64_t* used_entries = nullptr;
  };
  LastTable last_;
};

}  // namespace tablewalk
