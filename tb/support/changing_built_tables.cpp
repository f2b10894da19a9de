#include "support/changing_built_tables.h"

#include "paging/walk_steps.h"

namespace tablewalk::test {
namespace {

/// An inverted table is of all memory that pages have; the others never have their tables where pages are.
std::uint64_t bytes_for_tables(const PagingMode& mode) {
  constexpr std::uint64_t plenty = std::uint64_t{1} << 36;  // they are not reused
  return mode.spaces_share_tables() ? mode.memory_limit() : plenty;
}

}  // namespace

ChangingBuiltTables::ChangingBuiltTables(const std::shared_ptr<const PagingMode>& mode, AddressSpaceId spaces,
                                         Dice& dice)
    : ChangingTables(mode, spaces, dice), frames_(bytes_for_tables(*mode), mode->page_bytes(), {}) {
  for (AddressSpaceId space = 0; space < spaces; ++space) {
    spaces_.push_back({TableBuilder(mode_, memory_, frames_, space), {}});
    spaces_.back().tables.keep_emptied(&emptied_);
  }
  // Neighbours, other lines of entries, and other large pages.
  std::vector<LevelShape> parts = {{mode_->offset_bits(), 3, true, ""}, {mode_->offset_bits() + 3, 9, true, ""}};
  for (const PageSize& size : mode_->page_sizes()) {
    if (size.shift > mode_->offset_bits()) parts.push_back({size.shift, 9, true, ""});
  }
  begin(parts);
}

/// Which tables a walk passes, if a walk cache may know them.
std::uint64_t ChangingBuiltTables::path_of(AddressSpaceId space, VirtualAddress va) const {
  if (!mode_->caches_pointers()) return 0;
  std::uint64_t path = 0;
  const WalkSteps walk = walk_step_by_step(*mode_, memory_, root(space), va, {AccessKind::Load, true});
  for (const WalkStep& step : walk.steps) path = (path ^ step.table.value()) * 0x9E3779B97F4A7C15u;
  return path;
}

ChangingTables::Outcome ChangingBuiltTables::outcome_of(AddressSpaceId space, VirtualAddress va) const {
  Outcome outcome;
  outcome.path = path_of(space, va);
  const auto& pages = spaces_[space].pages;
  auto found = pages.upper_bound(va.value());
  if (found == pages.begin()) return outcome;
  --found;
  const std::uint64_t offset = va.value() - found->first;
  if (offset >= found->second.bytes) return outcome;
  outcome.present = true;
  outcome.page = found->second.at + offset;
  outcome.rights = found->second.rights;
  return outcome;
}

std::vector<AddressSpaceId> ChangingBuiltTables::sharing(AddressSpaceId space, VirtualAddress va) const {
  if (!is_global(va)) return {space};
  std::vector<AddressSpaceId> all;
  for (AddressSpaceId one = 0; one < spaces(); ++one) all.push_back(one);
  return all;
}

/// Whole pages, also those that are only partly in the range.
void ChangingBuiltTables::unmap(AddressSpaceId space, VirtualAddress first, std::uint64_t bytes) {
  Space& its = spaces_[space];
  const std::uint64_t last = first.value() + (bytes - 1);
  auto page = its.pages.upper_bound(last);
  while (page != its.pages.begin()) {
    --page;
    if (page->first + (page->second.bytes - 1) < first.value()) break;
    its.tables.unmap(VirtualAddress(page->first), page->second.bytes);
    page = its.pages.erase(page);
  }
  // The entries are cleared before the pointers to tables that became empty.
  note_outcomes(true);
  note_outcomes();
}

LeafSpec ChangingBuiltTables::random_spec(VirtualAddress va, const Rights& rights) {
  LeafSpec spec;
  spec.rights = rights;
  spec.accessed = dice_.chance(50);
  spec.dirty = dice_.chance(50);
  spec.global = is_global(va);
  return spec;
}

Rights ChangingBuiltTables::random_rights() {
  Rights rights;
  rights.write = dice_.chance(80);
  rights.execute = rights.privileged_execute = dice_.chance(80);
  rights.user = dice_.chance(80);
  return rights;
}

void ChangingBuiltTables::map(AddressSpaceId space, VirtualAddress va, const PageSize& size, const Rights& rights) {
  const std::optional<PhysicalAddress> frame = fresh_frame(size.bytes());
  if (!frame) return;
  const VirtualAddress first(va.value() & ~low_bits(size.shift));
  const LeafSpec spec = random_spec(va, rights);
  for (const AddressSpaceId one : sharing(space, va)) {
    spaces_[one].tables.map(first, *frame, size.bytes(), spec);
    spaces_[one].pages[first.value()] = {size.bytes(), *frame, rights};
  }
  note_outcomes();
}

void ChangingBuiltTables::protect(AddressSpaceId space, VirtualAddress va, const Rights& rights) {
  const LeafSpec spec = random_spec(va, rights);
  for (const AddressSpaceId one : sharing(space, va)) {
    auto page = std::prev(spaces_[one].pages.upper_bound(va.value()));
    spaces_[one].tables.protect(VirtualAddress(page->first), page->second.bytes, spec);
    page->second.rights = rights;
  }
  note_outcomes();
}

void ChangingBuiltTables::change(AddressSpaceId space, std::size_t page) {
  const VirtualAddress va = pages_[page];
  if (outcome_of(space, va).present && dice_.chance(25)) return protect(space, va, random_rights());
  const PageSize& size = dice_.chance(60) ? mode_->page_sizes().front() : dice_.pick(mode_->page_sizes());
  for (const AddressSpaceId one : sharing(space, va)) {
    unmap(one, VirtualAddress(va.value() & ~low_bits(size.shift)), size.bytes());
  }
  if (!dice_.chance(20)) map(space, va, size, random_rights());
}

void ChangingBuiltTables::make_present(AddressSpaceId space, std::size_t page, Access access) {
  const VirtualAddress va = pages_[page];
  const Outcome outcome = outcome_of(space, va);
  if (outcome.present && mode_->allows(outcome.rights, access)) return;
  for (const AddressSpaceId one : sharing(space, va)) unmap(one, va, mode_->page_bytes());
  map(space, va, mode_->page_sizes().front(), {});
}

}  // namespace tablewalk::test
