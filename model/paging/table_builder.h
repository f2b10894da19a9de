#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/number_map.h"
#include "memory/frame_allocator.h"
#include "memory/physical_memory.h"
#include "paging/paging_mode.h"

namespace tablewalk {

/// Builds one address space's page tables as real bits in simulated RAM. Tables are allocated when first needed and
/// freed with their last entry (except the root).
class TableBuilder {
 public:
  /// `space`: the address space, which map_range() passes to the frame allocator.
  TableBuilder(std::shared_ptr<const PagingMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
               AddressSpaceId space = 0);

  const PagingMode& mode() const { return *mode_; }
  /// The address that CR3 points to.
  PhysicalAddress root() const { return root_.at; }

  /// Maps one page of `page_bytes` (a size of the mode) at `va` to `page`, both aligned to it. Throws InputError: an
  /// address outside the mode's address space, an unsupported page size, a frame that does not fit an entry, a page
  /// already mapped (or overlapped by a larger or by smaller ones).
  void map(VirtualAddress va, PhysicalAddress page, std::uint64_t page_bytes, const LeafSpec& spec = {});
  /// Maps `bytes` from `va` with pages of `page_bytes`, each allocated by the frame allocator. `va` and `bytes` must be
  /// multiples of `page_bytes`, else it throws InputError.
  void map_range(VirtualAddress va, std::uint64_t bytes, std::uint64_t page_bytes, const LeafSpec& spec = {});
  /// Unmaps every page in the range; a larger page that is only partly covered is an InputError.
  void unmap(VirtualAddress va, std::uint64_t bytes);
  /// Rewrites the leaf of every page in the range as `spec` says, with the same frames; same rule for partly covered
  /// pages.
  void protect(VirtualAddress va, std::uint64_t bytes, const LeafSpec& spec);
  /// Replaces the page at `va` by smaller ones of `page_bytes`, with the same memory, all as `spec` says. The new
  /// tables are complete before the entry points to them.
  void split(VirtualAddress va, std::uint64_t page_bytes, const LeafSpec& spec);
  bool is_mapped(VirtualAddress va) const;
  /// The leaf entry that maps `va`, and where it is; none if it is not mapped.
  struct Leaf {
    PhysicalAddress at;
    EntryView view;
  };
  std::optional<Leaf> leaf(VirtualAddress va) const;

  /// Memory that was written: entries, and new tables, which are cleared.
  struct Written {
    PhysicalAddress at;
    std::uint64_t bytes = 0;
  };
  /// Adds all that is written from now on to that list; nullptr: to none.
  void log_writes(std::vector<Written>* log) { log_ = log; }

  /// Another root table, without entries.
  PhysicalAddress make_root() { return make_table(mode_->root_level()); }
  /// Keeps the root's entries of one half of the address space also in the root table `copy`, from now on.
  void copy_root_half(bool upper, PhysicalAddress copy);

  /// A table without entries that no entry points to any more.
  struct EmptiedTable {
    FrameAllocator* frames;
    PhysicalAddress at;
    std::uint64_t bytes;
    AddressSpaceId space;
    std::uint64_t translated;  ///< the bits of an address that are translated
    std::uint64_t first;       ///< the first address that it mapped, of these bits
    unsigned shift;            ///< log2 of the bytes that it mapped

    bool mapped(AddressSpaceId asid, VirtualAddress va) const {
      return asid == space && (va.value() & translated) >> shift == first >> shift;
    }
    void release() const { frames->release_table(at, bytes); }
  };
  /// From now on adds emptied tables to that list instead of releasing their memory, which a walk may still read that
  /// knows them from a paging-structure cache.
  void keep_emptied(std::vector<EmptiedTable>* list) { emptied_ = list; }

  /// Tables per level, [0] is the last level; including the root.
  const std::vector<std::uint64_t>& tables_per_level() const { return tables_per_level_; }
  std::uint64_t table_count() const;
  std::uint64_t table_bytes() const;

 private:
  /// The translated part of an address range, contiguous where canonical halves meet.
  struct Range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;  ///< inclusive
  };
  /// How a change rewrites a leaf: the new entry, or 0 to remove it.
  using Rewrite = std::uint64_t (*)(const PagingMode& mode, const EntryView& leaf, VirtualAddress va,
                                    const LeafSpec& spec);

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

  /// The table of that level, below the root, for an address.
  std::uint64_t prefix(unsigned level, VirtualAddress va) const {
    return (va.value() & translated_) >> levels_[level].prefix_shift;
  }
  const PageSize& checked_size(VirtualAddress va, PhysicalAddress page, std::uint64_t page_bytes) const;
  InputError does_not_fit(PhysicalAddress page) const;
  Table& table_for(unsigned level, VirtualAddress va);
  Table& make_table_for(unsigned level, VirtualAddress va);
  PhysicalAddress make_table(unsigned level);
  std::uint64_t entry_within(PhysicalAddress target, std::uint64_t index, const PageSize& size,
                             const LeafSpec& spec) const;
  PhysicalAddress make_full_table(unsigned level, VirtualAddress va, PhysicalAddress target, const PageSize& size,
                                  const LeafSpec& spec);
  Range checked_range(VirtualAddress va, std::uint64_t bytes) const;
  void check_covered(VirtualAddress va, Range range) const;
  void change_leaves(unsigned level, Table& table, Range range, Rewrite rewrite, const LeafSpec& spec);
  void give_back(unsigned level, Table& table, std::uint64_t first);
  EntryView read_entry(PhysicalAddress at, unsigned level) const;
  void write_entry(PhysicalAddress at, std::uint64_t entry) {
    memory_.write(at, mode_->entry_bytes(), entry);
    if (log_ != nullptr) log_->push_back({at, mode_->entry_bytes()});
    if (!root_copies_.empty()) copy_root_entry(at, entry);
  }
  void copy_root_entry(PhysicalAddress at, std::uint64_t entry);

  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory& memory_;
  FrameAllocator& frames_;
  AddressSpaceId space_;
  std::uint64_t translated_;    ///< translated bits of an address
  std::uint64_t memory_limit_;  ///< of the mode
  std::vector<Level> levels_;   ///< [0] is the last level
  std::vector<std::uint64_t> tables_per_level_;
  Table root_;
  struct RootCopy {
    bool upper = false;
    PhysicalAddress root;
  };
  std::vector<RootCopy> root_copies_;
  std::vector<Written>* log_ = nullptr;
  std::vector<EmptiedTable>* emptied_ = nullptr;
};

}  // namespace tablewalk
