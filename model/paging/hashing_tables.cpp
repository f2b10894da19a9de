#include "paging/hashing_tables.h"

namespace tablewalk {

std::optional<TableLeaf> HashingTables::leaf(VirtualAddress va) const {
  for (unsigned size = 0; size < mode().page_sizes().size(); ++size) {
    if (const auto found = leaf_of_size(va, size)) return found;
  }
  return std::nullopt;
}

std::optional<TableLeaf> HashingTables::leaf_of_size(VirtualAddress va, unsigned size) const {
  if (!in_use(size)) return std::nullopt;
  const std::optional<FoundPage> found = find_page(number_of(va, size), size);
  if (!found) return std::nullopt;
  return TableLeaf{found->at, mode().decode(found->entry, size)};
}

/// In the same size only if that gets rid of much, so that it is not done again soon.
std::optional<std::uint64_t> HashingTables::slots_to_rebuild(std::uint64_t slots) const {
  if (used_ + deleted_ + 1 <= hashing().limit(slots)) return std::nullopt;
  if (used_ < deleted_) return slots;
  return hashing().grown(slots * hashing().controls().growth, used_ + 1);
}

void HashingTables::count_rebuild(bool larger) {
  deleted_ = 0;
  ++(larger ? growths_ : cleanings_);
}

/// Calls `use` for each page of that size in the range.
void HashingTables::for_pages(Range range, unsigned size, const UsePage& use) const {
  if (!in_use(size)) return;
  const std::uint64_t first = number_of(VirtualAddress(range.first), size);
  const std::uint64_t last = number_of(VirtualAddress(range.last), size);
  if (last - first >= searches_per_scan()) return for_all_pages(first, last, size, use);
  for (std::uint64_t number = first;; ++number) {
    const auto found = find_page(number, size);
    if ((found && !use(*found)) || number == last) return;
  }
}

void HashingTables::refuse_overlap(VirtualAddress va, const PageSize& size) const {
  if (leaf_of_size(va, size.level)) throw already_mapped(va, size.bytes());
  for (const PageSize& other : mode().page_sizes()) {
    if (other.shift > size.shift && leaf_of_size(va, other.level)) throw mapped_by_larger(va, other.bytes());
    if (other.shift >= size.shift) continue;
    for_pages({va.value(), va.value() + (size.bytes() - 1)}, other.level,
              [&](const FoundPage&) -> bool { throw already_mapped(va, size.bytes()); });
  }
}

void HashingTables::add(VirtualAddress va, const PageSize& size, PhysicalAddress page, const LeafSpec& spec) {
  refuse_overlap(va, size);
  insert(number_of(va, size.level), size, mode().encode_leaf(page, size, spec));
}

/// A range that begins or ends within a page of a larger size does not contain it (PageTables checks that).
void HashingTables::remove(Range range) {
  for (const PageSize& size : mode().page_sizes()) {
    for_pages(range, size.level, [&](const FoundPage& page) {
      erase(page, size.level);
      return true;
    });
  }
}

void HashingTables::replace(const FoundPage& page, unsigned, std::uint64_t leaf) {
  constexpr std::uint64_t own_bits = ~low_bits(HashingMode::own_shift);
  write(page.at, leaf | (page.entry & own_bits));
}

void HashingTables::rewrite(Range range, const LeafSpec& spec) {
  for (const PageSize& size : mode().page_sizes()) {
    for_pages(range, size.level, [&](const FoundPage& page) {
      const EntryView leaf = mode().decode(page.entry, size.level);
      replace(page, size.level, mode().encode_leaf(leaf.target, size, spec));
      return true;
    });
  }
}

/// Walks find the small pages, which are of the same memory, from the first one on. The last to come is the one at the
/// beginning, because its frame may have a single entry, which the large page had.
void HashingTables::split_leaf(VirtualAddress va, const TableLeaf& whole, const PageSize& before, const PageSize& size,
                               const LeafSpec& spec) {
  const std::uint64_t number = number_of(va, before.level);
  const std::uint64_t parts = before.bytes() / size.bytes();
  const auto insert_part = [&](std::uint64_t part) {
    insert(number * parts + part, size, mode().encode_leaf(whole.view.target + part * size.bytes(), size, spec));
  };
  for (std::uint64_t part = 1; part < parts; ++part) insert_part(part);
  erase(*find_page(number, before.level), before.level);
  insert_part(0);
}

}  // namespace tablewalk
