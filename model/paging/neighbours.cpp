#include "paging/neighbours.h"

#include <array>

namespace tablewalk {

/// Only of pages mapped by one entry: the neighbours of a page with several entries are in other lines. An entry before
/// or after the table belongs to another table.
void PagingMode::read_neighbours(const Walk& walk, const EntryLine& line, LinePages& found) const {
  const Translation& own = walk.translation();
  const unsigned at_level = walk.level();
  const Index& index = index_[at_level];
  if (own.page_shift != index.shift || own.whole_shift != index.shift) return;
  const auto own_place =
      static_cast<std::int64_t>(walk.va().value() >> index.shift & (Translation::most_neighbours - 1));
  const auto own_index = static_cast<std::int64_t>(walk.va().value() >> index.shift & index.mask);
  for (std::int64_t place = 0; place < std::int64_t{Translation::most_neighbours}; ++place) {
    const std::int64_t distance = place - own_place;
    const std::int64_t of_table = own_index + distance;
    if (distance == 0 || of_table < 0 || of_table > static_cast<std::int64_t>(index.mask)) continue;
    const PhysicalAddress at = walk.entry_address() + static_cast<std::uint64_t>(distance * entry_bytes_);
    if (!line.holds(at)) continue;
    const std::uint64_t entry = line.entry(at, entry_bytes_);
    const EntryView view = decode(entry, at_level);
    const bool usable = view.kind == EntryView::Kind::Leaf && view.page_shift == own.page_shift && view.accessed;
    if (!usable || view.target.value() >= physical_limit()) continue;
    Translation page = own;
    page.page = view.target;
    page.rights = combine(walk.position().rights, view.rights);
    page.global = walk.position().global || view.global;
    page.dirty = view.dirty;
    page.leaf_entry = entry;
    found.add(static_cast<std::uint64_t>(place), page);
  }
}

std::uint16_t neighbours_of(const Translation& found, VirtualAddress va, const LinePages& line) {
  const std::uint64_t own_place = va.value() >> found.page_shift & (Translation::most_neighbours - 1);
  std::uint16_t group = 0;
  for (std::uint64_t place = 0; place < Translation::most_neighbours; ++place) {
    if ((line.held >> place & 1) == 0) continue;
    const Translation& page = line.pages[place];
    const bool contiguous = page.page.value() - found.page.value() == (place - own_place) << found.page_shift;
    if (contiguous && page.rights == found.rights && page.global == found.global && page.dirty == found.dirty) {
      group = static_cast<std::uint16_t>(group | 1u << place);
    }
  }
  return group;
}

LinePages line_in_tables(const PagingMode& mode, const PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va,
                         Access access, unsigned bytes) {
  std::array<unsigned char, std::size_t{2} * Walk::longest_read> data{};
  EntryLine line{{}, bytes, data.data()};
  LinePages found;
  Walk walk(mode, root, va, access);
  for (;;) {
    switch (walk.step()) {
      case Walk::Step::ReadEntry:
        line.address = EntryLine::start_of(walk.entry_address(), bytes);
        memory.read_bytes(line.address, bytes, data.data());
        walk.supply(data.data() + (walk.entry_address() - line.address));
        break;
      case Walk::Step::UpdateEntry:
        walk.updated(walk.update_expected());
        break;
      case Walk::Step::Done:
        mode.read_neighbours(walk, line, found);
        return found;
      case Walk::Step::Fault:
        return found;
    }
  }
}

}  // namespace tablewalk
