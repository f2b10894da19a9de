#include "support/changing_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "support/changing_built_tables.h"
#include "support/changing_radix_tables.h"
#include "support/random_scope.h"

namespace tablewalk::test {
namespace {

constexpr std::uint64_t forever = ~std::uint64_t{0};

}  // namespace

std::unique_ptr<ChangingTables> make_changing_tables(const std::shared_ptr<const PagingMode>& mode,
                                                     AddressSpaceId spaces, Dice& dice) {
  if (mode->is_radix()) return std::make_unique<ChangingRadixTables>(mode, spaces, dice);
  return std::make_unique<ChangingBuiltTables>(mode, spaces, dice);
}

ChangingTables::ChangingTables(std::shared_ptr<const PagingMode> mode, AddressSpaceId spaces, Dice& dice)
    : mode_(std::move(mode)),
      dice_(dice),
      frames_begin_(mode_->physical_limit() / 2),
      frames_bytes_(mode_->physical_limit() / 2),
      remembered_(spaces) {}

void ChangingTables::begin(const std::vector<LevelShape>& parts) {
  pick_pages(parts);
  for (auto& space : remembered_) space.resize(pages_.size());
  note_outcomes();
  for (AddressSpaceId space = 0; space < spaces(); ++space) {
    for (std::size_t page = 0; page < pages_.size(); ++page) make_present(space, page, Access{AccessKind::Load, true});
  }
  invalidated({});
  forget_the_past();
}

/// Pages that differ in few of their indices, so that they share tables.
void ChangingTables::pick_pages(const std::vector<LevelShape>& parts) {
  const std::uint64_t anchor = dice_.between(0, low_bits(std::min(mode_->virtual_bits(), 63u)));
  for (std::uint32_t count = dice_.number(3, 12); count != 0; --count) {
    std::uint64_t address = anchor;
    const unsigned highest = dice_.number(0, static_cast<unsigned>(parts.size()) - 1);
    for (unsigned part = 0; part <= highest; ++part) {
      address ^= (dice_.between(0, 3) & low_bits(parts[part].index_bits)) << parts[part].index_shift;
    }
    address &= ~low_bits(mode_->offset_bits());
    if (!mode_->translates(VirtualAddress(address))) address |= ~low_bits(mode_->virtual_bits());
    const VirtualAddress page(address);
    if (std::find(pages_.begin(), pages_.end(), page) == pages_.end()) pages_.push_back(page);
  }
}

std::optional<PhysicalAddress> ChangingTables::fresh_frame(std::uint64_t bytes) {
  if (bytes != mode_->page_bytes() && frames_bytes_ / bytes < 64) return std::nullopt;
  if (mode_->is_radix()) return PhysicalAddress(frames_begin_ + ++frames_ % (frames_bytes_ / bytes) * bytes);
  // Pages of different sizes have no frame in common, which an inverted table would refuse.
  frames_ = (frames_ + bytes) / bytes * bytes;
  return PhysicalAddress(frames_begin_ + std::exchange(frames_, frames_ + bytes));
}

bool ChangingTables::Outcome::operator==(const Outcome& other) const {
  return present == other.present && page == other.page && rights == other.rights && path == other.path;
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
  // In shared tables a page is of one address space.
  return !mode_->spaces_share_tables() && (va.value() >> mode_->root_entry_shift() & 1) != 0;
}

void ChangingTables::note_outcomes(bool old_paths) {
  for (AddressSpaceId space = 0; space < spaces(); ++space) {
    for (std::size_t page = 0; page < pages_.size(); ++page) {
      std::vector<Remembered>& list = remembered_[space][page];
      Outcome outcome = outcome_of(space, pages_[page]);
      if (old_paths && !list.empty()) outcome.path = list.back().outcome.path;
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
      const bool here = !covered.page || page_of(invalidation.va) == page;
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
