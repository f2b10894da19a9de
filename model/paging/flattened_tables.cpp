#include "paging/flattened_tables.h"

#include <algorithm>

namespace tablewalk {

FlattenedTables::FlattenedTables(std::shared_ptr<const FlattenedMode> mode, PhysicalMemory& memory,
                                 FrameAllocator& frames, AddressSpaceId space)
    : PageTables(mode, memory, frames, space),
      flattened_(std::move(mode)),
      translated_(low_bits(flattened_->virtual_bits())) {
  tables_per_level_.resize(flattened_->levels());
  const unsigned level = flattened_->root_level();
  std::optional<Table> merged;
  if (flattened_->is_upper(level)) merged = try_make_merged(level - 1);
  root_ = merged ? *merged : make(level, false);
}

std::optional<TableLeaf> FlattenedTables::leaf(VirtualAddress va) const {
  for (Table table = root_;;) {
    const PhysicalAddress at = entry_at(table, va.value());
    const EntryView view = flattened_->decode(read(at), table.level);
    if (view.kind == EntryView::Kind::Leaf) return TableLeaf{at, view};
    if (view.kind != EntryView::Kind::Pointer) return std::nullopt;
    table = below(table, view);
  }
}

bool FlattenedTables::holds(const Table& table, const PageSize& size) const {
  return size.level == table.level || (FlattenedMode::is_merged(table.at) && size.level == table.level + 1);
}

FlattenedTables::Table FlattenedTables::table_for(VirtualAddress va, const PageSize& size) {
  Table table = root_;
  while (!holds(table, size)) {
    const PhysicalAddress at = entry_at(table, va.value());
    const EntryView view = flattened_->decode(read(at), table.level);
    if (view.kind == EntryView::Kind::Leaf) throw mapped_by_larger(va, std::uint64_t{1} << view.page_shift);
    if (view.kind == EntryView::Kind::Pointer) {
      table = below(table, view);
      continue;
    }
    const Table made = make_below(table.level - 1, size);
    write(at, flattened_->encode_pointer(made.at, table.level));
    ++used(table);
    table = made;
  }
  return table;
}

/// A table of that level, or a merged one of it and the next lower level, for pages of at most that size.
FlattenedTables::Table FlattenedTables::make_below(unsigned level, const PageSize& size) {
  if (flattened_->is_upper(level) && size.level < level) {
    if (const auto merged = try_make_merged(level - 1)) return *merged;
  }
  return make(level, false);
}

FlattenedTables::Table FlattenedTables::make(unsigned level, bool merged) {
  const PhysicalAddress at(merged ? 1 : 0);
  const PhysicalAddress table = make_table(flattened_->bytes_of(at, level));
  return noted(merged ? FlattenedMode::merged(table) : table, level);
}

std::optional<FlattenedTables::Table> FlattenedTables::try_make_merged(unsigned level) {
  const PhysicalAddress any(1);
  const auto table = try_make_table(flattened_->bytes_of(any, level));
  if (!table) {
    ++not_merged_;
    return std::nullopt;
  }
  return noted(FlattenedMode::merged(*table), level);
}

FlattenedTables::Table FlattenedTables::noted(PhysicalAddress at, unsigned level) {
  ++tables_per_level_[level];
  bytes_ += flattened_->bytes_of(at, level);
  merged_ += FlattenedMode::is_merged(at) ? 1 : 0;
  used_[at.value()] = 0;
  return {at, level};
}

void FlattenedTables::add(VirtualAddress va, const PageSize& size, PhysicalAddress page, const LeafSpec& spec) {
  const Table table = table_for(va, size);
  const bool many = size.level != table.level;
  const std::uint64_t entries = many ? size.entries : 1;
  const PhysicalAddress at = entry_at(table, va.value());
  for (std::uint64_t i = 0; i < entries; ++i) {
    if (read(at + i * mode().entry_bytes()) != 0) throw already_mapped(va, size.bytes());
  }
  const std::uint64_t leaf = flattened_->encode_leaf(page, size, spec);
  const std::uint64_t entry = many ? FlattenedMode::as_one_of_many(leaf) : leaf;
  for (std::uint64_t i = 0; i < entries; ++i) write(at + i * mode().entry_bytes(), entry);
  used(table) += entries;
}

void FlattenedTables::remove(Range range) {
  change_leaves(root_, range, nullptr);
}

void FlattenedTables::rewrite(Range range, const LeafSpec& spec) {
  change_leaves(root_, range, &spec);
}

/// Visits the entries of one table in the range, and the tables below; frees tables that became empty. Stops early once
/// the table itself is empty.
void FlattenedTables::change_leaves(const Table& table, Range range, const LeafSpec* spec) {
  const std::uint64_t span = mode().page_bytes(table.level);
  for (std::uint64_t first = range.first; used(table) != 0;) {
    const std::uint64_t last = std::min(range.last, first | (span - 1));
    const PhysicalAddress at = entry_at(table, first);
    const std::uint64_t old = read(at);
    const EntryView view = flattened_->decode(old, table.level);
    if (view.kind == EntryView::Kind::Leaf && spec == nullptr) {
      write(at, 0);
      --used(table);
    } else if (view.kind == EntryView::Kind::Leaf) {
      const PageSize& size = *flattened_->find_page_size(std::uint64_t{1} << view.page_shift);
      const std::uint64_t changed = flattened_->encode_leaf(view.target, size, *spec);
      write(at, FlattenedMode::is_one_of_many(old) ? FlattenedMode::as_one_of_many(changed) : changed);
    } else if (view.kind == EntryView::Kind::Pointer) {
      const Table lower = below(table, view);
      change_leaves(lower, {first, last}, spec);
      if (used(lower) == 0) {
        write(at, 0);
        --used(table);
        give_back(lower, first);
      }
    }
    if (last == range.last) return;
    first = last + 1;
  }
}

void FlattenedTables::give_back(const Table& table, std::uint64_t first) {
  const std::uint64_t bytes = flattened_->bytes_of(table.at, table.level);
  const unsigned shift = flattened_->index_shift(table.level) + flattened_->index_bits(table.at, table.level);
  const EmptiedTable emptied{&frames_, FlattenedMode::address_of(table.at), bytes, space_, translated_, first, shift};
  if (emptied_ == nullptr) {
    emptied.release();
  } else {
    emptied_->push_back(emptied);
  }
  --tables_per_level_[table.level];
  bytes_ -= bytes;
  merged_ -= FlattenedMode::is_merged(table.at) ? 1 : 0;
  used_.erase(table.at.value());
}

void FlattenedTables::split_leaf(VirtualAddress va, const TableLeaf& whole, const PageSize& before,
                                 const PageSize& size, const LeafSpec& spec) {
  const Table table = table_for(va, before);
  const VirtualAddress first(va.value() & ~low_bits(before.shift));
  if (before.level != table.level) {  // one of many entries in a merged table
    const std::uint64_t index = (entry_at(table, first.value()) - FlattenedMode::address_of(table.at)) / 8;
    used(table) -= before.entries;
    return fill(table, index, before.entries, whole.view.target, size, spec);
  }
  const Table made = make_below(before.level - 1, size);
  fill(made, 0, std::uint64_t{1} << flattened_->index_bits(made.at, made.level), whole.view.target, size, spec);
  write(whole.at, flattened_->encode_pointer(made.at, before.level));
}

void FlattenedTables::fill(const Table& table, std::uint64_t first, std::uint64_t count, PhysicalAddress target,
                           const PageSize& size, const LeafSpec& spec) {
  const std::uint64_t span = mode().page_bytes(table.level);
  const std::uint64_t entries = size.level > table.level ? size.entries : 1;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t entry = 0;
    if (size.level < table.level) {
      const Table made = make_below(table.level - 1, size);
      fill(made, 0, std::uint64_t{1} << flattened_->index_bits(made.at, made.level), target + i * span, size, spec);
      entry = flattened_->encode_pointer(made.at, table.level);
    } else {
      entry = flattened_->encode_leaf(target + i / entries * entries * span, size, spec);
      if (entries != 1) entry = FlattenedMode::as_one_of_many(entry);
    }
    write(FlattenedMode::address_of(table.at) + (first + i) * mode().entry_bytes(), entry);
  }
  used(table) += count;
}

std::vector<TableFigure> FlattenedTables::figures() const {
  return {{"merged", merged_, "tables", "tables of two levels"},
          {"not_merged", not_merged_, "times", "memory had no block for a merged table, so ordinary ones were made"}};
}

}  // namespace tablewalk
