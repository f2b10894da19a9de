#include "paging/chained_tables.h"

#include <cstring>

namespace tablewalk {
namespace {

using State = ChainedNode::State;

}  // namespace

ChainedTables::ChainedTables(std::shared_ptr<const HashingMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
                             AddressSpaceId space)
    : HashingTables(std::move(mode), memory, frames, space) {
  const std::uint64_t bytes = hashing().controls().initial_bytes.bytes;
  root_.space = space;
  root_.slots_log2 = log2_floor(bytes / ChainedRoot::anchor_bytes);
  root_.table = make_table(bytes);
  tables_per_level_ = {0, 1};
}

std::uint64_t ChainedTables::table_bytes() const {
  return root_.bytes() + tables_per_level_[0] * ChainedNode::bytes;
}

ChainedNode ChainedTables::read(PhysicalAddress at) const {
  std::array<unsigned char, ChainedNode::bytes> bytes;
  memory_.read_bytes(at, ChainedNode::bytes, bytes.data());
  ChainedNode node;
  std::memcpy(node.words.data(), bytes.data(), bytes.size());
  return node;
}

std::optional<ChainedTables::Placed> ChainedTables::search(
    const Key& key, const std::function<bool(const ChainedNode&)>& wanted) const {
  PhysicalAddress at(memory_.read(anchor_of(key), ChainedRoot::anchor_bytes));
  while (at != PhysicalAddress(0)) {
    const ChainedNode node = read(at);
    if (wanted(node)) return Placed{at, node};
    at = node.next();
  }
  return std::nullopt;
}

std::optional<HashingTables::FoundPage> ChainedTables::find_page(std::uint64_t number, unsigned size) const {
  const Key key{size, number, root_.space};
  const auto found = search(key, [&](const ChainedNode& node) { return node.holds(key); });
  if (!found) return std::nullopt;
  return FoundPage{number, found->at + ChainedNode::entry_offset, found->node.entry()};
}

void ChainedTables::insert(std::uint64_t number, const PageSize& size, std::uint64_t leaf) {
  const Key key{size.level, number, root_.space};
  const auto is_deleted = [](const ChainedNode& node) { return node.state() == State::Deleted; };
  if (const auto old = search(key, is_deleted)) {
    write_node(old->at, key, leaf, old->node.next());
    --deleted_;
  } else {
    if (const auto slots = slots_to_rebuild(root_.slots())) rebuild(*slots);
    const PhysicalAddress at = make_table(ChainedNode::bytes);
    ++tables_per_level_[0];
    // The node is complete before the chain leads to it.
    write_node(at, key, leaf, PhysicalAddress(memory_.read(anchor_of(key), ChainedRoot::anchor_bytes)));
    write(anchor_of(key), at.value());
  }
  ++used_;
  root_.sizes |= 1u << size.level;
}

void ChainedTables::write_node(PhysicalAddress at, const Key& key, std::uint64_t leaf, PhysicalAddress next) {
  memory_.write(at, 8, key.page);
  memory_.write(at + 8, 8, ChainedNode::kind(State::Page, key));
  memory_.write(at + ChainedNode::entry_offset, 8, leaf);
  memory_.write(at + ChainedNode::next_offset, 8, next.value());
  note_written(at, ChainedNode::bytes);
}

void ChainedTables::for_all_pages(std::uint64_t first, std::uint64_t last, unsigned size, const UsePage& use) const {
  for_nodes([&](const Placed& placed) {
    const Key key = placed.node.key();
    const bool inside = placed.node.state() == State::Page && key.size == size && key.page >= first && key.page <= last;
    return !inside || use({key.page, placed.at + ChainedNode::entry_offset, placed.node.entry()});
  });
}

/// Calls `use` for each node of every chain, until it returns false. It may change the node, except its place.
void ChainedTables::for_nodes(const std::function<bool(const Placed&)>& use) const {
  for (std::uint64_t anchor = 0; anchor < root_.slots(); ++anchor) {
    PhysicalAddress at(memory_.read(root_.anchor_at(anchor), ChainedRoot::anchor_bytes));
    while (at != PhysicalAddress(0)) {
      const Placed placed{at, read(at)};
      at = placed.node.next();
      if (!use(placed)) return;
    }
  }
}

void ChainedTables::erase(const FoundPage& page, unsigned) {
  const PhysicalAddress node(page.at.value() - ChainedNode::entry_offset);
  write(node + 8, ChainedNode::kind(State::Deleted, {}));
  write(page.at, 0);
  --used_;
  ++deleted_;
}

/// Links every page's node to new anchors, and gives the old anchors and the deleted nodes back.
void ChainedTables::rebuild(std::uint64_t anchors) {
  const PhysicalAddress table = make_table(anchors * ChainedRoot::anchor_bytes);
  std::vector<Placed> nodes;
  for_nodes([&](const Placed& placed) {
    nodes.push_back(placed);
    return true;
  });
  const ChainedRoot old = root_;
  root_.table = table;
  root_.slots_log2 = log2_floor(anchors);
  root_.sizes = 0;
  for (const Placed& placed : nodes) {
    if (placed.node.state() != State::Page) {
      memory_.clear_block(placed.at, ChainedNode::bytes);
      frames_.release_table(placed.at, ChainedNode::bytes);
      --tables_per_level_[0];
      continue;
    }
    const Key key = placed.node.key();
    root_.sizes |= 1u << key.size;
    write(placed.at + ChainedNode::next_offset, memory_.read(anchor_of(key), ChainedRoot::anchor_bytes));
    write(anchor_of(key), placed.at.value());
  }
  count_rebuild(anchors > old.slots());
  memory_.clear_block(old.table, old.bytes());
  frames_.release_table(old.table, old.bytes());
}

std::vector<TableFigure> ChainedTables::figures() const {
  return {{"anchors", root_.slots(), "anchors", "chains of the hashed tables"},
          {"used_nodes", used_, "nodes", "nodes that hold a page"},
          {"deleted_nodes", deleted_, "nodes", "nodes without a page that a search still passes"},
          {"growths", growths_, "rebuilds", "how often a table was rebuilt with more anchors"},
          {"cleanings", cleanings_, "rebuilds", "how often a table was rebuilt without its deleted nodes"}};
}

}  // namespace tablewalk
