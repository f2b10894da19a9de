#include "paging/chained_tables.h"

#include <cstring>

namespace tablewalk {
namespace {

using State = ChainedNode::State;

}  // namespace

ChainedTables::ChainedTables(std::shared_ptr<const ChainedMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
                             AddressSpaceId space)
    : PageTables(mode, memory, frames, space), chained_(std::move(mode)) {
  const std::uint64_t bytes = chained_->controls().initial_bytes.bytes;
  root_.space = space;
  root_.anchors_log2 = log2_floor(bytes / ChainedRoot::anchor_bytes);
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

ChainedTables::Key ChainedTables::key_of(VirtualAddress va, unsigned size) const {
  return {size, va.value() >> mode().page_sizes()[size].shift, root_.space};
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

std::optional<ChainedTables::Placed> ChainedTables::find(const Key& key) const {
  return search(key, [&](const ChainedNode& node) { return node.holds(key); });
}

std::optional<TableLeaf> ChainedTables::leaf(VirtualAddress va) const {
  for (unsigned size = 0; size < mode().page_sizes().size(); ++size) {
    if (const auto found = leaf_of_size(va, size)) return found;
  }
  return std::nullopt;
}

std::optional<TableLeaf> ChainedTables::leaf_of_size(VirtualAddress va, unsigned size) const {
  if (!in_use(size)) return std::nullopt;
  const std::optional<Placed> found = find(key_of(va, size));
  if (!found) return std::nullopt;
  return TableLeaf{found->at + ChainedNode::entry_offset, mode().decode(found->node.entry(), size)};
}

void ChainedTables::refuse_overlap(VirtualAddress va, const PageSize& size) const {
  if (leaf_of_size(va, size.level)) throw already_mapped(va, size.bytes());
  for (const PageSize& other : mode().page_sizes()) {
    if (other.shift > size.shift && leaf_of_size(va, other.level)) throw mapped_by_larger(va, other.bytes());
    if (other.shift >= size.shift) continue;
    bool found = false;
    for_pages({va.value(), va.value() + (size.bytes() - 1)}, other.level, [&](const Placed&) {
      found = true;
      return false;
    });
    if (found) throw already_mapped(va, size.bytes());
  }
}

void ChainedTables::add(VirtualAddress va, const PageSize& size, std::uint64_t leaf) {
  refuse_overlap(va, size);
  const Key key = key_of(va, size.level);
  const auto is_deleted = [](const ChainedNode& node) { return node.state() == State::Deleted; };
  if (const auto old = search(key, is_deleted)) {
    write_node(old->at, key, leaf, old->node.next());
    --deleted_;
  } else {
    if (used_ + deleted_ + 1 > chained_->limit(root_.anchors())) {
      // In the same size only if that gets rid of many nodes, so that it is not done again soon.
      const bool mostly_deleted = used_ < deleted_;
      rebuild(mostly_deleted ? root_.anchors()
                             : chained_->grown(root_.anchors() * chained_->controls().growth, used_ + 1));
    }
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

void ChainedTables::for_pages(Range range, unsigned size, const std::function<bool(const Placed&)>& use) const {
  if (!in_use(size)) return;
  const std::uint64_t first = key_of(VirtualAddress(range.first), size).page;
  const std::uint64_t last = key_of(VirtualAddress(range.last), size).page;
  if (last - first < root_.anchors()) {
    for (std::uint64_t page = first; page <= last; ++page) {
      const auto placed = find({size, page, root_.space});
      if (placed && !use(*placed)) return;
    }
    return;
  }
  for_nodes([&](const Placed& placed) {
    const Key key = placed.node.key();
    const bool inside = placed.node.state() == State::Page && key.size == size && key.page >= first && key.page <= last;
    return !inside || use(placed);
  });
}

/// Calls `use` for each node of every chain, until it returns false. It may change the node, except its place.
void ChainedTables::for_nodes(const std::function<bool(const Placed&)>& use) const {
  for (std::uint64_t anchor = 0; anchor < root_.anchors(); ++anchor) {
    PhysicalAddress at(memory_.read(root_.anchor_at(anchor), ChainedRoot::anchor_bytes));
    while (at != PhysicalAddress(0)) {
      const Placed placed{at, read(at)};
      at = placed.node.next();
      if (!use(placed)) return;
    }
  }
}

void ChainedTables::remove(Range range) {
  for (const PageSize& size : mode().page_sizes()) {
    for_pages(range, size.level, [&](const Placed& placed) {
      write(placed.at + 8, ChainedNode::kind(State::Deleted, {}));
      write(placed.at + ChainedNode::entry_offset, 0);
      --used_;
      ++deleted_;
      return true;
    });
  }
}

void ChainedTables::rewrite(Range range, const LeafSpec& spec) {
  for (const PageSize& size : mode().page_sizes()) {
    for_pages(range, size.level, [&](const Placed& placed) {
      const EntryView leaf = mode().decode(placed.node.entry(), size.level);
      write(placed.at + ChainedNode::entry_offset, rewritten(leaf, spec));
      return true;
    });
  }
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
  root_.anchors_log2 = log2_floor(anchors);
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
  deleted_ = 0;
  ++(anchors > old.anchors() ? growths_ : cleanings_);
  memory_.clear_block(old.table, old.bytes());
  frames_.release_table(old.table, old.bytes());
}

std::vector<TableFigure> ChainedTables::figures() const {
  return {{"anchors", root_.anchors(), "anchors", "chains of the hashed tables"},
          {"used_nodes", used_, "nodes", "nodes that hold a page"},
          {"deleted_nodes", deleted_, "nodes", "nodes without a page that a search still passes"},
          {"growths", growths_, "rebuilds", "how often a table was rebuilt with more anchors"},
          {"cleanings", cleanings_, "rebuilds", "how often a table was rebuilt without its deleted nodes"}};
}

}  // namespace tablewalk
