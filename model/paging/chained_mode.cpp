#include "paging/chained_mode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/units.h"
#include "paging/chained_tables.h"
#include "paging/table_size.h"
#include "paging/walk_steps.h"

namespace tablewalk {
namespace {

/// A chain of at most this many nodes is searched, so that the walk of a damaged table ends.
constexpr std::uint64_t longest_chain = std::uint64_t{1} << 16;
constexpr unsigned first_node_row = 1;

ChainedNode node_from(const unsigned char* bytes) {
  ChainedNode node;
  std::memcpy(node.words.data(), bytes, ChainedNode::bytes);
  return node;
}

}  // namespace

ChainedMode::ChainedMode(std::string name, const HashedControls& controls)
    : HashingMode(std::move(name), {"anchor", "node 1", "node 2", "node 3 and on"}, controls) {}

std::uint64_t ChainedMode::most_reads(PhysicalAddress) const {
  return page_sizes().size() * (1 + longest_chain);
}

RootRegister ChainedMode::decode_root(std::uint64_t value) const {
  const ChainedRoot root = ChainedRoot::decode(value);
  const bool possible = root.slots_log2 >= ChainedRoot::fewest_anchors_log2 &&
                        root.slots_log2 <= ChainedRoot::most_anchors_log2 && root.table.value() % root.bytes() == 0;
  if (!possible) {
    throw InputError(
        fmt::format("{}: root {:#x}: expected bits 5:0 of {} to {}, log2 of the number of anchors, and in "
                    "bits 47:9 a table aligned to its size",
                    name(), value, ChainedRoot::fewest_anchors_log2, ChainedRoot::most_anchors_log2));
  }
  return {PhysicalAddress(value), root.space};
}

std::vector<BitField> ChainedMode::root_fields() const {
  return {{"space", 63, 48, "address-space id"}, {"table", 47, 9, "address of the anchors / 512"},
          {"1G", 8, 8, "has pages of 1 GiB"},    {"2M", 7, 7, "has pages of 2 MiB"},
          {"4K", 6, 6, "has pages of 4 KiB"},    {"anchors", 5, 0, "log2 of the number of anchors"}};
}

std::string ChainedMode::describe_root(RootRegister root) const {
  const ChainedRoot table = ChainedRoot::decode(root.table.value());
  return fmt::format("a hashed table of {} anchors is at {:#x}", table.slots(), table.table.value());
}

WalkStep ChainedMode::look(const Walk& walk, const unsigned char* bytes) const {
  const ChainedRoot root = ChainedRoot::decode(walk.root().value());
  const unsigned size = size_of(walk);
  const std::string without = without_text(root, size);
  WalkStep step;
  step.level = walk.level();
  step.table = root.table;
  step.entry_address = walk.entry_address();
  const auto go_on = [&](PhysicalAddress next) {
    const bool ends = next == PhysicalAddress(0);
    step.view.kind = ends ? EntryView::Kind::Absent : EntryView::Kind::Other;
    step.follows = ends ? without : fmt::format("the node at {:#x}", next.value());
  };
  if (at_anchor(walk)) {
    std::memcpy(&step.entry, bytes, sizeof(step.entry));
    step.words = {step.entry};
    step.index = (walk.entry_address() - root.table) / ChainedRoot::anchor_bytes;
    step.place = fmt::format("number {} at {:#x}", step.index, walk.entry_address().value());
    step.holds = step.entry == 0 ? "empty" : fmt::format("{:#x}", step.entry);
    go_on(PhysicalAddress(step.entry));
    step.entry = 0;
    return step;
  }
  const ChainedNode node = node_from(bytes);
  step.words.assign(node.words.begin(), node.words.end());
  step.place = fmt::format("at {:#x}", walk.entry_address().value());
  step.holds = node.state() == ChainedNode::State::Page
                   ? fmt::format("page {:#x} of {}, address space {}", node.key().page, size_text(node.key().size),
                                 node.key().space)
                   : "deleted";
  if (!node.holds(key_of(walk, root, size))) {
    go_on(node.next());
    return step;
  }
  step.entry_address = walk.entry_address() + ChainedNode::entry_offset;
  step.entry = step.updated = node.entry();
  step.view = decode(step.entry, size);
  step.rights = step.view.rights;
  return step;
}

std::unique_ptr<PageTables> ChainedMode::make_tables(std::shared_ptr<const PagingMode> self, PhysicalMemory& memory,
                                                     FrameAllocator& frames, AddressSpaceId space) const {
  return std::make_unique<ChainedTables>(std::static_pointer_cast<const ChainedMode>(self), memory, frames, space);
}

/// [0]: the nodes, [1]: the anchors.
void ChainedMode::count_tables(const std::vector<PageRun>& runs, TableSize& size) const {
  std::uint64_t nodes = 0;
  for (const PageRun& run : runs) nodes += (run.last >> run.pages.shift) - (run.first >> run.pages.shift) + 1;
  size.tables_per_level = {nodes, 1};
  const std::uint64_t anchors = grown(controls().initial_bytes.bytes / ChainedRoot::anchor_bytes, nodes);
  size.bytes_per_level = {nodes * ChainedNode::bytes, anchors * ChainedRoot::anchor_bytes};
}

void ChainedMode::begin(Walk& walk) const {
  next_size(walk, ChainedRoot::decode(walk.root().value()), 0);
}

void ChainedMode::decide(Walk& walk) const {
  const ChainedRoot root = ChainedRoot::decode(walk.root().value());
  const unsigned size = size_of(walk);
  if (walk.step() == Walk::Step::UpdateEntry) {
    if (finish_update(walk, page_sizes()[size])) return;
    const PhysicalAddress entry = walk.entry_address();
    return walk.read(walk.level(), PhysicalAddress(entry.value() - ChainedNode::entry_offset), ChainedNode::bytes);
  }
  if (at_anchor(walk)) return follow(walk, root, PhysicalAddress(walk.entry()));
  const ChainedNode node = node_from(walk.bytes());
  if (!node.holds(key_of(walk, root, size))) return follow(walk, root, node.next());
  if ((node.entry() & present) == 0) return fail(walk, FaultReason::NotPresent);
  use_leaf(walk, node.entry(), walk.entry_address() + ChainedNode::entry_offset, page_sizes()[size]);
}

/// Reads the next node of the chain; there may be none. Progress has the page size and the nodes read.
void ChainedMode::follow(Walk& walk, const ChainedRoot& root, PhysicalAddress node) const {
  const std::uint64_t nodes = walk.progress() >> 2;
  if (node == PhysicalAddress(0) || nodes == longest_chain) return next_size(walk, root, size_of(walk) + 1);
  walk.set_progress(walk.progress() + 4);
  const auto row = static_cast<unsigned>(std::min<std::uint64_t>(first_node_row + nodes, levels() - 1));
  read_checked(walk, row, PhysicalAddress(node.value() & ~low_bits(5)), ChainedNode::bytes);
}

void ChainedMode::next_size(Walk& walk, const ChainedRoot& root, unsigned size) const {
  size = size_in_use(root, size);
  if (size == page_sizes().size()) return fail(walk, FaultReason::NotPresent);
  walk.set_progress(size);
  const std::uint64_t anchor = root.slot_of(key_of(walk, root, size).page, size);
  read_checked(walk, 0, root.anchor_at(anchor), ChainedRoot::anchor_bytes);
}

void ChainedMode::read_checked(Walk& walk, unsigned row, PhysicalAddress at, unsigned bytes) const {
  walk.read(row, at, bytes);
  if (at.value() >= physical_limit()) fail(walk, FaultReason::OutOfMemory);
}

std::shared_ptr<const PagingMode> make_hashed_chained(const PagingControls& controls) {
  return std::make_shared<ChainedMode>("hashed-chained", controls.hashed);
}

}  // namespace tablewalk
