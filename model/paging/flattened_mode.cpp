#include "paging/flattened_mode.h"

#include <fmt/format.h>

#include <cstring>

#include "base/error.h"
#include "paging/flattened_count.h"
#include "paging/flattened_tables.h"
#include "paging/walk_steps.h"

namespace tablewalk {
namespace {

constexpr unsigned physical_bits_of_entries = 52;
constexpr unsigned entry_size = 8;
constexpr unsigned least_table_bytes = 64;

/// Pages of an upper level are further sizes, with as many entries as a merged table has of them.
std::vector<LevelShape> shape_of(const std::vector<FlattenedMode::Group>& groups, unsigned offset_bits) {
  std::vector<LevelShape> shape;
  unsigned shift = offset_bits;
  for (auto group = groups.rbegin(); group != groups.rend(); ++group) {
    for (auto bits = group->rbegin(); bits != group->rend(); ++bits) {
      shape.push_back({shift, *bits, bits == group->rbegin(), fmt::format("level {}", shape.size())});
      shift += *bits;
    }
  }
  return shape;
}

std::vector<PageSize> upper_sizes(const std::vector<FlattenedMode::Group>& groups, unsigned offset_bits) {
  std::vector<PageSize> sizes;
  const std::vector<LevelShape> shape = shape_of(groups, offset_bits);
  for (unsigned level = 0; level < shape.size(); ++level) {
    if (!shape[level].leaf_allowed)
      sizes.push_back({shape[level].index_shift, level, 1u << shape[level - 1].index_bits});
  }
  return sizes;
}

}  // namespace

FlattenedMode::FlattenedMode(std::string name, const std::vector<Group>& groups, unsigned offset_bits)
    : WalkingMode(std::move(name), shape_of(groups, offset_bits), entry_size, physical_bits_of_entries,
                  upper_sizes(groups, offset_bits)) {
  for (unsigned at_level = 0; at_level < levels(); ++at_level) upper_.push_back(!level(at_level).leaf_allowed);
}

EntryView FlattenedMode::decode(std::uint64_t entry, unsigned at_level) const {
  EntryView view;
  if ((entry & own_entry::present) == 0) return view;
  const bool is_leaf = (entry & leaf) != 0;
  const bool is_special = (entry & special) != 0;
  view.kind = is_leaf ? EntryView::Kind::Leaf : EntryView::Kind::Pointer;
  view.target = PhysicalAddress(entry & address);
  if (is_leaf) {
    const unsigned of_level = at_level + (is_special ? 1 : 0);
    if (is_special && !is_upper(of_level)) {
      view.malformed = FaultReason::Reserved;
    } else {
      view.page_shift = static_cast<std::uint8_t>(index_shift(of_level));
      if ((view.target.value() & low_bits(view.page_shift)) != 0) view.malformed = FaultReason::Misaligned;
    }
  } else if (at_level == 0) {
    view.malformed = FaultReason::PointerAtLeaf;
  } else if (is_special && !is_upper(at_level - 1)) {
    view.malformed = FaultReason::Reserved;
  } else if (is_special) {
    view.levels_down = 2;
    view.target = merged(view.target);
  }
  if (view.malformed != FaultReason::None) view.kind = EntryView::Kind::Malformed;
  own_entry::decode_flags(entry, view);
  view.dirty = is_leaf && (entry & own_entry::dirty) != 0;
  view.global = is_leaf && (entry & global) != 0;
  return view;
}

std::uint64_t FlattenedMode::encode_pointer(PhysicalAddress table, unsigned) const {
  return (table.value() & address) | own_entry::pointer_flags | (is_merged(table) ? special : 0);
}

std::uint64_t FlattenedMode::encode_leaf(PhysicalAddress frame, const PageSize&, const LeafSpec& spec) const {
  const std::uint64_t flags = own_entry::leaf_flags(spec) | leaf | (spec.global ? global : 0);
  return (frame.value() & address) | flags;
}

RootRegister FlattenedMode::decode_root(std::uint64_t value) const {
  const PhysicalAddress root(value);
  const bool may_be_merged = is_upper(root_level());
  const bool possible = address_of(root).value() % least_table_bytes == 0 && value < physical_limit() &&
                        (may_be_merged || !is_merged(root));
  if (!possible) {
    throw InputError(fmt::format("{}: root {:#x}: expected a multiple of {} below {:#x}{}", name(), value,
                                 least_table_bytes, physical_limit(),
                                 may_be_merged ? ", and in bit 0 whether the table is merged" : ""));
  }
  return {root, 0};
}

std::vector<BitField> FlattenedMode::root_fields() const {
  return {{"table", 51, 6, "address of the root table / 64"}, {"M", 0, 0, "the table is merged"}};
}

std::vector<BitField> FlattenedMode::entry_fields(std::uint64_t entry, unsigned) const {
  const bool is_leaf = (entry & leaf) != 0;
  std::vector<BitField> fields = {{"M", 54, 54, is_leaf ? "a page of the next level's size" : "the table is merged"},
                                  {"leaf", 53, 53, "maps a page"}};
  if (is_leaf) fields.push_back({"G", 52, 52, "global: in every address space"});
  fields.push_back({is_leaf ? "frame" : "table", 51, 6, is_leaf ? "address of the page / 64" : "address / 64"});
  if (is_leaf) fields.push_back({"D", 5, 5, "dirty: was written"});
  fields.push_back({"A", 4, 4, "accessed: was used by a walk"});
  fields.push_back({"U", 3, 3, "user mode may use it"});
  fields.push_back({"X", 2, 2, "may be executed"});
  fields.push_back({"W", 1, 1, "may be written"});
  fields.push_back({"P", 0, 0, "present"});
  return fields;
}

std::string FlattenedMode::table_text(PhysicalAddress table, unsigned at_level) const {
  return is_merged(table) ? fmt::format("merged table of levels {} and {} at {:#x}", at_level + 1, at_level,
                                        address_of(table).value())
                          : fmt::format("table of level {} at {:#x}", at_level, table.value());
}

std::string FlattenedMode::describe_root(RootRegister root) const {
  return "the root is the " + table_text(root.table, level_of_root(root.table));
}

WalkStep FlattenedMode::look(const Walk& walk, unsigned, const unsigned char* bytes) const {
  const PhysicalAddress table = walk.position().table;
  WalkStep step;
  step.level = walk.level();
  step.table = address_of(table);
  step.entry_address = walk.entry_address();
  step.index = (step.entry_address - step.table) / entry_bytes();
  std::memcpy(&step.entry, bytes, entry_bytes());
  step.updated = step.entry;
  step.view = decode(step.entry, step.level);
  step.rights = walk.position().rights;
  const bool is_pointer = step.view.kind == EntryView::Kind::Pointer;
  if (is_pointer || step.view.kind == EntryView::Kind::Leaf) step.rights = combine(step.rights, step.view.rights);
  step.words = {step.entry};
  step.place = fmt::format("entry {} of the {}", step.index, table_text(table, step.level));
  step.holds = fmt::format("{:#018x}", step.entry);
  if (is_pointer) step.follows = "the " + table_text(step.view.target, step.level - step.view.levels_down);
  return step;
}

std::unique_ptr<PageTables> FlattenedMode::make_tables(std::shared_ptr<const PagingMode> self, PhysicalMemory& memory,
                                                       FrameAllocator& frames, AddressSpaceId space) const {
  return std::make_unique<FlattenedTables>(std::static_pointer_cast<const FlattenedMode>(self), memory, frames, space);
}

void FlattenedMode::count_tables(const std::vector<PageRun>& runs, TableSize& size) const {
  FlattenedCount count(*this);
  for (const PageRun& run : runs) count.add(run);
  size.tables_per_level = count.tables();
  size.bytes_per_level = count.bytes();
}

std::shared_ptr<const PagingMode> make_flattened(const PagingControls&) {
  return make_flattened_mode("flattened", "9+9,9+9/12@8");
}

}  // namespace tablewalk
