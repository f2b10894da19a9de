#include "paging/hashing_mode.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/units.h"

namespace tablewalk {
namespace {

constexpr unsigned physical_bits_of_entries = 48;

}  // namespace

HashingMode::HashingMode(std::string name, const std::vector<std::string>& rows, const HashedControls& controls)
    : PagingMode(std::move(name), Rows{rows, 12, 64, {{12, 0, 1}, {21, 1, 1}, {30, 2, 1}}}, entry_size,
                 physical_bits_of_entries),
      controls_(controls) {}

std::uint64_t HashingMode::grown(std::uint64_t slots, std::uint64_t used) const {
  while (used > limit(slots)) slots *= controls_.growth;
  return slots;
}

unsigned HashingMode::size_in_use(const HashingRoot& root, unsigned size) const {
  while (size < page_sizes().size() && !root.has_size(size)) ++size;
  return size;
}

std::optional<unsigned> HashingMode::begin_guess(Walk& walk, const HashingRoot& root) const {
  const std::uint64_t guess = walk.progress();
  walk.set_progress(0);
  if (guess == 0 || !root.has_size(static_cast<unsigned>(guess - 1))) return std::nullopt;
  walk.set_progress(guess << guess_shift | guessing);
  return static_cast<unsigned>(guess - 1);
}

/// What was guessed is not searched for twice.
unsigned HashingMode::size_after(Walk& walk, const HashingRoot& root, unsigned size) const {
  const bool was_guess = (walk.progress() & guessing) != 0;
  walk.set_progress(walk.progress() & ~guessing);
  const unsigned next = size_in_use(root, was_guess ? 0 : size + 1);
  return next + 1 == walk.progress() >> guess_shift ? size_in_use(root, next + 1) : next;
}

std::string HashingMode::size_text(unsigned size) const {
  return size < page_sizes().size() ? humane_byte_size(page_sizes()[size].bytes()) : "no size";
}

std::string HashingMode::without_text(const HashingRoot& root, unsigned size) const {
  const unsigned following = size_in_use(root, size + 1);
  if (following == page_sizes().size()) return "not present: the walk ends";
  return fmt::format("no page of {}: pages of {} are next", size_text(size), size_text(following));
}

EntryView HashingMode::decode(std::uint64_t entry, unsigned at_level) const {
  EntryView view;
  if ((entry & present) == 0) return view;
  const PageSize& size = page_sizes()[at_level];
  view.kind = EntryView::Kind::Leaf;
  view.page_shift = static_cast<std::uint8_t>(size.shift);
  view.target = PhysicalAddress(entry & frame_bits);
  if ((view.target.value() & (size.bytes() - 1)) != 0) {
    view.kind = EntryView::Kind::Malformed;
    view.malformed = FaultReason::Misaligned;
  }
  own_entry::decode_flags(entry, view);
  view.dirty = (entry & own_entry::dirty) != 0;
  view.global = (entry & global) != 0;
  return view;
}

std::uint64_t HashingMode::encode_pointer(PhysicalAddress, unsigned) const {
  throw LawViolation(name() + " has no pointers to tables");
}

std::uint64_t HashingMode::encode_leaf(PhysicalAddress at, const PageSize&, const LeafSpec& spec) const {
  const std::uint64_t flags = own_entry::leaf_flags(spec) | (spec.global ? global : 0);
  return (at.value() & frame_bits) | flags;
}

std::uint64_t HashingMode::mark_used(std::uint64_t entry, bool set_dirty) const {
  return own_entry::mark_used(entry, set_dirty);
}

FaultReason HashingMode::forbids(Rights effective, Access access) const {
  return own_entry::forbids(effective, access);
}

std::vector<BitField> HashingMode::entry_fields(std::uint64_t, unsigned) const {
  return {{"tag", 63, own_shift, "part of the tag"},
          {"frame", 47, 12, "number of the frame"},
          {"G", 6, 6, "global: in every address space"},
          {"D", 5, 5, "dirty: was written"},
          {"A", 4, 4, "accessed: was used by a walk"},
          {"U", 3, 3, "user mode may use it"},
          {"X", 2, 2, "may be executed"},
          {"W", 1, 1, "may be written"},
          {"P", 0, 0, "present"}};
}

WalkOutcome HashingMode::walk(PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va, Access access) const {
  return drive_walk<PagingMode>(*this, memory, root, va, access, [&](const Walk& walk) {
    return memory.compare_and_swap(walk.entry_address(), entry_bytes(), walk.update_expected(), walk.update_desired());
  });
}

WalkOutcome HashingMode::walk(const PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va,
                              Access access) const {
  return drive_walk<PagingMode>(*this, memory, root, va, access,
                                [](const Walk& walk) { return walk.update_expected(); });
}

void HashingMode::use_leaf(Walk& walk, std::uint64_t entry, PhysicalAddress at, const PageSize& size) const {
  const EntryView view = view_of(walk, entry, at, size);
  if (view.kind == EntryView::Kind::Malformed) return fail(walk, view.malformed);
  const FaultReason forbidden = forbids(view.rights, walk.access());
  if (forbidden != FaultReason::None) return fail(walk, forbidden);
  const bool needs_dirty = walk.access().kind == AccessKind::Store && !view.dirty;
  if (needs_dirty || !view.accessed) return walk.update(at, entry, mark_used(entry, needs_dirty));
  finish(walk, entry, size, view);
}

bool HashingMode::finish_update(Walk& walk, const PageSize& size) const {
  if (walk.entry() != walk.update_desired()) return false;
  finish(walk, walk.entry(), size, view_of(walk, walk.entry(), walk.entry_address(), size));
  return true;
}

void HashingMode::finish(Walk& walk, std::uint64_t entry, const PageSize& size, const EntryView& view) const {
  Translation found;
  found.page = view.target;
  found.page_shift = found.whole_shift = view.page_shift;
  found.level = static_cast<std::uint8_t>(size.level);
  found.rights = view.rights;
  found.global = view.global;
  found.dirty = view.dirty;
  found.leaf_entry = entry;
  walk.finish(found);
}

}  // namespace tablewalk
