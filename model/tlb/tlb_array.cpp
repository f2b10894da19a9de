#include "tlb/tlb_array.h"

#include <algorithm>

namespace tablewalk {

TlbArray::TlbArray(const TlbArrayConfig& config, const std::vector<unsigned>& page_shifts)
    : group_bits_(log2_floor(config.coalesce)),
      entries_(sets_of(config.entries, config.ways), ways_of(config.entries, config.ways), config.replacement,
               config.seed) {
  for (unsigned shift : page_shifts) {
    const ByteSize bytes{std::uint64_t{1} << shift};
    const auto& wanted = config.page_sizes;
    const bool kept = wanted.empty() || std::find(wanted.begin(), wanted.end(), bytes) != wanted.end();
    if (kept) sizes_.push_back({shift, sizes_.size()});
  }
  size_within_.fill(no_size);
  for (const Size& size : sizes_) {
    std::fill(size_within_.begin() + size.shift, size_within_.end(), static_cast<std::uint8_t>(size.index));
  }
}

bool TlbArray::holds(unsigned page_shift) const {
  return std::any_of(sizes_.begin(), sizes_.end(), [&](const Size& size) { return size.shift == page_shift; });
}

std::uint8_t TlbArray::allowed(const PagingMode& mode, const Translation& translation) {
  Allowed& last = last_allowed_;
  const bool again = last.mode == &mode && last.rights == translation.rights && last.dirty == translation.dirty;
  if (!again) last = {&mode, translation.rights, translation.dirty, allowed_accesses(mode, translation)};
  return last.accesses;
}

void TlbArray::install(VirtualAddress va, AddressSpaceId asid, const Translation& translation, std::uint8_t allowed) {
  const Size& size = sizes_[size_within_[translation.page_shift]];
  const std::uint64_t number = va.value() >> size.shift;
  Entry entry{translation, asid, allowed, translation.global};
  if (coalesces()) return install_in_group(size, number, entry);
  const std::uint64_t key = size.key_of(number);
  const std::uint32_t set = entries_.set_of(number);
  entry.translation.neighbours = 0;  // not covered by this entry's invalidations
  // A walk for an access that the old entry did not allow (such as a first store) replaces that entry.
  Entry* old =
      entries_.find(set, key, [&](const Entry& candidate) { return candidate.global || candidate.asid == asid; });
  if (old != nullptr) {
    *old = entry;
    victim_.reset();
    return;
  }
  insert(size, number, entry);
}

/// `number`: of the page, or of its group.
void TlbArray::insert(const Size& size, std::uint64_t number, const Entry& entry) {
  const auto evicted = entries_.insert(entries_.set_of(number), size.key_of(number), entry);
  count_in(size.index);
  victim_.reset();
  if (evicted.key == SetAssociative<Entry>::no_key) return;
  count_out(index_in(evicted.key));
  victim_ = TlbVictim{evicted.key & low_bits(60), sizes_[index_in(evicted.key)].shift, evicted.value.asid,
                      evicted.value.allowed == 0};
}

bool TlbArray::holds_page(VirtualAddress va, AddressSpaceId asid) const {
  for (const Size& size : sizes_) {
    const std::uint64_t page = va.value() >> size.shift;
    const std::uint64_t number = page >> group_bits_;
    const auto* entry = entries_.peek(entries_.set_of(number), size.key_of(number), [&](const Entry& candidate) {
      const bool there = !coalesces() || (candidate.pages >> place_of(page) & 1) != 0;
      return there && (candidate.global || candidate.asid == asid);
    });
    if (entry != nullptr) return true;
  }
  return false;
}

const Translation* TlbArray::find_hidden(VirtualAddress va, AddressSpaceId asid) {
  for (const Size& size : sizes_) {
    const std::uint64_t number = va.value() >> size.shift;
    const Entry* entry = entries_.find(entries_.set_of(number), size.key_of(number), [&](const Entry& candidate) {
      return candidate.allowed == 0 && (candidate.global || candidate.asid == asid);
    });
    if (entry != nullptr) return &entry->translation;
  }
  return nullptr;
}

std::uint64_t TlbArray::invalidate(const Invalidation& invalidation) {
  if (coalesces()) return invalidate_groups(invalidation);
  return entries_.erase_if([&](std::uint64_t key, const Entry& entry) {
    const Size& size = sizes_[index_in(key)];
    const VirtualAddress place((key & low_bits(60)) << size.shift);
    // All parts of a page are removed with the page.
    const unsigned whole = std::max(entry.translation.whole_shift, entry.translation.page_shift);
    const bool covered = invalidation.covers(place, whole, entry.asid, entry.global);
    if (covered) count_out(index_in(key));
    return covered;
  });
}

std::vector<unsigned> page_shifts(const PagingMode& mode) {
  std::vector<unsigned> shifts;
  for (const PageSize& size : mode.page_sizes()) shifts.push_back(size.shift);
  return shifts;
}

Translation part_of(const Translation& page, VirtualAddress va, unsigned shift) {
  Translation part = page;
  part.page = PhysicalAddress(page.physical(va).value() & ~low_bits(shift));
  part.page_shift = static_cast<std::uint8_t>(shift);
  const unsigned parts_log2 = std::min(page.page_shift - shift, Translation::most_neighbours_log2);
  const std::uint64_t first = (va.value() >> shift & (Translation::most_neighbours - 1)) & ~low_bits(parts_log2);
  part.neighbours = static_cast<std::uint16_t>(low_bits(1u << parts_log2) << first);
  return part;
}

std::pair<TlbArray*, unsigned> array_for(std::vector<TlbArray>& arrays, unsigned page_shift) {
  TlbArray* best = nullptr;
  unsigned best_shift = 0;
  for (TlbArray& array : arrays) {
    const auto shift = array.largest_shift_within(page_shift);
    if (shift && (best == nullptr || *shift > best_shift)) {
      best = &array;
      best_shift = *shift;
    }
  }
  return {best, best_shift};
}

bool install_in(std::vector<TlbArray>& arrays, const PagingMode& mode, VirtualAddress va, AddressSpaceId asid,
                const Translation& found) {
  const auto [best, best_shift] = array_for(arrays, found.page_shift);
  if (best == nullptr) return false;
  if (best_shift == found.page_shift) {
    best->install(va, asid, found, best->allowed(mode, found));
    return true;
  }
  const Translation part = part_of(found, va, best_shift);
  best->install(va, asid, part, best->allowed(mode, part));
  return true;
}

std::uint8_t allowed_accesses(const PagingMode& mode, const Translation& translation) {
  std::uint8_t allowed = 0;
  for (AccessKind kind : {AccessKind::Fetch, AccessKind::Load, AccessKind::Store}) {
    for (bool user : {false, true}) {
      const Access access{kind, user};
      const bool needs_walk = kind == AccessKind::Store && !translation.dirty;
      if (!needs_walk && mode.allows(translation.rights, access)) {
        allowed = static_cast<std::uint8_t>(allowed | 1U << TlbArray::code_of(access));
      }
    }
  }
  return allowed;
}

}  // namespace tablewalk
