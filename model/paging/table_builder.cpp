#include "paging/table_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/units.h"

namespace tablewalk {

TableBuilder::TableBuilder(std::shared_ptr<const PagingMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
                           AddressSpaceId space)
    : mode_(std::move(mode)),
      memory_(memory),
      frames_(frames),
      space_(space),
      translated_(low_bits(mode_->virtual_bits())),
      memory_limit_(mode_->memory_limit()),
      levels_(mode_->root_level()),
      tables_per_level_(mode_->levels()) {
  for (unsigned level = 0; level < mode_->root_level(); ++level) {
    levels_[level].prefix_shift = mode_->level(level).index_shift + mode_->level(level).index_bits;
  }
  root_.at = make_table(mode_->root_level());
}

void TableBuilder::map(VirtualAddress va, PhysicalAddress page, std::uint64_t page_bytes, const LeafSpec& spec) {
  const PageSize& size = checked_size(va, page, page_bytes);
  const unsigned level = size.level;
  const std::uint64_t leaf = mode_->encode_leaf(page, size, spec);
  if (page.value() >= memory_limit_ && mode_->decode(leaf, level).target != page) throw does_not_fit(page);
  Table& table = table_for(level, va);
  const PhysicalAddress at = mode_->entry_address(level, table.at, va);
  for (std::uint64_t i = 0; i < size.entries; ++i) {
    if (memory_.read(at + i * mode_->entry_bytes(), mode_->entry_bytes()) == 0) continue;
    throw InputError(fmt::format("{}: address {:#x} is already mapped: expected an unmapped {} page", mode_->name(),
                                 va.value(), format_byte_size({page_bytes})));
  }
  for (unsigned i = 0; i < size.entries; ++i) {
    write_entry(at + i * mode_->entry_bytes(), mode_->encode_entry_of_page(page, size, i, spec));
  }
  table.used_entries += size.entries;
}

void TableBuilder::map_range(VirtualAddress va, std::uint64_t bytes, std::uint64_t page_bytes, const LeafSpec& spec) {
  checked_size(va, PhysicalAddress(0), page_bytes);
  if (bytes % page_bytes != 0) {
    throw InputError(fmt::format("{}: range {:#x}+{:#x} is not made of whole {} pages", mode_->name(), va.value(),
                                 bytes, format_byte_size({page_bytes})));
  }
  if (bytes == 0) return;
  checked_range(va, bytes);
  for (std::uint64_t offset = 0; offset < bytes; offset += page_bytes) {
    map(va + offset, frames_.allocate_page(va + offset, page_bytes, space_), page_bytes, spec);
  }
}

void TableBuilder::unmap(VirtualAddress va, std::uint64_t bytes) {
  if (bytes == 0) return;
  const Range range = checked_range(va, bytes);
  check_covered(va, range);
  check_covered(va + (bytes - 1), range);
  const Rewrite remove = [](const PagingMode&, const EntryView&, VirtualAddress, const LeafSpec&) -> std::uint64_t {
    return 0;
  };
  change_leaves(mode_->root_level(), root_, range, remove, {});
}

void TableBuilder::protect(VirtualAddress va, std::uint64_t bytes, const LeafSpec& spec) {
  if (bytes == 0) return;
  const Range range = checked_range(va, bytes);
  check_covered(va, range);
  check_covered(va + (bytes - 1), range);
  const Rewrite rewrite = [](const PagingMode& mode, const EntryView& leaf, VirtualAddress at, const LeafSpec& wanted) {
    const PageSize& size = *mode.find_page_size(std::uint64_t{1} << leaf.page_shift);
    return mode.encode_entry_of_page(leaf.target, size, mode.entry_of_page(size, at), wanted);
  };
  change_leaves(mode_->root_level(), root_, range, rewrite, spec);
}

void TableBuilder::split(VirtualAddress va, std::uint64_t page_bytes, const LeafSpec& spec) {
  const Leaf whole = leaf(va).value();
  const PageSize& size = *mode_->find_page_size(page_bytes);
  const PageSize& before = *mode_->find_page_size(std::uint64_t{1} << whole.view.page_shift);
  const VirtualAddress first(va.value() & ~low_bits(before.shift));
  if (before.level != size.level) {
    const PhysicalAddress below = make_full_table(before.level - 1, first, whole.view.target, size, spec);
    return write_entry(whole.at, mode_->encode_pointer(below, before.level));
  }
  // Several entries of one table: `whole.at` is the one for `va`.
  const PhysicalAddress at(whole.at.value() - mode_->entry_of_page(before, va) * mode_->entry_bytes());
  for (unsigned i = 0; i < before.entries; ++i) {
    write_entry(at + i * mode_->entry_bytes(), entry_within(whole.view.target, i, size, spec));
  }
}

/// The entry with that index, of several pages of that size that map the memory from `target` on.
std::uint64_t TableBuilder::entry_within(PhysicalAddress target, std::uint64_t index, const PageSize& size,
                                         const LeafSpec& spec) const {
  return mode_->encode_entry_of_page(target + index / size.entries * size.bytes(), size,
                                     static_cast<unsigned>(index % size.entries), spec);
}

/// A table whose entries map the memory from `target` on with pages of that size, through further tables if need be.
PhysicalAddress TableBuilder::make_full_table(unsigned level, VirtualAddress va, PhysicalAddress target,
                                              const PageSize& size, const LeafSpec& spec) {
  const PhysicalAddress made = make_table(level);
  const std::uint64_t entries = mode_->table_bytes(level) / mode_->entry_bytes();
  const std::uint64_t span = mode_->page_bytes(level);
  for (std::uint64_t i = 0; i < entries; ++i) {
    const std::uint64_t entry =
        level == size.level
            ? entry_within(target, i, size, spec)
            : mode_->encode_pointer(make_full_table(level - 1, va + i * span, target + i * span, size, spec), level);
    write_entry(made + i * mode_->entry_bytes(), entry);
  }
  levels_[level].tables.find_or_make(prefix(level, va)) = {made, entries};
  return made;
}

bool TableBuilder::is_mapped(VirtualAddress va) const {
  return mode_->translates(va) && leaf(va).has_value();
}

std::uint64_t TableBuilder::table_count() const {
  std::uint64_t count = 0;
  for (const std::uint64_t tables : tables_per_level_) count += tables;
  return count;
}

std::uint64_t TableBuilder::table_bytes() const {
  std::uint64_t bytes = 0;
  for (unsigned level = 0; level < mode_->levels(); ++level)
    bytes += tables_per_level_[level] * mode_->table_bytes(level);
  return bytes;
}

/// The mode's page size, after checking that a page at `va` may map to `page`.
const PageSize& TableBuilder::checked_size(VirtualAddress va, PhysicalAddress page, std::uint64_t page_bytes) const {
  const PageSize* size = mode_->find_page_size(page_bytes);
  if (size == nullptr) {
    throw InputError(fmt::format("{}: has no pages of {}: expected {}", mode_->name(), format_byte_size({page_bytes}),
                                 page_sizes_text(*mode_)));
  }
  if (!mode_->translates(va)) {
    throw InputError(fmt::format("{}: address {:#x} is outside the {}-bit address space", mode_->name(), va.value(),
                                 mode_->virtual_bits()));
  }
  if (((va.value() | page.value()) & (page_bytes - 1)) != 0) {
    throw InputError(fmt::format("{}: page at {:#x} to physical {:#x}: expected both aligned to {}", mode_->name(),
                                 va.value(), page.value(), format_byte_size({page_bytes})));
  }
  if (page_bytes > mode_->physical_limit() || page.value() > mode_->physical_limit() - page_bytes) {
    throw does_not_fit(page);
  }
  return *size;
}

InputError TableBuilder::does_not_fit(PhysicalAddress page) const {
  return InputError(fmt::format("{}: physical page {:#x} does not fit an entry: expected one below {:#x}",
                                mode_->name(), page.value(), mode_->memory_limit()));
}

/// The table of that level for `va`; missing ones are allocated, including those above it.
TableBuilder::Table& TableBuilder::table_for(unsigned level, VirtualAddress va) {
  if (level == mode_->root_level()) return root_;
  Table* table = levels_[level].tables.find(prefix(level, va));
  return table != nullptr && table->at != PhysicalAddress(0) ? *table : make_table_for(level, va);
}

TableBuilder::Table& TableBuilder::make_table_for(unsigned level, VirtualAddress va) {
  Table& above = table_for(level + 1, va);
  const PhysicalAddress at = mode_->entry_address(level + 1, above.at, va);
  if (read_entry(at, level + 1).kind == EntryView::Kind::Leaf) {
    throw InputError(fmt::format("{}: address {:#x} is already mapped by a larger page of {}", mode_->name(),
                                 va.value(), format_byte_size({mode_->page_bytes(level + 1)})));
  }
  const PhysicalAddress made = make_table(level);
  write_entry(at, mode_->encode_pointer(made, level + 1));
  ++above.used_entries;
  Table& table = levels_[level].tables.find_or_make(prefix(level, va));
  table.at = made;
  return table;
}

PhysicalAddress TableBuilder::make_table(unsigned level) {
  const std::uint64_t bytes = mode_->table_bytes(level);
  const PhysicalAddress table = frames_.allocate_table(bytes);
  // The root's address is in a register, not in an entry.
  if (bytes > mode_->memory_limit() || table.value() > mode_->memory_limit() - bytes) {
    throw InputError(fmt::format("{}: page table at {:#x} does not fit an entry: expected memory of at most {}",
                                 mode_->name(), table.value(), format_byte_size({mode_->memory_limit()})));
  }
  ++tables_per_level_[level];
  if (log_ != nullptr) log_->push_back({table, bytes});
  return table;
}

void TableBuilder::copy_root_half(bool upper, PhysicalAddress copy) {
  root_copies_.push_back({upper, copy});
  const std::uint64_t half = mode_->table_bytes(mode_->root_level()) / 2;
  for (std::uint64_t offset = upper ? half : 0; offset < (upper ? 2 * half : half); offset += mode_->entry_bytes()) {
    const std::uint64_t entry = memory_.read(root_.at + offset, mode_->entry_bytes());
    if (entry == 0) continue;
    memory_.write(copy + offset, mode_->entry_bytes(), entry);
    if (log_ != nullptr) log_->push_back({copy + offset, mode_->entry_bytes()});
  }
}

/// An entry that was just written may be the root's.
void TableBuilder::copy_root_entry(PhysicalAddress at, std::uint64_t entry) {
  const std::uint64_t bytes = mode_->table_bytes(mode_->root_level());
  const std::uint64_t offset = at - root_.at;
  if (at < root_.at || offset >= bytes) return;
  for (const RootCopy& copy : root_copies_) {
    if (copy.upper != (offset >= bytes / 2)) continue;
    memory_.write(copy.root + offset, mode_->entry_bytes(), entry);
    if (log_ != nullptr) log_->push_back({copy.root + offset, mode_->entry_bytes()});
  }
}

std::optional<TableBuilder::Leaf> TableBuilder::leaf(VirtualAddress va) const {
  PhysicalAddress table = root_.at;
  for (unsigned level = mode_->root_level();; --level) {
    const PhysicalAddress at = mode_->entry_address(level, table, va);
    const EntryView view = read_entry(at, level);
    if (view.kind == EntryView::Kind::Leaf) return Leaf{at, view};
    if (view.kind != EntryView::Kind::Pointer) return std::nullopt;
    table = view.target;
  }
}

TableBuilder::Range TableBuilder::checked_range(VirtualAddress va, std::uint64_t bytes) const {
  const VirtualAddress last = va + (bytes - 1);
  const std::uint64_t translated = low_bits(mode_->virtual_bits());
  const Range range{va.value() & translated, last.value() & translated};
  const bool inside = mode_->translates(va) && mode_->translates(last) && va <= last && range.last >= range.first &&
                      range.last - range.first == bytes - 1;
  if (!inside) {
    throw InputError(fmt::format("{}: range {:#x} to {:#x} leaves the {}-bit address space", mode_->name(), va.value(),
                                 last.value(), mode_->virtual_bits()));
  }
  if (((va.value() | bytes) & (mode_->page_bytes() - 1)) != 0) {
    throw InputError(fmt::format("{}: range {:#x}+{:#x} is not made of whole {} pages", mode_->name(), va.value(),
                                 bytes, format_byte_size({mode_->page_bytes()})));
  }
  return range;
}

/// Only the pages at the two ends of a range can be partly covered.
void TableBuilder::check_covered(VirtualAddress va, Range range) const {
  const std::optional<Leaf> found = leaf(va);
  if (!found) return;
  const std::uint64_t offset_mask = low_bits(found->view.page_shift);
  const std::uint64_t address = va.value() & low_bits(mode_->virtual_bits());
  if ((address & ~offset_mask) >= range.first && (address | offset_mask) <= range.last) return;
  throw InputError(fmt::format("{}: the range covers only a part of the {} page at {:#x}: expected whole pages",
                               mode_->name(), format_byte_size({offset_mask + 1}), va.value() & ~offset_mask));
}

/// Visits the entries of one table in the range, and the tables below; frees tables that became empty. Stops early once
/// the table itself is empty.
void TableBuilder::change_leaves(unsigned level, Table& table, Range range, Rewrite rewrite, const LeafSpec& spec) {
  const std::uint64_t span = mode_->page_bytes(level);
  for (std::uint64_t first = range.first; table.used_entries != 0;) {
    const std::uint64_t last = std::min(range.last, first | (span - 1));
    const PhysicalAddress at = mode_->entry_address(level, table.at, VirtualAddress(first));
    const EntryView view = read_entry(at, level);
    if (view.kind == EntryView::Kind::Leaf) {
      const std::uint64_t entry = rewrite(*mode_, view, VirtualAddress(first), spec);
      write_entry(at, entry);
      if (entry == 0) --table.used_entries;
    } else if (view.kind == EntryView::Kind::Pointer) {
      Table& below = table_for(level - 1, VirtualAddress(first));
      change_leaves(level - 1, below, {first, last}, rewrite, spec);
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

void TableBuilder::give_back(unsigned level, Table& table, std::uint64_t first) {
  const LevelShape& shape = mode_->level(level);
  const EmptiedTable emptied{&frames_,    table.at, mode_->table_bytes(level),           space_,
                             translated_, first,    shape.index_shift + shape.index_bits};
  if (emptied_ == nullptr) {
    emptied.release();
  } else {
    emptied_->push_back(emptied);
  }
  table = {};
  --tables_per_level_[level];
}

EntryView TableBuilder::read_entry(PhysicalAddress at, unsigned level) const {
  return mode_->decode(memory_.read(at, mode_->entry_bytes()), level);
}

}  // namespace tablewalk
