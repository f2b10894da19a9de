#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "memory/frame_allocator.h"
#include "memory/physical_memory.h"
#include "paging/paging_mode.h"

namespace tablewalk {

/// The leaf entry that maps an address, and where it is.
struct TableLeaf {
  PhysicalAddress at;
  EntryView view;
};

/// Memory that was written: entries, and new tables, which are cleared.
struct TableWrite {
  PhysicalAddress at;
  std::uint64_t bytes = 0;
};

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

/// A figure of an organisation's tables that radix tables do not have; figures of several address spaces add up.
struct TableFigure {
  const char* name;
  std::uint64_t value;
  const char* unit;
  const char* meaning;
};

/// One address space's tables in simulated memory, in the organisation of its mode: what TableBuilder passes its calls
/// to (paging/table_builder.h says what each does). A derived class writes the entries; the checks are here.
class PageTables {
 public:
  virtual ~PageTables() = default;
  PageTables(const PageTables&) = delete;
  PageTables& operator=(const PageTables&) = delete;

  const PagingMode& mode() const { return *mode_; }
  virtual PhysicalAddress root() const = 0;

  void map(VirtualAddress va, PhysicalAddress page, std::uint64_t page_bytes, const LeafSpec& spec);
  void map_range(VirtualAddress va, std::uint64_t bytes, std::uint64_t page_bytes, const LeafSpec& spec);
  void unmap(VirtualAddress va, std::uint64_t bytes);
  void protect(VirtualAddress va, std::uint64_t bytes, const LeafSpec& spec);
  void split(VirtualAddress va, std::uint64_t page_bytes, const LeafSpec& spec);
  virtual std::optional<TableLeaf> leaf(VirtualAddress va) const = 0;
  void log_writes(std::vector<TableWrite>* log) { log_ = log; }
  virtual PhysicalAddress make_root() { throw has_no_halves(); }
  virtual void copy_root_half(bool /*upper*/, PhysicalAddress /*copy*/) { throw has_no_halves(); }
  void keep_emptied(std::vector<EmptiedTable>* list) { emptied_ = list; }

  /// Radix: tables per level, [0] is the last level. Others: per kind of table.
  const std::vector<std::uint64_t>& tables_per_level() const { return tables_per_level_; }
  virtual std::uint64_t table_bytes() const = 0;
  virtual std::vector<TableFigure> figures() const { return {}; }

 protected:
  /// The translated part of an address range, contiguous where canonical halves meet.
  struct Range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;  ///< inclusive
  };

  PageTables(std::shared_ptr<const PagingMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
             AddressSpaceId space);

  /// `page` and `va` fit and are aligned.
  virtual void add(VirtualAddress va, const PageSize& size, PhysicalAddress page, const LeafSpec& spec) = 0;
  /// Pages are in the range as a whole or not at all.
  virtual void remove(Range range) = 0;
  virtual void rewrite(Range range, const LeafSpec& spec) = 0;
  /// `va` is in the page of `whole`, which has that size, and is to be mapped by pages of `size`.
  virtual void split_leaf(VirtualAddress va, const TableLeaf& whole, const PageSize& before, const PageSize& size,
                          const LeafSpec& spec) = 0;

  /// The leaf for `va` with the rights and bits of `spec`.
  std::uint64_t rewritten(const EntryView& leaf, VirtualAddress va, const LeafSpec& spec) const {
    const PageSize& size = *mode_->find_page_size(std::uint64_t{1} << leaf.page_shift);
    return mode_->encode_entry_of_page(leaf.target, size, mode_->entry_of_page(size, va), spec);
  }
  InputError already_mapped(VirtualAddress va, std::uint64_t page_bytes) const;
  InputError mapped_by_larger(VirtualAddress va, std::uint64_t page_bytes) const;
  /// Cleared memory for a table.
  PhysicalAddress make_table(std::uint64_t bytes);
  /// None if memory has no such block.
  std::optional<PhysicalAddress> try_make_table(std::uint64_t bytes);
  void write(PhysicalAddress at, std::uint64_t entry) {
    memory_.write(at, mode_->entry_bytes(), entry);
    note_written(at, mode_->entry_bytes());
  }
  void note_written(PhysicalAddress at, std::uint64_t bytes) {
    if (log_ != nullptr) log_->push_back({at, bytes});
  }

  PhysicalMemory& memory_;
  FrameAllocator& frames_;
  AddressSpaceId space_;
  std::vector<std::uint64_t> tables_per_level_;
  std::vector<EmptiedTable>* emptied_ = nullptr;

 private:
  const PageSize& checked_size(VirtualAddress va, PhysicalAddress page, std::uint64_t page_bytes) const;
  InputError does_not_fit(PhysicalAddress page) const;
  bool fits_entry(PhysicalAddress table, std::uint64_t bytes) const {
    return bytes <= mode_->memory_limit() && table.value() <= mode_->memory_limit() - bytes;
  }
  InputError has_no_halves() const;
  Range checked_range(VirtualAddress va, std::uint64_t bytes) const;
  void check_covered(VirtualAddress va, Range range) const;

  std::shared_ptr<const PagingMode> mode_;
  std::uint64_t memory_limit_;  ///< of the mode
  std::vector<TableWrite>* log_ = nullptr;
};

}  // namespace tablewalk
