#include "paging/hashed_mode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/units.h"
#include "paging/hashed_tables.h"
#include "paging/neighbours.h"
#include "paging/table_size.h"
#include "paging/walk_steps.h"

namespace tablewalk {
namespace {

HashedLine line_from(const unsigned char* bytes) {
  HashedLine line;
  std::memcpy(line.words.data(), bytes, HashedLine::bytes);
  return line;
}

}  // namespace

HashedMode::HashedMode(std::string name, const HashedControls& controls)
    : HashingMode(std::move(name), {"probe 1", "probe 2", "probe 3", "probe 4 and on"}, controls) {}

/// Every line once for each page size in use.
std::uint64_t HashedMode::most_reads(PhysicalAddress root) const {
  const HashedRoot table = HashedRoot::decode(root.value());
  return page_sizes().size() * table.slots();
}

/// The line is a block of adjacent pages.
void HashedMode::read_neighbours(const Walk& walk, const EntryLine& line, LinePages& found) const {
  const Translation& own = walk.translation();
  const HashedLine held = line_from(line.data);
  const unsigned own_entry = HashedLine::entry_of(walk.va(), own.page_shift);
  const std::uint64_t place = walk.va().value() >> own.page_shift & (Translation::most_neighbours - 1);
  for (unsigned entry = 0; entry < HashedLine::entries; ++entry) {
    const EntryView view = decode(held.words[entry], own.level);
    if (entry == own_entry || view.kind != EntryView::Kind::Leaf || !view.accessed) continue;
    Translation page = own;
    page.page = view.target;
    page.rights = view.rights;
    page.global = view.global;
    page.dirty = view.dirty;
    page.leaf_entry = held.words[entry];
    found.add(place - own_entry + entry, page);
  }
}

RootRegister HashedMode::decode_root(std::uint64_t value) const {
  const HashedRoot root = HashedRoot::decode(value);
  const bool possible = root.slots_log2 >= HashedRoot::fewest_lines_log2 &&
                        root.slots_log2 <= HashedRoot::most_lines_log2 && root.table.value() % root.bytes() == 0;
  if (!possible) {
    throw InputError(
        fmt::format("{}: root {:#x}: expected bits 5:0 of {} to {}, log2 of the number of lines, and in "
                    "bits 47:9 a table aligned to its size",
                    name(), value, HashedRoot::fewest_lines_log2, HashedRoot::most_lines_log2));
  }
  return {PhysicalAddress(value), root.space};
}

std::vector<BitField> HashedMode::root_fields() const {
  return {{"space", 63, 48, "address-space id"}, {"table", 47, 9, "address of the table / 512"},
          {"1G", 8, 8, "has pages of 1 GiB"},    {"2M", 7, 7, "has pages of 2 MiB"},
          {"4K", 6, 6, "has pages of 4 KiB"},    {"lines", 5, 0, "log2 of the number of lines"}};
}

std::string HashedMode::describe_root(RootRegister root) const {
  const HashedRoot table = HashedRoot::decode(root.table.value());
  return fmt::format("a hashed table of {} lines of eight entries is at {:#x}", table.slots(), table.table.value());
}

std::vector<LevelShape> HashedMode::address_parts() const {
  return {{12, 3, false, "entry"}, {15, 49, false, "block"}};
}

WalkStep HashedMode::look(const Walk& walk, unsigned, const unsigned char* bytes) const {
  const HashedRoot root = HashedRoot::decode(walk.root().value());
  const Place place = place_of(walk);
  const HashedLine line = line_from(bytes);
  const HashedLine::Tag tag = line.tag();
  const std::uint64_t block = block_of(walk, place.size);
  const unsigned entry = HashedLine::entry_of(walk.va(), page_sizes()[place.size].shift);
  WalkStep step;
  step.level = walk.level();
  step.table = root.table;
  step.index = root.line_of(block, place.size, place.probes);
  step.entry_address = walk.entry_address() + std::uint64_t{entry} * entry_size;
  step.place = fmt::format("line {} at {:#x}", step.index, walk.entry_address().value());
  step.words.assign(line.words.begin(), line.words.end());
  const std::string without = without_text(root, place.size);
  if (tag == HashedLine::Tag{HashedLine::State::Block, place.size, block, root.space}) {
    step.entry = line.words[entry];
    step.view = decode(step.entry, place.size);
    step.rights = step.view.rights;
    if (step.view.kind == EntryView::Kind::Absent) step.follows = without;
  } else if (tag.state == HashedLine::State::Empty) {
    step.follows = without;
  } else {
    step.view.kind = EntryView::Kind::Other;
    step.follows = "another block: the next line";
  }
  step.updated = step.entry;
  step.holds = tag.state == HashedLine::State::Empty     ? "empty"
               : tag.state == HashedLine::State::Deleted ? "deleted"
                                                         : fmt::format("block {:#x} of pages of {}, address space {}",
                                                                       tag.block, size_text(tag.size), tag.space);
  return step;
}

std::unique_ptr<PageTables> HashedMode::make_tables(std::shared_ptr<const PagingMode> self, PhysicalMemory& memory,
                                                    FrameAllocator& frames, AddressSpaceId space) const {
  return std::make_unique<HashedTables>(std::static_pointer_cast<const HashedMode>(self), memory, frames, space);
}

void HashedMode::count_tables(const std::vector<PageRun>& runs, TableSize& size) const {
  std::uint64_t blocks = 0;
  std::array<std::uint64_t, 4> next{};  // the first block not yet counted, by page size
  for (const PageRun& run : runs) {
    const std::uint64_t first = HashedLine::block_of(VirtualAddress(run.first), run.pages.shift);
    const std::uint64_t last = HashedLine::block_of(VirtualAddress(run.last), run.pages.shift);
    blocks += last + 1 - std::max(first, std::min(next[run.pages.level], last + 1));
    next[run.pages.level] = last + 1;
  }
  size.tables_per_level.push_back(1);
  size.bytes_per_level.push_back(grown(controls().initial_bytes.bytes / HashedLine::bytes, blocks) * HashedLine::bytes);
}

void HashedMode::begin(Walk& walk) const {
  const HashedRoot root = HashedRoot::decode(walk.root().value());
  search(walk, root, begin_guess(walk, root).value_or(size_in_use(root, 0)), 0);
}

void HashedMode::decide(Walk& walk) const {
  const HashedRoot root = HashedRoot::decode(walk.root().value());
  const Place place = place_of(walk);
  const PageSize& size = page_sizes()[place.size];
  if (walk.step() == Walk::Step::UpdateEntry) {
    if (!finish_update(walk, size)) read_line(walk, root, place, walk.level());
    return;
  }
  const HashedLine line = line_from(walk.bytes());
  const HashedLine::Tag tag = line.tag();
  if (tag == HashedLine::Tag{HashedLine::State::Block, place.size, block_of(walk, place.size), root.space}) {
    const unsigned entry = HashedLine::entry_of(walk.va(), size.shift);
    if ((line.words[entry] & present) == 0) return next_size(walk, root, place);
    return use_leaf(walk, line.words[entry], walk.entry_address() + std::uint64_t{entry} * entry_size, size);
  }
  if (tag.state == HashedLine::State::Empty) return next_size(walk, root, place);
  next_line(walk, root, place);
}

void HashedMode::next_line(Walk& walk, const HashedRoot& root, Place place) const {
  ++place.probes;
  if (place.probes == root.slots()) return next_size(walk, root, place);
  read_line(walk, root, place, walk.level() + 1);
}

/// There is no page of that size.
void HashedMode::next_size(Walk& walk, const HashedRoot& root, Place place) const {
  search(walk, root, size_after(walk, root, place.size), walk.level() + 1);
}

/// The first line for that page size; there may be none left.
void HashedMode::search(Walk& walk, const HashedRoot& root, unsigned size, unsigned row) const {
  if (size == page_sizes().size()) return fail(walk, FaultReason::NotPresent);
  read_line(walk, root, {size, 0}, row);
}

void HashedMode::read_line(Walk& walk, const HashedRoot& root, Place place, unsigned row) const {
  const PhysicalAddress at = root.line_at(root.line_of(block_of(walk, place.size), place.size, place.probes));
  walk.set_progress((walk.progress() & guess_bits) | place.probes << 2 | place.size);
  walk.read(std::min(row, levels() - 1), at, HashedLine::bytes);
  if (at.value() >= physical_limit()) fail(walk, FaultReason::OutOfMemory);
}

std::shared_ptr<const PagingMode> make_hashed(const PagingControls& controls) {
  return std::make_shared<HashedMode>("hashed", controls.hashed);
}

}  // namespace tablewalk
