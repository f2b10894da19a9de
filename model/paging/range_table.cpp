#include "paging/range_table.h"

#include <algorithm>
#include <cstring>

#include "paging/reference_walk.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t valid = 1;
/// Of the first array; later ones are twice as large as the one before.
constexpr std::uint64_t first_capacity = 64;

}  // namespace

Translation RangeEntry::translation(VirtualAddress va) const {
  Translation page;
  page.page = PhysicalAddress((va.value() & ~low_bits(page_shift)) + offset);
  page.page_shift = page.whole_shift = page_shift;
  page.level = level;
  page.rights = rights;
  page.global = global;
  page.dirty = true;
  return page;
}

RangeEntry::Words RangeEntry::encode() const {
  const auto bit = [](bool set, unsigned place) { return std::uint64_t{set ? 1u : 0u} << place; };
  const std::uint64_t attributes = valid | bit(rights.read, 1) | bit(rights.write, 2) | bit(rights.execute, 3) |
                                   bit(rights.user, 4) | bit(rights.privileged_execute, 5) | bit(global, 6) |
                                   std::uint64_t{page_shift} << 8 | std::uint64_t{level} << 16 |
                                   std::uint64_t{rights.key} << 24;
  return {first.value(), last.value(), offset, attributes};
}

std::optional<RangeEntry> RangeEntry::decode(const Words& words) {
  const std::uint64_t attributes = words[3];
  if ((attributes & valid) == 0) return std::nullopt;
  const auto bit = [&](unsigned place) { return (attributes >> place & 1) != 0; };
  RangeEntry entry;
  entry.first = VirtualAddress(words[0]);
  entry.last = VirtualAddress(words[1]);
  entry.offset = words[2];
  entry.rights = {bit(1), bit(2), bit(3), bit(4), bit(5), static_cast<std::uint8_t>(attributes >> 24)};
  entry.global = bit(6);
  entry.page_shift = static_cast<std::uint8_t>(attributes >> 8);
  entry.level = static_cast<std::uint8_t>(attributes >> 16);
  return entry;
}

/// An entry that is not valid ends the search: the array was replaced meanwhile.
void RangeSearch::supply(const unsigned char* bytes) {
  RangeEntry::Words words{};
  std::memcpy(words.data(), bytes, RangeEntry::bytes);
  const std::optional<RangeEntry> entry = RangeEntry::decode(words);
  if (!entry) {
    end_ = begin_;
  } else if (entry->contains(va_)) {
    found_ = entry;
  } else if (va_ < entry->first) {
    end_ = middle();
  } else {
    begin_ = middle() + 1;
  }
}

std::optional<Translation> settled_page(const PagingMode& mode, const PhysicalMemory& memory, PhysicalAddress root,
                                        VirtualAddress va) {
  for (const AccessKind kind : {AccessKind::Load, AccessKind::Store, AccessKind::Fetch}) {
    for (const bool user : {true, false}) {
      const WalkOutcome walk = reference_walk(mode, memory, root, va, {kind, user});
      if (!walk.translated) continue;  // perhaps another access has the right
      if (walk.entry_updates != 0 || !walk.translation.dirty) return std::nullopt;
      return walk.translation;
    }
  }
  return std::nullopt;
}

void RangeTable::add(VirtualAddress va, const Translation& page) {
  RangeEntry run;
  run.first = VirtualAddress(va.value() & ~low_bits(page.page_shift));
  run.last = VirtualAddress(va.value() | low_bits(page.page_shift));
  remove(run.first, run.last);
  if (page.page_shift != page.whole_shift || !page.dirty) return;
  run.offset = page.page.value() - run.first.value();
  run.rights = page.rights;
  run.global = page.global;
  run.page_shift = page.page_shift;
  run.level = page.level;
  const auto next = runs_.upper_bound(run.first.value());
  if (next != runs_.end() && next->first == run.last.value() + 1 && next->second.agrees(run)) {
    run.last = next->second.last;
    runs_.erase(next);
  }
  const auto after = runs_.upper_bound(run.first.value());
  if (after != runs_.begin()) {
    const auto before = std::prev(after);
    if (before->second.last.value() + 1 == run.first.value() && before->second.agrees(run)) {
      run.first = before->second.first;
      runs_.erase(before);
    }
  }
  runs_[run.first.value()] = run;
  rewrite(run.first, run.last);
}

/// Ranges that contain a part of them lose it.
void RangeTable::remove(VirtualAddress first, VirtualAddress last) {
  VirtualAddress changed_first = first;
  VirtualAddress changed_last = last;
  bool changed = false;
  auto place = runs_.upper_bound(last.value());
  while (place != runs_.begin()) {
    const auto current = std::prev(place);
    const RangeEntry run = current->second;
    if (run.last < first) break;
    place = runs_.erase(current);
    changed = true;
    changed_first = std::min(changed_first, run.first);
    changed_last = std::max(changed_last, run.last);
    // Of a larger page only the whole can go.
    const std::uint64_t page = low_bits(run.page_shift);
    const std::uint64_t left = first.value() & ~page;
    const std::uint64_t right = last.value() | page;
    RangeEntry rest = run;
    if (run.last.value() > right) {
      rest.first = VirtualAddress(right + 1);
      place = runs_.emplace(rest.first.value(), rest).first;
    }
    if (run.first.value() < left) {
      rest.first = run.first;
      rest.last = VirtualAddress(left - 1);
      place = runs_.emplace(rest.first.value(), rest).first;
    }
  }
  if (changed) rewrite(changed_first, changed_last);
}

/// Makes the entries between the addresses those of the runs there. Neither a run nor an entry crosses these addresses.
void RangeTable::rewrite(VirtualAddress first, VirtualAddress last) {
  const auto by_first = [](const RangeEntry& entry, VirtualAddress va) { return entry.first < va; };
  const auto begin = std::lower_bound(entries_.begin(), entries_.end(), first, by_first);
  auto end = begin;
  for (; end != entries_.end() && end->first <= last; ++end) pages_ -= pages_of(*end);
  std::vector<RangeEntry> wanted;
  for (auto run = runs_.lower_bound(first.value()); run != runs_.end() && run->first <= last.value(); ++run) {
    if (!is_long(run->second)) continue;
    wanted.push_back(run->second);
    pages_ += pages_of(run->second);
  }
  const auto at = static_cast<std::size_t>(begin - entries_.begin());
  const auto removed = static_cast<std::size_t>(end - begin);
  const std::size_t before = entries_.size();
  const auto place = entries_.erase(begin, end);
  entries_.insert(place, wanted.begin(), wanted.end());
  make_room(entries_.size());
  write(at, removed == wanted.size() ? at + removed : std::max(before, entries_.size()));
}

void RangeTable::make_room(std::size_t entries) {
  if (entries <= capacity_) return;
  const std::uint64_t old_bytes = table_bytes();
  const PhysicalAddress old = table_;
  capacity_ = capacity_ == 0 ? first_capacity : 2 * capacity_;
  table_ = frames_.allocate_table(table_bytes());
  for (std::uint64_t at = 0; at < old_bytes; at += 8) memory_.write(old + at, 8, 0);
  note_written(old, old_bytes);
  write(0, entries_.size());
}

/// The entries from `begin` on, with zeros behind the last one.
void RangeTable::write(std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const RangeEntry::Words words = i < entries_.size() ? entries_[i].encode() : RangeEntry::Words{};
    for (std::size_t word = 0; word < words.size(); ++word) {
      memory_.write(table_ + i * RangeEntry::bytes + word * 8, 8, words[word]);
    }
  }
  if (begin < end) note_written(table_ + begin * RangeEntry::bytes, (end - begin) * RangeEntry::bytes);
}

}  // namespace tablewalk
