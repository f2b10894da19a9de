#include "os/regions.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/units.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t stack_gap_pages = 256;

std::string range_text(VirtualRange range) {
  return fmt::format("{:#x} to {:#x}", range.first.value(), range.last.value());
}

bool same_rights_and_use(const RegionKind& a, const RegionKind& b) {
  return a.rights == b.rights && a.file == b.file && a.shared == b.shared && a.grows_down == b.grows_down &&
         a.huge_pages == b.huge_pages && a.page_bytes == b.page_bytes && a.label == b.label;
}

/// Whether `high`, which begins where `low` ends, is its continuation.
bool continues(const Region& low, const Region& high) {
  if (high.range.first.value() == 0 || low.range.last + 1 != high.range.first) return false;
  // Linux never expands a mapping of huge pages.
  if (low.kind.page_bytes != 0 || !same_rights_and_use(low.kind, high.kind)) return false;
  return !low.kind.has_offset() || low.file_offset + low.range.bytes() == high.file_offset;
}

}  // namespace

VirtualRange range_of(VirtualAddress first, std::uint64_t bytes) {
  if (bytes == 0) throw InputError(fmt::format("{:#x}: a range of 0 bytes; expected at least 1", first.value()));
  if (first.value() > ~std::uint64_t{0} - (bytes - 1)) {
    throw InputError(fmt::format("{:#x}: {} bytes end beyond the 64-bit address space", first.value(), bytes));
  }
  return {first, first + (bytes - 1)};
}

std::string rights_text(const Rights& rights) {
  std::string text = "----";
  if (rights.read) text[0] = 'r';
  if (rights.write) text[1] = 'w';
  if (rights.execute) text[2] = 'x';
  if (rights.user) text[3] = 'u';
  return text;
}

Rights rights_of(bool read, bool write, bool execute, bool user) {
  Rights rights;
  rights.read = read;
  rights.write = write;
  rights.execute = execute;
  rights.privileged_execute = execute;
  rights.user = user;
  return rights;
}

Regions::Regions(std::uint64_t page_bytes) : page_bytes_(page_bytes) {
  if (!is_power_of_two(page_bytes)) throw InputError("regions: expected a page size that is a power of two");
}

void Regions::reserve(const Region& region, Overlap overlap) {
  check_whole_pages(region.range, std::max(page_bytes_, region.kind.page_bytes));
  if (overlap == Overlap::Refuse) {
    check_free(region.range);
  } else {
    check_cut(region.range);
    erase(region.range);
  }
  insert(region);
  merge_around(region.range);
}

void Regions::unmap(VirtualRange range) {
  check_whole_pages(range, page_bytes_);
  check_cut(range);
  erase(range);
}

void Regions::protect(VirtualRange range, const Rights& rights) {
  change(range, [&](RegionKind& kind) { kind.rights = rights; });
}

void Regions::advise(VirtualRange range, HugePages huge_pages) {
  change(range, [&](RegionKind& kind) { kind.huge_pages = huge_pages; });
}

void Regions::remap(VirtualRange from, VirtualRange to, Overlap overlap) {
  check_whole_pages(from, page_bytes_);
  const Region* source = find(from.first);
  if (source == nullptr || !source->range.contains(from.last)) {
    throw InputError(fmt::format("{}: not in one region; expected a range of one", range_text(from)));
  }
  check_whole_pages(to, std::max(page_bytes_, source->kind.page_bytes));
  check_cut(from);
  Region moved = *source;
  moved.range = to;
  if (moved.kind.has_offset()) moved.file_offset += from.first - source->range.first;
  const bool in_place = from.first == to.first;
  if (!in_place && from.first <= to.last && to.first <= from.last) {
    throw InputError(fmt::format("{}: moved to {}, which overlaps it", range_text(from), range_text(to)));
  }
  // What is new: all of the target, or in place what lies beyond the old end.
  const bool adds = !in_place || to.last > from.last;
  const VirtualRange added{in_place && adds ? from.last + 1 : to.first, to.last};
  if (adds && overlap == Overlap::Refuse) check_free(added);
  if (adds) check_cut(added);
  erase(from);
  erase(to);
  insert(std::move(moved));
  merge_around(to);
}

bool Regions::grow_down(VirtualAddress va, std::uint64_t most_bytes) {
  const std::size_t at = first_ending_from(va);
  if (at == regions_.size() || regions_[at].range.contains(va) || !regions_[at].kind.grows_down) return false;
  const VirtualAddress first(va.value() & ~(page_bytes_ - 1));
  if (regions_[at].range.last - first >= most_bytes) return false;
  if (at > 0 && first - regions_[at - 1].range.last <= stack_gap_pages * page_bytes_) return false;
  regions_[at].range.first = first;
  return true;
}

const Region* Regions::below(VirtualAddress va) const {
  const std::size_t at = first_ending_from(va);
  return at == 0 ? nullptr : &regions_[at - 1];
}

const Region* Regions::above(VirtualAddress va) const {
  std::size_t at = first_ending_from(va);
  if (at < regions_.size() && regions_[at].range.contains(va)) ++at;
  return at == regions_.size() ? nullptr : &regions_[at];
}

bool Regions::covers(VirtualRange range) const {
  VirtualAddress next = range.first;
  for (std::size_t at = first_ending_from(next); at < regions_.size(); ++at) {
    if (!regions_[at].range.contains(next)) return false;
    if (regions_[at].range.contains(range.last)) return true;
    next = regions_[at].range.last + 1;
  }
  return false;
}

std::uint64_t Regions::reserved_bytes() const {
  std::uint64_t bytes = 0;
  for (const Region& region : regions_) bytes += region.range.bytes();
  return bytes;
}

const Region* Regions::search(VirtualAddress va) const {
  const std::size_t at = first_ending_from(va);
  if (at == regions_.size() || !regions_[at].range.contains(va)) return nullptr;
  recent_ = at;
  return &regions_[at];
}

/// The first region that contains `va` or lies above it.
std::size_t Regions::first_ending_from(VirtualAddress va) const {
  const auto found = std::partition_point(regions_.begin(), regions_.end(),
                                          [&](const Region& region) { return region.range.last < va; });
  return static_cast<std::size_t>(found - regions_.begin());
}

void Regions::check_whole_pages(VirtualRange range, std::uint64_t page_bytes) const {
  const std::uint64_t offset = page_bytes - 1;
  if (range.last < range.first || (range.first.value() & offset) != 0 || (range.last.value() & offset) != offset) {
    throw InputError(
        fmt::format("{}: expected whole pages of {}", range_text(range), format_byte_size(ByteSize{page_bytes})));
  }
}

/// A change within the range must not cut through a page of a fixed size.
void Regions::check_cut(VirtualRange range) const {
  for (const VirtualAddress va : {range.first, range.last}) {
    const Region* region = find(va);
    if (region == nullptr || region->kind.page_bytes == 0) continue;
    check_whole_pages({std::max(range.first, region->range.first), std::min(range.last, region->range.last)},
                      region->kind.page_bytes);
  }
}

void Regions::check_reserved(VirtualRange range) const {
  if (!covers(range)) throw InputError(fmt::format("{}: not all of it is reserved", range_text(range)));
}

void Regions::check_free(VirtualRange range) const {
  const std::size_t at = first_ending_from(range.first);
  if (at == regions_.size() || regions_[at].range.first > range.last) return;
  const Region& other = regions_[at];
  throw InputError(fmt::format("{}: overlaps {}{}; expected a range that is free", range_text(range),
                               range_text(other.range), other.kind.label.empty() ? "" : " " + other.kind.label));
}

/// Makes `va` the first address of a region, if one contains it.
void Regions::split_before(VirtualAddress va) {
  const std::size_t at = first_ending_from(va);
  if (at == regions_.size() || !regions_[at].range.contains(va) || regions_[at].range.first == va) return;
  Region high = regions_[at];
  if (high.kind.has_offset()) high.file_offset += va - high.range.first;
  high.range.first = va;
  regions_[at].range.last = VirtualAddress(va.value() - 1);
  regions_.insert(regions_.begin() + static_cast<std::ptrdiff_t>(at + 1), std::move(high));
}

void Regions::insert(Region region) {
  const std::size_t at = first_ending_from(region.range.first);
  regions_.insert(regions_.begin() + static_cast<std::ptrdiff_t>(at), std::move(region));
}

void Regions::erase(VirtualRange range) {
  split_before(range.first);
  if (range.last.value() != ~std::uint64_t{0}) split_before(range.last + 1);
  const auto from = regions_.begin() + static_cast<std::ptrdiff_t>(first_ending_from(range.first));
  const auto to =
      std::find_if(from, regions_.end(), [&](const Region& region) { return region.range.first > range.last; });
  regions_.erase(from, to);
}

/// Joins neighbours from the region below the range to the one above it.
void Regions::merge_around(VirtualRange range) {
  std::size_t at = first_ending_from(range.first);
  if (at > 0) --at;
  while (at + 1 < regions_.size() && regions_[at].range.first <= range.last) {
    if (!continues(regions_[at], regions_[at + 1])) {
      ++at;
      continue;
    }
    regions_[at].range.last = regions_[at + 1].range.last;
    regions_.erase(regions_.begin() + static_cast<std::ptrdiff_t>(at + 1));
  }
}

template <class Change>
void Regions::change(VirtualRange range, Change&& change) {
  check_whole_pages(range, page_bytes_);
  check_reserved(range);
  check_cut(range);
  split_before(range.first);
  if (range.last.value() != ~std::uint64_t{0}) split_before(range.last + 1);
  for (std::size_t at = first_ending_from(range.first); at < regions_.size(); ++at) {
    if (regions_[at].range.first > range.last) break;
    change(regions_[at].kind);
  }
  merge_around(range);
}

}  // namespace tablewalk
