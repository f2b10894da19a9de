#include "support/changing_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "support/random_scope.h"

namespace tablewalk::test {
namespace {

constexpr std::uint64_t forever = ~std::uint64_t{0};

}  // namespace

bool ChangingTables::Outcome::operator==(const Outcome& other) const {
  return present == other.present && page == other.page && rights == other.rights && path == other.path;
}

ChangingTables::ChangingTables(std::shared_ptr<const PagingMode> mode, AddressSpaceId spaces, Dice& dice)
    : mode_(std::move(mode)),
      dice_(dice),
      frames_begin_(mode_->physical_limit() / 2),
      frames_bytes_(mode_->physical_limit() / 2),
      remembered_(spaces) {
  for (AddressSpaceId space = 0; space < spaces; ++space) roots_.push_back(fresh_table(mode_->root_level()));
  pick_pages(dice);
  for (auto& space : remembered_) space.resize(pages_.size());
  note_outcomes();
  for (AddressSpaceId space = 0; space < spaces; ++space) {
    for (std::size_t page = 0; page < pages_.size(); ++page) make_present(space, page, Access{AccessKind::Load, true});
  }
  invalidated({});
  forget_the_past();
}

/// Pages that differ in few of their indices, so that they share tables.
void ChangingTables::pick_pages(Dice& dice) {
  const std::uint64_t anchor = dice.between(0, low_bits(mode_->virtual_bits()));
  for (std::uint32_t count = dice.number(3, 12); count != 0; --count) {
    std::uint64_t address = anchor;
    const unsigned highest = dice.number(0, mode_->root_level());
    for (unsigned level = 0; level <= highest; ++level) {
      const LevelShape& shape = mode_->level(level);
      address ^= (dice.between(0, 3) & low_bits(shape.index_bits)) << shape.index_shift;
    }
    address &= ~low_bits(mode_->offset_bits());
    if (!mode_->translates(VirtualAddress(address))) address |= ~low_bits(mode_->virtual_bits());
    const VirtualAddress page(address);
    if (std::find(pages_.begin(), pages_.end(), page) == pages_.end()) pages_.push_back(page);
  }
}

std::size_t ChangingTables::page_of(VirtualAddress va) const {
  const VirtualAddress page(va.value() & ~low_bits(mode_->offset_bits()));
  return static_cast<std::size_t>(std::find(pages_.begin(), pages_.end(), page) - pages_.begin());
}

/// Eight bytes within a page and a cache line.
VirtualAddress ChangingTables::random_place(Dice& dice) const {
  return dice.pick(pages_) + (dice.between(0, low_bits(mode_->offset_bits())) & ~std::uint64_t{7});
}

Invalidation ChangingTables::random_invalidation(Dice& dice) const {
  Invalidation invalidation;
  invalidation.scope = random_scope(dice);
  if (invalidation.covered().page) invalidation.va = random_place(dice);
  if (invalidation.covered().space) invalidation.asid = static_cast<AddressSpaceId>(dice.between(0, spaces() - 1U));
  return invalidation;
}

bool ChangingTables::is_global(VirtualAddress va) const {
  return (va.value() >> mode_->root_entry_shift() & 1) != 0;
}

/// Whether both are mapped by the same entry of that level.
bool ChangingTables::same_block(VirtualAddress a, VirtualAddress b, unsigned level) const {
  const unsigned shift = mode_->level(level).index_shift;
  return a.value() >> shift == b.value() >> shift;
}

EntryView ChangingTables::view(const Place& place, VirtualAddress va) const {
  const PhysicalAddress at = mode_->entry_address(place.level, place.table, va);
  return mode_->decode(memory_.read(at, mode_->entry_bytes()), place.level);
}

/// The entry of that level on the way to `va`, or of the first level above it that is not a pointer.
ChangingTables::Place ChangingTables::descend(AddressSpaceId space, VirtualAddress va, unsigned level) const {
  Place place{mode_->root_level(), roots_[space]};
  while (place.level != level) {
    const EntryView entry = view(place, va);
    if (entry.kind != EntryView::Kind::Pointer) break;
    place = {place.level - 1, entry.target};
  }
  return place;
}

ChangingTables::Outcome ChangingTables::outcome_of(AddressSpaceId space, VirtualAddress va) const {
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
void ChangingTables::write(const Place& place, VirtualAddress va, std::uint64_t entry) {
  if (place.level == mode_->root_level() && is_global(va)) {
    for (const PhysicalAddress root : roots_) {
      memory_.write(mode_->entry_address(place.level, root, va), mode_->entry_bytes(), entry);
    }
  } else {
    memory_.write(mode_->entry_address(place.level, place.table, va), mode_->entry_bytes(), entry);
  }
}

PhysicalAddress ChangingTables::fresh_table(unsigned level) {
  const std::uint64_t bytes = std::max(mode_->table_bytes(level), mode_->page_bytes());
  const std::uint64_t at = (next_table_ + bytes - 1) / bytes * bytes;
  next_table_ = at + bytes;
  if (next_table_ > frames_begin_) throw std::logic_error("the test has used up its memory for tables");
  return PhysicalAddress(at);
}

/// A leaf with a frame that has not been used for long; none if the level has no pages, or memory has too few of them.
std::optional<std::uint64_t> ChangingTables::fresh_leaf(unsigned level, VirtualAddress va, const Rights& rights) {
  const std::uint64_t bytes = mode_->page_bytes(level);
  if (!mode_->level(level).leaf_allowed || (level != 0 && frames_bytes_ / bytes < 64)) return std::nullopt;
  const PhysicalAddress frame(frames_begin_ + ++frames_ % (frames_bytes_ / bytes) * bytes);
  // If walks set no bits, nothing else in this test would.
  const bool preset = !mode_->marks_entries();
  const bool accessed = dice_.chance(50) || preset;
  const bool dirty = dice_.chance(50) || preset;
  return mode_->encode_leaf(frame, *mode_->find_page_size(bytes), {rights, accessed, dirty, is_global(va)});
}

std::optional<std::uint64_t> ChangingTables::random_leaf(unsigned level, VirtualAddress va) {
  return fresh_leaf(level, va, {true, dice_.chance(80), dice_.chance(80), dice_.chance(80)});
}

/// A pointer of that level to a new table, with entries for all pages that it maps.
std::uint64_t ChangingTables::fresh_pointer(unsigned level, VirtualAddress va) {
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

void ChangingTables::change(AddressSpaceId space, std::size_t page) {
  const VirtualAddress va = pages_[page];
  const bool few_tables_left = next_table_ > frames_begin_ / 4 * 3;
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

void ChangingTables::make_present(AddressSpaceId space, std::size_t page, Access access) {
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

void ChangingTables::note_outcomes() {
  for (AddressSpaceId space = 0; space < spaces(); ++space) {
    for (std::size_t page = 0; page < pages_.size(); ++page) {
      std::vector<Remembered>& list = remembered_[space][page];
      const Outcome outcome = outcome_of(space, pages_[page]);
      if (list.empty() || !(list.back().outcome == outcome)) list.push_back({outcome, forever, forever});
    }
  }
}

/// Outcomes before the current one can no longer be observed: not at all, or (walks_only) not by a walk.
void ChangingTables::end(std::vector<Remembered>& list, bool walks_only, bool of_this_path) const {
  for (std::size_t i = 0; i + 1 < list.size(); ++i) {
    if (of_this_path && list[i].outcome.path != list.back().outcome.path) continue;
    list[i].walk_until = std::min(list[i].walk_until, now_);
    if (!walks_only) list[i].until = std::min(list[i].until, now_);
  }
}

void ChangingTables::invalidated(const Invalidation& invalidation) {
  ++now_;
  const Invalidation::Covered covered = invalidation.covered();
  for (AddressSpaceId space = 0; space < spaces(); ++space) {
    for (std::size_t page = 0; page < pages_.size(); ++page) {
      std::vector<Remembered>& list = remembered_[space][page];
      const bool global = is_global(pages_[page]);
      const bool own = !covered.space || space == invalidation.asid;
      const bool here = !covered.page || same_block(pages_[page], invalidation.va, 0);
      const bool translations = here && (global ? covered.global : own);
      const bool pointers = own && (covered.pointers == Invalidation::Pointers::Every ||
                                    (covered.pointers == Invalidation::Pointers::OnTheWay && here));
      // The walk caches of other spaces keep their way to a global page, and refill the TLBs from it.
      const bool whole = translations && (!global || !covered.space);
      if (pointers) end(list, !whole, false);
      if (translations) end(list, false, true);
    }
  }
}

bool ChangingTables::agrees(const Outcome& outcome, VirtualAddress va, Access access, const Answer& answer) const {
  const FaultReason told = answer.faulted ? answer.fault.reason : FaultReason::None;
  if (!outcome.present) return tells(told, FaultReason::NotPresent);
  if (!mode_->allows(outcome.rights, access)) return tells(told, FaultReason::Permission);
  const std::uint64_t offset = va.value() & low_bits(mode_->offset_bits());
  return !answer.faulted && answer.translation.physical(va) == outcome.page + offset;
}

bool ChangingTables::may_be(AddressSpaceId space, VirtualAddress va, Access access, const Answer& answer,
                            std::uint64_t since) const {
  const std::vector<Remembered>& list = remembered_[space][page_of(va)];
  return std::any_of(list.rbegin(), list.rend(), [&](const Remembered& one) {
    return (answer.faulted ? one.walk_until : one.until) > since && agrees(one.outcome, va, access, answer);
  });
}

bool ChangingTables::is_current(AddressSpaceId space, VirtualAddress va, Access access, const Answer& answer) const {
  return agrees(remembered_[space][page_of(va)].back().outcome, va, access, answer);
}

void ChangingTables::forget_the_past() {
  for (auto& space : remembered_) {
    for (auto& list : space) {
      list.erase(std::remove_if(list.begin(), list.end(), [this](const Remembered& one) { return one.until <= now_; }),
                 list.end());
    }
  }
}

std::string ChangingTables::describe(AddressSpaceId space, VirtualAddress va, Access access,
                                     const Answer& answer) const {
  const Outcome& current = remembered_[space][page_of(va)].back().outcome;
  return fmt::format("{}: {} of {:#x} in space {} by a {} gave {}, and the tables say {}", mode_->name(),
                     access.kind == AccessKind::Store ? "store" : "load or fetch", va.value(), space,
                     access.user ? "user" : "supervisor",
                     answer.faulted ? std::string(to_string(answer.fault.reason))
                                    : fmt::format("{:#x}", answer.translation.physical(va).value()),
                     current.present ? fmt::format("the page at {:#x}", current.page.value()) : "no page");
}

}  // namespace tablewalk::test
