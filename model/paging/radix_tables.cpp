#include "paging/radix_tables.h"

#include <algorithm>

namespace tablewalk {

RadixTables::RadixTables(std::shared_ptr<const PagingMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
                         AddressSpaceId space)
    : PageTables(std::move(mode), memory, frames, space),
      translated_(low_bits(this->mode().virtual_bits())),
      levels_(this->mode().root_level()) {
  tables_per_level_.resize(this->mode().levels());
  for (unsigned level = 0; level < this->mode().root_level(); ++level) {
    levels_[level].prefix_shift = this->mode().level(level).index_shift + this->mode().level(level).index_bits;
  }
  root_.at = make_table_of(this->mode().root_level());
}

void RadixTables::add(VirtualAddress va, const PageSize& size, PhysicalAddress page, const LeafSpec& spec) {
  Table& table = table_for(size.level, va);
  const PhysicalAddress at = mode().entry_address(size.level, table.at, va);
  for (std::uint64_t i = 0; i < size.entries; ++i) {
    if (memory_.read(at + i * mode().entry_bytes(), mode().entry_bytes()) != 0) throw already_mapped(va, size.bytes());
  }
  for (unsigned i = 0; i < size.entries; ++i) {
    write_entry(at + std::uint64_t{i} * mode().entry_bytes(), mode().encode_entry_of_page(page, size, i, spec));
  }
  table.used_entries += size.entries;
}

void RadixTables::remove(Range range) {
  change_leaves(mode().root_level(), root_, range, &RadixTables::no_entry, {});
}

void RadixTables::rewrite(Range range, const LeafSpec& spec) {
  change_leaves(mode().root_level(), root_, range, &RadixTables::new_entry, spec);
}

void RadixTables::split_leaf(VirtualAddress va, const TableLeaf& whole, const PageSize& before, const PageSize& size,
                             const LeafSpec& spec) {
  // A page may have several entries; `whole.at` is the one for `va`.
  const unsigned entry_bytes = mode().entry_bytes();
  const PhysicalAddress at(whole.at.value() - std::uint64_t{mode().entry_of_page(before, va)} * entry_bytes);
  const VirtualAddress first(va.value() & ~low_bits(before.shift));
  for (unsigned i = 0; i < before.entries; ++i) {
    write_entry(at + std::uint64_t{i} * entry_bytes, entry_over(before.level, first, whole.view.target, i, size, spec));
  }
}

/// The entry with that index, of several pages of that size that map the memory from `target` on.
std::uint64_t RadixTables::entry_within(PhysicalAddress target, std::uint64_t index, const PageSize& size,
                                        const LeafSpec& spec) const {
  return mode().encode_entry_of_page(target + index / size.entries * size.bytes(), size,
                                     static_cast<unsigned>(index % size.entries), spec);
}

/// The same of any level: pages of a lower one are in a table that the entry points to.
std::uint64_t RadixTables::entry_over(unsigned level, VirtualAddress va, PhysicalAddress target, std::uint64_t index,
                                      const PageSize& size, const LeafSpec& spec) {
  if (level == size.level) return entry_within(target, index, size, spec);
  const std::uint64_t offset = index * mode().page_bytes(level);
  return mode().encode_pointer(make_full_table(level - 1, va + offset, target + offset, size, spec), level);
}

/// A table whose entries map the memory from `target` on with pages of that size, through further tables if need be.
PhysicalAddress RadixTables::make_full_table(unsigned level, VirtualAddress va, PhysicalAddress target,
                                             const PageSize& size, const LeafSpec& spec) {
  const PhysicalAddress made = make_table_of(level);
  const std::uint64_t entries = mode().table_bytes(level) / mode().entry_bytes();
  for (std::uint64_t i = 0; i < entries; ++i) {
    write_entry(made + i * mode().entry_bytes(), entry_over(level, va, target, i, size, spec));
  }
  levels_[level].tables.find_or_make(prefix(level, va)) = {made, entries};
  return made;
}

std::uint64_t RadixTables::table_bytes() const {
  std::uint64_t bytes = 0;
  for (unsigned level = 0; level < mode().levels(); ++level)
    bytes += tables_per_level_[level] * mode().table_bytes(level);
  return bytes;
}

/// The table of that level for `va`; missing ones are allocated, including those above it.
RadixTables::Table& RadixTables::table_for(unsigned level, VirtualAddress va) {
  if (level == mode().root_level()) return root_;
  Table* table = levels_[level].tables.find(prefix(level, va));
  return table != nullptr && table->at != PhysicalAddress(0) ? *table : make_table_for(level, va);
}

RadixTables::Table& RadixTables::make_table_for(unsigned level, VirtualAddress va) {
  Table& above = table_for(level + 1, va);
  const PhysicalAddress at = mode().entry_address(level + 1, above.at, va);
  if (read_entry(at, level + 1).kind == EntryView::Kind::Leaf) throw mapped_by_larger(va, mode().page_bytes(level + 1));
  const PhysicalAddress made = make_table_of(level);
  write_entry(at, mode().encode_pointer(made, level + 1));
  ++above.used_entries;
  Table& table = levels_[level].tables.find_or_make(prefix(level, va));
  table.at = made;
  return table;
}

PhysicalAddress RadixTables::make_table_of(unsigned level) {
  const PhysicalAddress table = make_table(mode().table_bytes(level));
  ++tables_per_level_[level];
  return table;
}

void RadixTables::copy_root_half(bool upper, PhysicalAddress copy) {
  root_copies_.push_back({upper, copy});
  const std::uint64_t half = mode().table_bytes(mode().root_level()) / 2;
  for (std::uint64_t offset = upper ? half : 0; offset < (upper ? 2 * half : half); offset += mode().entry_bytes()) {
    const std::uint64_t entry = memory_.read(root_.at + offset, mode().entry_bytes());
    if (entry != 0) write(copy + offset, entry);
  }
}

/// An entry that was just written may be the root's.
void RadixTables::copy_root_entry(PhysicalAddress at, std::uint64_t entry) {
  const std::uint64_t bytes = mode().table_bytes(mode().root_level());
  const std::uint64_t offset = at - root_.at;
  if (at < root_.at || offset >= bytes) return;
  for (const RootCopy& copy : root_copies_) {
    if (copy.upper == (offset >= bytes / 2)) write(copy.root + offset, entry);
  }
}

std::optional<TableLeaf> RadixTables::leaf(VirtualAddress va) const {
  PhysicalAddress table = root_.at;
  for (unsigned level = mode().root_level();; --level) {
    const PhysicalAddress at = mode().entry_address(level, table, va);
    const EntryView view = read_entry(at, level);
    if (view.kind == EntryView::Kind::Leaf) return TableLeaf{at, view};
    if (view.kind != EntryView::Kind::Pointer) return std::nullopt;
    table = view.target;
  }
}

/// Visits the entries of one table in the range, and the tables below; frees tables that became empty. Stops early once
/// the table itself is empty.
void RadixTables::change_leaves(unsigned level, Table& table, Range range, Rewrite change, const LeafSpec& spec) {
  const std::uint64_t span = mode().page_bytes(level);
  for (std::uint64_t first = range.first; table.used_entries != 0;) {
    const std::uint64_t last = std::min(range.last, first | (span - 1));
    const PhysicalAddress at = mode().entry_address(level, table.at, VirtualAddress(first));
    const EntryView view = read_entry(at, level);
    if (view.kind == EntryView::Kind::Leaf) {
      const std::uint64_t entry = (this->*change)(view, VirtualAddress(first), spec);
      write_entry(at, entry);
      if (entry == 0) --table.used_entries;
    } else if (view.kind == EntryView::Kind::Pointer) {
      Table& below = table_for(level - 1, VirtualAddress(first));
      change_leaves(level - 1, below, {first, last}, change, spec);
      if (below.used_entries == 0) {
        give_back(level - 1, below, first);
        write_entry(at, 0);
        --table.used_entries;
      }
    }
    if (last == range.last) return;
    first = last + 1;
  }
}

void RadixTables::give_back(unsigned level, Table& table, std::uint64_t first) {
  const LevelShape& shape = mode().level(level);
  const EmptiedTable emptied{&frames_,    table.at, mode().table_bytes(level),           space_,
                             translated_, first,    shape.index_shift + shape.index_bits};
  if (emptied_ == nullptr) {
    emptied.release();
  } else {
    emptied_->push_back(emptied);
  }
  table = {};
  --tables_per_level_[level];
}

EntryView RadixTables::read_entry(PhysicalAddress at, unsigned level) const {
  return mode().decode(memory_.read(at, mode().entry_bytes()), level);
}

}  // namespace tablewalk
