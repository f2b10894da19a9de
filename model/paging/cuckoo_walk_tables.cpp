// The walk tables, which follow each change of the page tables.

#include "paging/cuckoo_tables.h"

namespace tablewalk {
namespace {

std::uint64_t sections_key(std::uint64_t section, unsigned walk_table_size, unsigned size) {
  return (section * CuckooRegisters::sizes + walk_table_size) * CuckooRegisters::sizes + size;
}

}  // namespace

/// For a new block, so that it either comes with its entries, or not at all.
void CuckooTables::make_room_in_walk_tables(std::uint64_t block, unsigned size) {
  for (unsigned own = size; own < CuckooRegisters::sizes; ++own) {
    const std::uint64_t section = CuckooMode::section_of(block, size, own);
    const unsigned table = CuckooRegisters::walk_table_of(own);
    if (cuckoo().has_walk_table(own) && !find(CuckooSections::tag_of(own, section), table)) make_room(table);
  }
}

/// Not in the walk table at once, because lines of the same operation may still move.
void CuckooTables::note_stored(const HashedLine& line, unsigned table, unsigned way) {
  if (CuckooRegisters::is_walk_table(table) || !cuckoo().has_walk_table(table)) return;
  stored_.push_back({line.tag().block, table, way});
}

/// The ways of all blocks that were stored since; of a block, the last one counts.
void CuckooTables::note_ways() {
  for (const Stored& one : stored_) {
    change_section(one.block, one.size, [&](CuckooSections::Section old) { return old.with_way(one.size, one.way); });
  }
  stored_.clear();
}

/// In its own walk table, if it goes, and in those of larger sizes, if it is the first or was the last of its section.
void CuckooTables::note_block(std::uint64_t block, unsigned size, bool comes) {
  if (!comes && cuckoo().has_walk_table(size)) {
    change_section(block, size, [&](CuckooSections::Section old) { return old.without_way(size); });
  }
  for (unsigned larger = size + 1; larger < CuckooRegisters::sizes; ++larger) {
    if (!cuckoo().has_walk_table(larger)) continue;
    const std::uint64_t section = CuckooMode::section_of(block, size, larger);
    const std::uint64_t key = sections_key(section, larger, size);
    if (comes) {
      if (blocks_in_[key]++ != 0) continue;
      change_section(section, larger, [&](CuckooSections::Section old) { return old.with(size); });
    } else {
      if (--blocks_in_[key] != 0) continue;
      blocks_in_.erase(key);
      change_section(section, larger, [&](CuckooSections::Section old) { return old.without(size); });
    }
  }
}

/// In the walk table of that size; an entry comes with its first section that has pages, and goes with the last one.
template <class Change>
void CuckooTables::change_section(std::uint64_t section, unsigned size, Change change) {
  const unsigned table = CuckooRegisters::walk_table_of(size);
  const Tag tag = CuckooSections::tag_of(size, section);
  const std::optional<Placed> found = find(tag, table);
  CuckooSections sections;
  if (found) sections.line = found->line;
  sections.set(section, change(sections.of(section)));
  if (!found) {
    sections.line.set_tag(tag);
    add_line(table, sections.line);
  } else if (sections.empty()) {
    remove_line(table, found->at);
  } else {
    write_line(found->at, sections.line);
  }
}

}  // namespace tablewalk
