#include "os/layout.h"

#include <algorithm>
#include <iterator>

namespace tablewalk {
namespace {

VirtualRange whole_pages(VirtualAddress first, std::uint64_t bytes, std::uint64_t page_bytes) {
  const std::uint64_t offset = page_bytes - 1;
  return {VirtualAddress(first.value() & ~offset), VirtualAddress((first + (bytes - 1)).value() | offset)};
}

/// The part of the region from `first` to `last`.
Region part_of(Region region, VirtualAddress first, VirtualAddress last) {
  if (region.kind.has_offset()) region.file_offset += first - region.range.first;
  region.range = {first, last};
  return region;
}

/// The parts of the range that are reserved, as they are before any change. A page of a fixed size belongs as a whole.
std::vector<Region> reserved_parts(const Regions& regions, VirtualRange range) {
  std::vector<Region> parts;
  for (const Region& region : regions) {
    const std::uint64_t offset = region.kind.page_bytes == 0 ? 0 : region.kind.page_bytes - 1;
    const VirtualAddress first = std::max(region.range.first, VirtualAddress(range.first.value() & ~offset));
    const VirtualAddress last = std::min(region.range.last, VirtualAddress(range.last.value() | offset));
    if (first <= last) parts.push_back(part_of(region, first, last));
  }
  return parts;
}

Region region_of(const LayoutChange& change, const Regions& regions) {
  Region region;
  region.range = whole_pages(change.first, change.bytes, std::max(regions.page_bytes(), change.page_bytes));
  region.kind.rights = rights_of(change.read, change.write, change.execute, change.user);
  region.kind.file = change.file;
  region.kind.shared = change.shared;
  region.kind.grows_down = change.grows_down;
  region.kind.huge_pages = change.huge_pages;
  region.kind.page_bytes = change.page_bytes;
  region.kind.label = change.label;
  region.file_offset = change.file_offset;
  return region;
}

void clear(Regions& regions, VirtualRange range) {
  for (const Region& part : reserved_parts(regions, range)) regions.unmap(part.range);
}

void remap(const LayoutChange& change, Regions& regions) {
  const VirtualRange from = whole_pages(change.first, change.bytes, regions.page_bytes());
  const VirtualRange to = whole_pages(change.to, change.to_bytes, regions.page_bytes());
  Region moved;
  moved.kind.rights = rights_of(true, true, false);
  const Region* source = regions.find(from.first);
  if (source != nullptr && source->range.contains(from.last)) {
    moved = part_of(*source, from.first, from.last);
  }
  moved.range = to;
  if (moved.kind.page_bytes != 0) moved.range = whole_pages(change.to, change.to_bytes, moved.kind.page_bytes);
  clear(regions, from);
  clear(regions, moved.range);
  regions.reserve(moved);
}

Rights either(const Rights& a, const Rights& b) {
  return rights_of(a.read || b.read, a.write || b.write, a.execute || b.execute, a.user || b.user);
}

/// Adds what `now` has in the range to `all`.
void add(const Regions& now, VirtualRange range, Regions& all) {
  for (const Region& part : reserved_parts(now, range)) {
    VirtualAddress next = part.range.first;
    bool filled = false;
    for (const Region& known : reserved_parts(all, part.range)) {
      all.protect(known.range, either(known.kind.rights, part.kind.rights));
      if (next < known.range.first) {
        all.reserve(part_of(part, next, VirtualAddress(known.range.first.value() - 1)));
      }
      filled = known.range.last == part.range.last;
      if (!filled) next = known.range.last + 1;
    }
    if (!filled) all.reserve(part_of(part, next, part.range.last));
  }
}

}  // namespace

void apply_change(const LayoutChange& change, Regions& regions) {
  if (!has_range(change.operation)) return;
  const VirtualRange range = whole_pages(change.first, change.bytes, regions.page_bytes());
  switch (change.operation) {
    case LayoutOperation::Reserve: {
      const Region region = region_of(change, regions);
      clear(regions, region.range);
      regions.reserve(region);
      break;
    }
    case LayoutOperation::Unmap:
      clear(regions, range);
      break;
    case LayoutOperation::Protect:
      for (const Region& part : reserved_parts(regions, range)) {
        regions.protect(part.range, rights_of(change.read, change.write, change.execute, change.user));
      }
      break;
    case LayoutOperation::Advise:
      for (const Region& part : reserved_parts(regions, range)) regions.advise(part.range, change.huge_pages);
      break;
    case LayoutOperation::Remap:
      remap(change, regions);
      break;
    default:
      break;
  }
}

LayoutChange change_of(const Region& region, AddressSpaceId asid) {
  LayoutChange change;
  change.asid = asid;
  change.first = region.range.first;
  change.bytes = region.range.bytes();
  change.read = region.kind.rights.read;
  change.write = region.kind.rights.write;
  change.execute = region.kind.rights.execute;
  change.user = region.kind.rights.user;
  change.shared = region.kind.shared;
  change.grows_down = region.kind.grows_down;
  change.file = region.kind.file;
  change.file_offset = region.file_offset;
  change.page_bytes = region.kind.page_bytes;
  change.huge_pages = region.kind.huge_pages;
  change.label = region.kind.label;
  return change;
}

Regions regions_of(const Layout& layout, std::uint64_t page_bytes) {
  Regions regions(page_bytes);
  for (const LayoutChange& change : layout) apply_change(change, regions);
  return regions;
}

Regions regions_at_any_time(const Layout& layout, std::uint64_t page_bytes) {
  Regions now(page_bytes);
  Regions all(page_bytes);
  for (LayoutChange change : layout) {
    if (!has_range(change.operation)) continue;
    change.page_bytes = 0;  // regions of different page sizes may have been in the same place
    apply_change(change, now);
    const bool remaps = change.operation == LayoutOperation::Remap;
    add(now, whole_pages(remaps ? change.to : change.first, remaps ? change.to_bytes : change.bytes, page_bytes), all);
  }
  return all;
}

Layout layout_of_space(const Layout& layout, AddressSpaceId asid) {
  Layout own;
  std::copy_if(layout.begin(), layout.end(), std::back_inserter(own),
               [&](const LayoutChange& change) { return change.asid == asid; });
  return own;
}

}  // namespace tablewalk
