// Arrays with `coalesce`: entries that hold several pages.

#include "tlb/tlb_array.h"

namespace tablewalk {
namespace {

unsigned count_of(std::uint16_t pages) {
  return static_cast<unsigned>(__builtin_popcount(pages));
}

std::uint16_t bit_of(unsigned place) {
  return static_cast<std::uint16_t>(1u << place);
}

/// The place in an aligned group of Translation::most_neighbours at which the array's group of that page begins.
unsigned group_begin(std::uint64_t number, unsigned group_bits) {
  return static_cast<unsigned>(number & (Translation::most_neighbours - 1) & ~low_bits(group_bits));
}

/// Whether pages of a group can be in one entry.
bool agree(const Translation& a, const Translation& b) {
  return a.page == b.page && a.whole_shift == b.whole_shift && a.level == b.level && a.rights == b.rights &&
         a.global == b.global && a.dirty == b.dirty;
}

}  // namespace

CoalescingStats& CoalescingStats::operator+=(const CoalescingStats& other) {
  fills += other.fills;
  extended += other.extended;
  neighbours += other.neighbours;
  used_neighbours += other.used_neighbours;
  pages += other.pages;
  return *this;
}

/// The result says which pages the entry holds, for a coalescing TLB above.
const Translation* TlbArray::find_in_groups(VirtualAddress va, AddressSpaceId asid, Access access) {
  for (std::uint32_t left = groups_held_; left != 0; left &= left - 1) {
    const Size& size = sizes_[static_cast<unsigned>(__builtin_ctz(left))];
    const std::uint64_t number = va.value() >> size.shift;
    const std::uint64_t group = number >> group_bits_;
    const std::uint16_t page = bit_of(place_of(number));
    Entry* entry = entries_.find(entries_.set_of(group), size.key_of(group), [&](const Entry& candidate) {
      return (candidate.pages & page) != 0 && (candidate.global || candidate.asid == asid) &&
             (candidate.allowed >> code_of(access) & 1) != 0;
    });
    if (entry == nullptr) continue;
    if ((entry->asked_for & page) == 0) {
      entry->asked_for = static_cast<std::uint16_t>(entry->asked_for | page);
      ++coalescing_.used_neighbours;
    }
    found_ = entry->translation;
    found_.page = found_.page + (std::uint64_t{place_of(number)} << size.shift);
    found_.neighbours = static_cast<std::uint16_t>(entry->pages << group_begin(number, group_bits_));
    return &found_;
  }
  return nullptr;
}

/// `page`: the entry of that page alone.
void TlbArray::install_in_group(const Size& size, std::uint64_t number, const Entry& page) {
  const std::uint64_t group = number >> group_bits_;
  const unsigned place = place_of(number);
  Entry entry = page;
  entry.asked_for = bit_of(place);
  const unsigned neighbours = page.translation.neighbours >> group_begin(number, group_bits_);
  entry.pages = static_cast<std::uint16_t>((neighbours & low_bits(1u << group_bits_)) | entry.asked_for);
  entry.translation.neighbours = 0;
  entry.translation.page = PhysicalAddress(page.translation.page.value() - (std::uint64_t{place} << size.shift));
  drop_pages(size, group, entry);
  Entry* same = entries_.find(entries_.set_of(group), size.key_of(group), [&](const Entry& old) {
    return (old.global || old.asid == entry.asid) && agree(old.translation, entry.translation) &&
           old.allowed == entry.allowed;
  });
  const unsigned held = same == nullptr ? 0 : count_of(same->pages);
  const bool was_held = same != nullptr && (same->pages & entry.asked_for) != 0;
  if (same != nullptr) {
    entry.pages = static_cast<std::uint16_t>(entry.pages | same->pages);
    entry.asked_for = static_cast<std::uint16_t>(entry.asked_for | same->asked_for);
    *same = entry;
  } else {
    insert(size, group, entry);
  }
  ++coalescing_.fills;
  coalescing_.extended += same == nullptr ? 0 : 1;
  coalescing_.pages += count_of(entry.pages);
  coalescing_.neighbours += count_of(entry.pages) - held - (was_held ? 0 : 1);
}

/// Removes older translations of the pages of `newer` from entries that it cannot extend, as a renewed page replaces
/// its entry in an array without `coalesce`.
void TlbArray::drop_pages(const Size& size, std::uint64_t group, const Entry& newer) {
  const auto keep = static_cast<std::uint16_t>(~newer.pages);
  const std::uint64_t dropped = entries_.erase_at(entries_.set_of(group), size.key_of(group), [&](Entry& old) {
    const bool extended = agree(old.translation, newer.translation) && old.allowed == newer.allowed;
    if (extended || (!old.global && old.asid != newer.asid)) return false;
    old.pages = static_cast<std::uint16_t>(old.pages & keep);
    old.asked_for = static_cast<std::uint16_t>(old.asked_for & keep);
    return old.pages == 0;
  });
  for (std::uint64_t i = 0; i < dropped; ++i) count_out(size.index);
}

/// Entries stay with the pages that are not covered. Returns the number of pages removed.
std::uint64_t TlbArray::invalidate_groups(const Invalidation& invalidation) {
  std::uint64_t removed = 0;
  entries_.erase_if([&](std::uint64_t key, Entry& entry) {
    const Size& size = sizes_[index_in(key)];
    const unsigned whole = std::max(entry.translation.whole_shift, entry.translation.page_shift);
    const std::uint64_t first = (key & low_bits(60)) << group_bits_;
    std::uint16_t covered = 0;
    for (unsigned place = 0; place < 1u << group_bits_; ++place) {
      const VirtualAddress page((first + place) << size.shift);
      if (invalidation.covers(page, whole, entry.asid, entry.global)) {
        covered = static_cast<std::uint16_t>(covered | bit_of(place));
      }
    }
    removed += count_of(entry.pages & covered);
    entry.pages = static_cast<std::uint16_t>(entry.pages & ~covered);
    entry.asked_for = static_cast<std::uint16_t>(entry.asked_for & ~covered);
    if (entry.pages == 0) count_out(size.index);
    return entry.pages == 0;
  });
  return removed;
}

}  // namespace tablewalk
