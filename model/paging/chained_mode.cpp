#include "paging/chained_mode.h"

#include <fmt/format.h>

#include <cstring>

#include "base/error.h"
#include "paging/chained_tables.h"
#include "paging/table_size.h"

namespace tablewalk {
namespace {

ChainedNode node_from(const unsigned char* bytes) {
  ChainedNode node;
  std::memcpy(node.words.data(), bytes, ChainedNode::bytes);
  return node;
}

}  // namespace

ChainedMode::ChainedMode(std::string name, const HashedControls& controls)
    : AnchoredMode(std::move(name), {"anchor", "node 1", "node 2", "node 3 and on"}, controls,
                   {ChainedNode::bytes, ChainedNode::entry_offset}) {}

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

std::optional<PhysicalAddress> ChainedMode::node_at(const HashingRoot&, std::uint64_t link) const {
  if (link == 0) return std::nullopt;
  return PhysicalAddress(link & ~low_bits(5));
}

AnchoredMode::Seen ChainedMode::see(const Walk& walk, const HashingRoot& root, unsigned size,
                                    const unsigned char* bytes, bool described) const {
  const ChainedNode node = node_from(bytes);
  Seen seen;
  seen.holds = node.holds({size, number_of(walk, size), root.space});
  seen.entry = node.entry();
  seen.link = node.next().value();
  if (!described) return seen;
  seen.text = node.state() == ChainedNode::State::Page
                  ? fmt::format("page {:#x} of {}, address space {}", node.key().page, size_text(node.key().size),
                                node.key().space)
                  : "deleted";
  return seen;
}

std::string ChainedMode::link_text(const HashingRoot&, std::uint64_t link) const {
  return fmt::format("the node at {:#x}", link);
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

std::shared_ptr<const PagingMode> make_hashed_chained(const PagingControls& controls) {
  return std::make_shared<ChainedMode>("hashed-chained", controls.hashed);
}

}  // namespace tablewalk
