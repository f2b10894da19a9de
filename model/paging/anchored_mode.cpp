#include "paging/anchored_mode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "paging/walk_steps.h"

namespace tablewalk {
namespace {

constexpr unsigned first_node_row = 1;

}  // namespace

std::uint64_t AnchoredMode::most_reads(PhysicalAddress) const {
  return page_sizes().size() * (1 + longest_chain);
}

WalkStep AnchoredMode::look(const Walk& walk, unsigned, const unsigned char* bytes) const {
  const HashingRoot root = HashingRoot::decode(walk.root().value());
  WalkStep step;
  step.level = walk.level();
  step.table = root.table;
  step.entry_address = walk.entry_address();
  if (at_anchor(walk)) {
    look_at_anchor(walk, root, bytes, step);
  } else {
    look_at_node(walk, root, bytes, step);
  }
  return step;
}

void AnchoredMode::look_at_anchor(const Walk& walk, const HashingRoot& root, const unsigned char* bytes,
                                  WalkStep& step) const {
  std::uint64_t link = 0;
  std::memcpy(&link, bytes, sizeof(link));
  step.words = {link};
  step.index = (walk.entry_address() - root.table) / anchor_bytes;
  step.place = fmt::format("number {} at {:#x}", step.index, walk.entry_address().value());
  step.holds = link == 0 ? "empty" : fmt::format("{:#x}", link);
  go_on(root, link, size_of(walk), step);
}

void AnchoredMode::look_at_node(const Walk& walk, const HashingRoot& root, const unsigned char* bytes,
                                WalkStep& step) const {
  const unsigned size = size_of(walk);
  const Seen seen = see(walk, root, size, bytes, true);
  step.words.resize(node_.bytes / sizeof(std::uint64_t));
  std::memcpy(step.words.data(), bytes, node_.bytes);
  step.place = fmt::format("at {:#x}", walk.entry_address().value());
  step.holds = seen.text;
  if (seen.astray) {
    step.view.kind = EntryView::Kind::Other;
    step.follows = "not in the chain: the walk begins again at the anchor";
    return;
  }
  if (!seen.holds) return go_on(root, seen.link, size, step);
  step.entry_address = walk.entry_address() + node_.entry_offset;
  step.entry = step.updated = seen.entry;
  step.view = view_of(walk, step.entry, step.entry_address, page_sizes()[size]);
  step.rights = step.view.rights;
}

void AnchoredMode::go_on(const HashingRoot& root, std::uint64_t link, unsigned size, WalkStep& step) const {
  const bool ends = !node_at(root, link);
  step.view.kind = ends ? EntryView::Kind::Absent : EntryView::Kind::Other;
  step.follows = ends ? without_text(root, size) : link_text(root, link);
}

void AnchoredMode::begin(Walk& walk) const {
  const HashingRoot root = HashingRoot::decode(walk.root().value());
  search(walk, root, begin_guess(walk, root).value_or(size_in_use(root, 0)));
}

void AnchoredMode::decide(Walk& walk) const {
  const HashingRoot root = HashingRoot::decode(walk.root().value());
  const unsigned size = size_of(walk);
  if (walk.step() == Walk::Step::UpdateEntry) {
    if (finish_update(walk, page_sizes()[size])) return;
    const PhysicalAddress entry = walk.entry_address();
    return walk.read(walk.level(), PhysicalAddress(entry.value() - node_.entry_offset), node_.bytes);
  }
  if (at_anchor(walk)) return follow(walk, root, walk.entry());
  const Seen seen = see(walk, root, size, walk.bytes(), false);
  if (seen.astray && nodes_of(walk) < longest_chain) {
    walk.set_progress(walk.progress() + (nodes_per_restart << 2));
    return read_anchor(walk, root, size);
  }
  if (!seen.holds) return follow(walk, root, seen.link);
  if ((seen.entry & present) == 0) {
    const bool is_guess = (walk.progress() & guessing) != 0;
    return is_guess ? search(walk, root, size_after(walk, root, size)) : fail(walk, FaultReason::NotPresent);
  }
  use_leaf(walk, seen.entry, walk.entry_address() + node_.entry_offset, page_sizes()[size]);
}

/// Reads the next node of the chain; there may be none. Progress has the page size and the nodes read.
void AnchoredMode::follow(Walk& walk, const HashingRoot& root, std::uint64_t link) const {
  const std::uint64_t nodes = nodes_of(walk);
  const std::optional<PhysicalAddress> node = node_at(root, link);
  if (!node || nodes >= longest_chain) return search(walk, root, size_after(walk, root, size_of(walk)));
  walk.set_progress(walk.progress() + 4);
  const auto row = static_cast<unsigned>(std::min<std::uint64_t>(first_node_row + nodes, levels() - 1));
  read_checked(walk, row, *node, node_.bytes);
}

/// From the anchor on; there may be no size left.
void AnchoredMode::search(Walk& walk, const HashingRoot& root, unsigned size) const {
  if (size == page_sizes().size()) return fail(walk, FaultReason::NotPresent);
  walk.set_progress((walk.progress() & guess_bits) | size);
  read_anchor(walk, root, size);
}

void AnchoredMode::read_anchor(Walk& walk, const HashingRoot& root, unsigned size) const {
  read_checked(walk, 0, root.table + anchor_of(walk, root, size) * anchor_bytes, anchor_bytes);
}

void AnchoredMode::read_checked(Walk& walk, unsigned row, PhysicalAddress at, unsigned bytes) const {
  walk.read(row, at, bytes);
  if (at.value() >= physical_limit()) fail(walk, FaultReason::OutOfMemory);
}

}  // namespace tablewalk
