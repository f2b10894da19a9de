#include "paging/inverted_mode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "paging/inverted_tables.h"
#include "paging/table_size.h"

namespace tablewalk {

InvertedMode::InvertedMode(std::string name, const PagingControls& controls)
    : AnchoredMode(std::move(name), {"anchor", "entry 1", "entry 2", "entry 3 and on"}, controls.hashed,
                   {InvertedEntry::bytes, 0}),
      frames_per_anchor_(controls.inverted.frames_per_anchor) {}

RootRegister InvertedMode::decode_root(std::uint64_t value) const {
  const InvertedRoot root = InvertedRoot::decode(value);
  const bool possible =
      root.slots_log2 >= InvertedRoot::fewest_anchors_log2 && root.slots_log2 <= InvertedRoot::most_anchors_log2;
  if (!possible) {
    throw InputError(fmt::format("{}: root {:#x}: expected bits 5:0 of {} to {}, log2 of the number of anchors", name(),
                                 value, InvertedRoot::fewest_anchors_log2, InvertedRoot::most_anchors_log2));
  }
  return {PhysicalAddress(value), root.space};
}

std::vector<BitField> InvertedMode::root_fields() const {
  return {{"space", 63, 48, "address-space id"}, {"table", 47, 9, "address of the anchors / 512"},
          {"1G", 8, 8, "has pages of 1 GiB"},    {"2M", 7, 7, "has pages of 2 MiB"},
          {"4K", 6, 6, "has pages of 4 KiB"},    {"anchors", 5, 0, "log2 of the number of anchors"}};
}

std::string InvertedMode::describe_root(RootRegister root) const {
  const InvertedRoot table = InvertedRoot::decode(root.table.value());
  return fmt::format("{} anchors are at {:#x}, and the entries of the frames at {:#x}", table.slots(),
                     table.table.value(), table.entries().value());
}

std::vector<BitField> InvertedMode::entry_fields(std::uint64_t, unsigned) const {
  return {{"page", 63, 12, "number of the page"},
          {"size", 8, 7, "number of the page size"},
          {"G", 6, 6, "global: in every address space"},
          {"D", 5, 5, "dirty: was written"},
          {"A", 4, 4, "accessed: was used by a walk"},
          {"U", 3, 3, "user mode may use it"},
          {"X", 2, 2, "may be executed"},
          {"W", 1, 1, "may be written"},
          {"P", 0, 0, "present"}};
}

std::unique_ptr<PageTables> InvertedMode::make_tables(std::shared_ptr<const PagingMode> self, PhysicalMemory& memory,
                                                      FrameAllocator& frames, AddressSpaceId space) const {
  return std::make_unique<InvertedTables>(std::static_pointer_cast<const InvertedMode>(self), memory, frames, space);
}

/// [0]: the entries, [1]: the anchors. What is mapped does not matter.
void InvertedMode::count_tables(const std::vector<PageRun>&, TableSize& size) const {
  const std::uint64_t frames = size.memory_bytes >> InvertedEntry::frame_shift;
  size.tables_per_level = {1, 1};
  size.bytes_per_level = {frames * InvertedEntry::bytes,
                          std::uint64_t{InvertedRoot::anchor_bytes} << anchors_log2(frames)};
}

unsigned InvertedMode::anchors_log2(std::uint64_t frames) const {
  const unsigned wanted = log2_floor(frames) + (is_power_of_two(frames) ? 0 : 1);
  const unsigned fewer = log2_floor(frames_per_anchor_);
  return std::max(InvertedRoot::fewest_anchors_log2, wanted - std::min(wanted, fewer));
}

/// The entry of the frame that a link leads to.
std::optional<PhysicalAddress> InvertedMode::node_at(const HashingRoot& root, std::uint64_t link) const {
  const std::optional<PhysicalAddress> frame = InvertedRoot::frame_linked(link);
  if (!frame) return std::nullopt;
  const InvertedRoot table = InvertedRoot::of(root);
  return table.entry_of(*frame, table.memory_base(frames_per_anchor_));
}

AnchoredMode::Seen InvertedMode::see(const Walk& walk, const HashingRoot& root, unsigned size,
                                     const unsigned char* bytes, bool described) const {
  InvertedEntry entry;
  std::memcpy(entry.words.data(), bytes, InvertedEntry::bytes);
  const InvertedEntry::Key wanted = key_of(walk, root, size);
  Seen seen;
  seen.entry = entry.words[0];
  seen.link = entry.link();
  const bool has_size = entry.size() < page_sizes().size();
  const InvertedEntry::Key key{entry.size(), has_size ? entry.page_address() >> page_sizes()[entry.size()].shift : 0,
                               entry.space()};
  const bool is_wanted = has_size && key == wanted;
  seen.holds = entry.is_present() && is_wanted;
  const InvertedRoot table = InvertedRoot::of(root);
  // The page may have moved to another frame.
  const bool was_wanted = is_wanted && !entry.is_present();
  seen.astray = was_wanted || !has_size || table.anchor_of(key) != table.anchor_of(wanted);
  if (!described) return seen;
  const PhysicalAddress frame = table.frame_of(walk.entry_address(), table.memory_base(frames_per_anchor_));
  seen.text = fmt::format("frame {:#x} has {}page {:#x} of {}, address space {}", frame.value() >> 12,
                          entry.is_present() ? "" : "had ", key.number, size_text(key.size), key.space);
  return seen;
}

std::string InvertedMode::link_text(const HashingRoot&, std::uint64_t link) const {
  return fmt::format("the entry of frame {:#x}",
                     InvertedRoot::frame_linked(link)->value() >> InvertedEntry::frame_shift);
}

EntryView InvertedMode::view_of(const Walk& walk, std::uint64_t entry, PhysicalAddress at, const PageSize& size) const {
  const InvertedRoot root = InvertedRoot::decode(walk.root().value());
  const PhysicalAddress frame = root.frame_of(at, root.memory_base(frames_per_anchor_));
  return decode((entry & InvertedEntry::flags) | frame.value(), size.level);
}

std::shared_ptr<const PagingMode> make_inverted(const PagingControls& controls) {
  return std::make_shared<InvertedMode>("inverted", controls);
}

}  // namespace tablewalk
