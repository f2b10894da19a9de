#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/types.h"
#include "memory/frame_allocator.h"
#include "memory/physical_memory.h"
#include "paging/page_tables.h"
#include "paging/paging_mode.h"

namespace tablewalk {

/// A run of adjacent pages of one size whose frames are all at the same distance from their addresses, and which are
/// equal in everything else that a walk finds. Every page has its accessed and dirty bits set.
///
/// In memory, 32 bytes, little-endian:
///
///     0   BASE    address of the first byte
///     8   LIMIT   address of the last byte
///     16  OFFSET  physical minus virtual address, modulo 2^64
///     24  bit 0 valid; 1 read; 2 write; 3 execute; 4 user; 5 privileged execute; 6 global;
///         bits 15:8 log2 of the page size; 23:16 level of the leaf entries; 31:24 protection key
struct RangeEntry {
  static constexpr unsigned bytes = 32;
  using Words = std::array<std::uint64_t, 4>;

  VirtualAddress first;
  VirtualAddress last;
  std::uint64_t offset = 0;
  Rights rights;
  bool global = false;
  std::uint8_t page_shift = 0;
  std::uint8_t level = 0;

  bool contains(VirtualAddress va) const { return first <= va && va <= last; }
  /// What a walk of that page finds.
  Translation translation(VirtualAddress va) const;
  /// Whether pages of both can be in one range.
  bool agrees(const RangeEntry& other) const {
    return offset == other.offset && rights == other.rights && global == other.global &&
           page_shift == other.page_shift && level == other.level;
  }

  Words encode() const;
  /// None if the entry is not valid.
  static std::optional<RangeEntry> decode(const Words& words);
};

/// What the register of an address space holds: the address of the first entry, and how many there are.
struct RangeRegister {
  PhysicalAddress table;
  std::uint64_t entries = 0;
};

/// A binary search for the range of an address, one read after the other: what hardware does, without time.
class RangeSearch {
 public:
  RangeSearch() = default;
  RangeSearch(const RangeRegister& where, VirtualAddress va) : table_(where.table), end_(where.entries), va_(va) {}

  /// Whether there is an entry to read next, at that address.
  bool reads() const { return !found_ && begin_ != end_; }
  PhysicalAddress address() const { return table_ + middle() * RangeEntry::bytes; }
  /// The bytes of that entry.
  void supply(const unsigned char* bytes);
  const std::optional<RangeEntry>& found() const { return found_; }

 private:
  std::uint64_t middle() const { return begin_ + (end_ - begin_) / 2; }

  PhysicalAddress table_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  VirtualAddress va_;
  std::optional<RangeEntry> found_;
};

/// The page of that address as every walk finds it, none of which would change its entry; else none.
std::optional<Translation> settled_page(const PagingMode& mode, const PhysicalMemory& memory, PhysicalAddress root,
                                        VirtualAddress va);

/// The range table of one address space in simulated memory: its ranges of at least some pages, as a sorted array.
/// Redundant to the page table: every page of a range is mapped there too.
///
/// An array that has become too small is cleared and stays reserved, so that a search in progress finds nothing in it.
class RangeTable {
 public:
  RangeTable(PhysicalMemory& memory, FrameAllocator& frames, std::uint64_t least_pages)
      : memory_(memory), frames_(frames), least_pages_(least_pages) {}

  /// The page around `va` is mapped now, as a walk finds it.
  void add(VirtualAddress va, const Translation& page);
  /// The pages from `first` to `last`, its last byte, are no longer what they were.
  void remove(VirtualAddress first, VirtualAddress last);
  /// Adds all that is written from now on to that list; nullptr: to none.
  void log_writes(std::vector<TableWrite>* log) { log_ = log; }

  RangeRegister where() const { return {table_, entries_.size()}; }
  std::uint64_t entries() const { return entries_.size(); }
  /// Pages in the ranges of the table.
  std::uint64_t pages() const { return pages_; }
  /// Memory of the present array.
  std::uint64_t table_bytes() const { return capacity_ * RangeEntry::bytes; }

 private:
  void insert_run(const RangeEntry& run);
  void rewrite(VirtualAddress first, VirtualAddress last);
  bool is_long(const RangeEntry& run) const { return pages_of(run) >= least_pages_; }
  static std::uint64_t pages_of(const RangeEntry& run) { return ((run.last - run.first) >> run.page_shift) + 1; }
  void make_room(std::size_t entries);
  void write(std::size_t begin, std::size_t end);
  void note_written(PhysicalAddress at, std::uint64_t bytes) {
    if (log_ != nullptr && bytes != 0) log_->push_back({at, bytes});
  }

  PhysicalMemory& memory_;
  FrameAllocator& frames_;
  std::uint64_t least_pages_;
  std::map<std::uint64_t, RangeEntry> runs_;  ///< all, by their first address
  std::vector<RangeEntry> entries_;           ///< those in memory
  std::uint64_t pages_ = 0;
  PhysicalAddress table_;
  std::uint64_t capacity_ = 0;  ///< entries that fit
  std::vector<TableWrite>* log_ = nullptr;
};

}  // namespace tablewalk
