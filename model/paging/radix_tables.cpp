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

void RadixTables::add(VirtualAddress va, const PageSize& size, std::uint64_t leaf) {
  Table& table = table_for(size.level, va);
  const PhysicalAddress at = mode().entry_address(size.level, table.at, va);
  for (std::uint64_t i = 0; i < size.entries; ++i) {
    if (memory_.read(at + i * mode().entry_bytes(), mode().entry_bytes()) != 0) throw already_mapped(va, size.bytes());
  }
  for (std::uint64_t i = 0; i < size.entries; ++i) write(at + i * mode().entry_bytes(), leaf);
  table.used_entries += size.entries;
}

void RadixTables::remove(Range range) {
  change_leaves(mode().root_level(), root_, range, &RadixTables::no_entry, {});
}

void RadixTables::rewrite(Range range, const LeafSpec& spec) {
  change_leaves(mode().root_level(), root_, range, &RadixTables::new_entry, spec);
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
  write(at, mode().encode_pointer(made, level + 1));
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
      const std::uint64_t entry = (this->*change)(view, spec);
      write(at, entry);
      if (entry == 0) --table.used_entries;
    } else if (view.kind == EntryView::Kind::Pointer) {
      Table& below = table_for(level - 1, VirtualAddress(first));
      change_leaves(level - 1, below, {first, last}, change, spec);
      if (below.used_entries == 0) {
        give_back(level - 1, below);
        write(at, 0);
        --table.used_entries;
      }
    }
    if (last == range.last) return;
    first = last + 1;
  }
}

void RadixTables::give_back(unsigned level, Table& table) {
  frames_.release_table(table.at, mode().table_bytes(level));
  table = {};
  --tables_per_level_[level];
}

EntryView RadixTables::read_entry(PhysicalAddress at, unsigned level) const {
  return mode().decode(memory_.read(at, mode().entry_bytes()), level);
}

}  // namespace tablewalk
