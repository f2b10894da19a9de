#include "paging/page_tables.h"

#include <fmt/format.h>

#include "base/units.h"

namespace tablewalk {

PageTables::PageTables(std::shared_ptr<const PagingMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
                       AddressSpaceId space)
    : memory_(memory), frames_(frames), space_(space), mode_(std::move(mode)), memory_limit_(mode_->memory_limit()) {}

void PageTables::map(VirtualAddress va, PhysicalAddress page, std::uint64_t page_bytes, const LeafSpec& spec) {
  const PageSize& size = checked_size(va, page, page_bytes);
  if (page.value() >= memory_limit_) {
    const std::uint64_t leaf = mode_->encode_leaf(page, size, spec);
    if (mode_->decode(leaf, size.level).target != page) throw does_not_fit(page);
  }
  add(va, size, page, spec);
}

void PageTables::map_range(VirtualAddress va, std::uint64_t bytes, std::uint64_t page_bytes, const LeafSpec& spec) {
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

void PageTables::unmap(VirtualAddress va, std::uint64_t bytes) {
  if (bytes == 0) return;
  const Range range = checked_range(va, bytes);
  check_covered(va, range);
  check_covered(va + (bytes - 1), range);
  remove(range);
}

void PageTables::protect(VirtualAddress va, std::uint64_t bytes, const LeafSpec& spec) {
  if (bytes == 0) return;
  const Range range = checked_range(va, bytes);
  check_covered(va, range);
  check_covered(va + (bytes - 1), range);
  rewrite(range, spec);
}

void PageTables::split(VirtualAddress va, std::uint64_t page_bytes, const LeafSpec& spec) {
  const TableLeaf whole = leaf(va).value();
  const PageSize& before = *mode_->find_page_size(std::uint64_t{1} << whole.view.page_shift);
  split_leaf(va, whole, before, *mode_->find_page_size(page_bytes), spec);
}

/// The mode's page size, after checking that a page at `va` may map to `page`.
const PageSize& PageTables::checked_size(VirtualAddress va, PhysicalAddress page, std::uint64_t page_bytes) const {
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

InputError PageTables::does_not_fit(PhysicalAddress page) const {
  return InputError(fmt::format("{}: physical page {:#x} does not fit an entry: expected one below {:#x}",
                                mode_->name(), page.value(), mode_->memory_limit()));
}

InputError PageTables::has_no_halves() const {
  return InputError(
      fmt::format("{}: its tables have no root table whose entries another root could have; expected a "
                  "radix mode for a shared kernel half or page-table isolation",
                  mode_->name()));
}

InputError PageTables::already_mapped(VirtualAddress va, std::uint64_t page_bytes) const {
  return InputError(fmt::format("{}: address {:#x} is already mapped: expected an unmapped {} page", mode_->name(),
                                va.value(), format_byte_size({page_bytes})));
}

InputError PageTables::mapped_by_larger(VirtualAddress va, std::uint64_t page_bytes) const {
  return InputError(fmt::format("{}: address {:#x} is already mapped by a larger page of {}", mode_->name(), va.value(),
                                format_byte_size({page_bytes})));
}

PhysicalAddress PageTables::make_table(std::uint64_t bytes) {
  const PhysicalAddress table = frames_.allocate_table(bytes);
  // The root's address is in a register, not in an entry.
  if (!fits_entry(table, bytes)) {
    throw InputError(fmt::format("{}: page table at {:#x} does not fit an entry: expected memory of at most {}",
                                 mode_->name(), table.value(), format_byte_size({mode_->memory_limit()})));
  }
  note_written(table, bytes);
  return table;
}

std::optional<PhysicalAddress> PageTables::try_make_table(std::uint64_t bytes) {
  const std::optional<PhysicalAddress> table = frames_.try_allocate_table(bytes);
  if (!table) return std::nullopt;
  if (!fits_entry(*table, bytes)) {
    frames_.release_table(*table, bytes);
    return std::nullopt;
  }
  note_written(*table, bytes);
  return table;
}

PageTables::Range PageTables::checked_range(VirtualAddress va, std::uint64_t bytes) const {
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
void PageTables::check_covered(VirtualAddress va, Range range) const {
  const std::optional<TableLeaf> found = leaf(va);
  if (!found) return;
  const std::uint64_t offset_mask = low_bits(found->view.page_shift);
  const std::uint64_t address = va.value() & low_bits(mode_->virtual_bits());
  if ((address & ~offset_mask) >= range.first && (address | offset_mask) <= range.last) return;
  throw InputError(fmt::format("{}: the range covers only a part of the {} page at {:#x}: expected whole pages",
                               mode_->name(), format_byte_size({offset_mask + 1}), va.value() & ~offset_mask));
}

}  // namespace tablewalk
