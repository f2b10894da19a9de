#include "support/changing_radix_tables.h"

#include <algorithm>
#include <stdexcept>

namespace tablewalk::test {

ChangingRadixTables::ChangingRadixTables(const std::shared_ptr<const PagingMode>& mode, AddressSpaceId spaces,
                                         Dice& dice)
    : ChangingTables(mode, spaces, dice) {
  for (AddressSpaceId space = 0; space < spaces; ++space) roots_.push_back(fresh_table(mode_->root_level()));
  std::vector<LevelShape> parts;
  for (unsigned level = 0; level < mode_->levels(); ++level) parts.push_back(mode_->level(level));
  begin(parts);
}

/// Whether both are mapped by the same entry of that level.
bool ChangingRadixTables::same_block(VirtualAddress a, VirtualAddress b, unsigned level) const {
  const unsigned shift = mode_->level(level).index_shift;
  return a.value() >> shift == b.value() >> shift;
}

EntryView ChangingRadixTables::view(const Place& place, VirtualAddress va) const {
  const PhysicalAddress at = mode_->entry_address(place.level, place.table, va);
  return mode_->decode(memory_.read(at, mode_->entry_bytes()), place.level);
}

/// The entry of that level on the way to `va`, or of the first level above it that is not a pointer.
ChangingRadixTables::Place ChangingRadixTables::descend(AddressSpaceId space, VirtualAddress va, unsigned level) const {
  Place place{mode_->root_level(), roots_[space]};
  while (place.level != level) {
    const EntryView entry = view(place, va);
    if (entry.kind != EntryView::Kind::Pointer) break;
    place = {place.level - 1, entry.target};
  }
  return place;
}

ChangingRadixTables::Outcome ChangingRadixTables::outcome_of(AddressSpaceId space, VirtualAddress va) const {
  Outcome outcome;
  Place place{mode_->root_level(), roots_[space]};
  Rights above;
  for (;;) {
    outcome.path = (outcome.path ^ place.table.value()) * 0x9E3779B97F4A7C15u;
    const EntryView entry = view(place, va);
    if (entry.kind == EntryView::Kind::Malformed) throw std::logic_error("the test made a malformed entry");
    if (entry.kind == EntryView::Kind::Absent) return outcome;
    above = mode_->combine(above, entry.rights);
    if (entry.kind == EntryView::Kind::Leaf) {
      outcome.present = true;
      outcome.page = entry.target + (va.value() & low_bits(mode_->level(place.level).index_shift));
      outcome.rights = above;
      return outcome;
    }
    place = {place.level - 1, entry.target};
  }
}

/// Root entries of global pages are the same in all spaces, and so are the tables below them.
void ChangingRadixTables::write(const Place& place, VirtualAddress va, std::uint64_t entry) {
  if (place.level == mode_->root_level() && is_global(va)) {
    for (const PhysicalAddress root : roots_) {
      memory_.write(mode_->entry_address(place.level, root, va), mode_->entry_bytes(), entry);
    }
  } else {
    memory_.write(mode_->entry_address(place.level, place.table, va), mode_->entry_bytes(), entry);
  }
}

PhysicalAddress ChangingRadixTables::fresh_table(unsigned level) {
  const std::uint64_t bytes = std::max(mode_->table_bytes(level), mode_->page_bytes());
  const std::uint64_t at = (next_table_ + bytes - 1) / bytes * bytes;
  next_table_ = at + bytes;
  if (next_table_ > frames_begin()) throw std::logic_error("the test has used up its memory for tables");
  return PhysicalAddress(at);
}

/// A leaf with a frame that has not been used for long; none if the level has no pages, or memory has too few of them.
std::optional<std::uint64_t> ChangingRadixTables::fresh_leaf(unsigned level, VirtualAddress va, const Rights& rights) {
  if (!mode_->level(level).leaf_allowed) return std::nullopt;
  const std::uint64_t bytes = mode_->page_bytes(level);
  const std::optional<PhysicalAddress> frame = fresh_frame(bytes);
  if (!frame) return std::nullopt;
  // If walks set no bits, nothing else in this test would.
  const bool preset = !mode_->marks_entries();
  const bool accessed = dice_.chance(50) || preset;
  const bool dirty = dice_.chance(50) || preset;
  return mode_->encode_leaf(*frame, *mode_->find_page_size(bytes), {rights, accessed, dirty, is_global(va)});
}

std::optional<std::uint64_t> ChangingRadixTables::random_leaf(unsigned level, VirtualAddress va) {
  return fresh_leaf(level, va, {true, dice_.chance(80), dice_.chance(80), dice_.chance(80)});
}

/// A pointer of that level to a new table, with entries for all pages that it maps.
std::uint64_t ChangingRadixTables::fresh_pointer(unsigned level, VirtualAddress va) {
  const Place below{level - 1, fresh_table(level - 1)};
  std::vector<VirtualAddress> done;
  for (const VirtualAddress page : pages_) {
    const auto same_entry = [&](VirtualAddress other) { return same_block(page, other, below.level); };
    if (!same_block(page, va, level) || std::any_of(done.begin(), done.end(), same_entry)) continue;
    done.push_back(page);
    if (dice_.chance(10)) continue;
    const auto leaf = below.level == 0 || dice_.chance(30) ? random_leaf(below.level, page) : std::nullopt;
    const PhysicalAddress at = mode_->entry_address(below.level, below.table, page);
    memory_.write(at, mode_->entry_bytes(), leaf ? *leaf : fresh_pointer(below.level, page));
  }
  return mode_->encode_pointer(below.table, level);
}

void ChangingRadixTables::change(AddressSpaceId space, std::size_t page) {
  const VirtualAddress va = pages_[page];
  const bool few_tables_left = next_table_ > frames_begin() / 4 * 3;
  const bool deep = few_tables_left || dice_.chance(60);
  const Place place = descend(space, va, deep ? 0 : dice_.number(0, mode_->root_level()));
  if (few_tables_left && place.level != 0) return;
  std::uint64_t entry = 0;
  if (!dice_.chance(10)) {
    const auto leaf = place.level == 0 || dice_.chance(50) ? random_leaf(place.level, va) : std::nullopt;
    entry = leaf ? *leaf : fresh_pointer(place.level, va);
  }
  write(place, va, entry);
  note_outcomes();
}

void ChangingRadixTables::make_present(AddressSpaceId space, std::size_t page, Access access) {
  const VirtualAddress va = pages_[page];
  // Some modes deny supervisor accesses to user pages, as all deny user accesses to the others.
  Rights rights;
  rights.user = access.user;
  for (;;) {
    const Outcome outcome = outcome_of(space, va);
    if (outcome.present && mode_->allows(outcome.rights, access)) break;
    const Place place = descend(space, va, 0);
    const auto leaf = place.level == 0 || dice_.chance(30) ? fresh_leaf(place.level, va, rights) : std::nullopt;
    write(place, va, leaf ? *leaf : fresh_pointer(place.level, va));
  }
  note_outcomes();
}

}  // namespace tablewalk::test
