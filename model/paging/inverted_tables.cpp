#include "paging/inverted_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace tablewalk {
namespace {

/// The root register has no lower bits of the table's address.
constexpr std::uint64_t smallest_block = 512;

}  // namespace

InvertedTable::InvertedTable(const InvertedMode& mode, FrameAllocator& frames)
    : base_(frames.base()), frames_(frames.memory_bytes() >> InvertedEntry::frame_shift) {
  root_.slots_log2 = mode.anchors_log2(frames_);
  root_.table = frames.allocate_table(std::max(smallest_block, anchor_bytes() + entry_bytes()));
  if (root_.memory_base(mode.frames_per_anchor()) == base_) return;
  throw InputError(
      fmt::format("{}: a memory of {} frames from {:#x} on is too small for a table of its own: expected "
                  "at least {} frames per process",
                  mode.name(), frames_, base_.value(), 8 * mode.frames_per_anchor()));
}

std::shared_ptr<InvertedTable> InvertedTable::of(const InvertedMode& mode, FrameAllocator& frames) {
  std::weak_ptr<CommonTables>& known = frames.common_tables();
  if (const auto table = std::dynamic_pointer_cast<InvertedTable>(known.lock())) return table;
  const auto table = std::make_shared<InvertedTable>(mode, frames);
  known = table;
  return table;
}

InvertedTables::InvertedTables(const std::shared_ptr<const InvertedMode>& mode, PhysicalMemory& memory,
                               FrameAllocator& frames, AddressSpaceId space)
    : HashingTables(mode, memory, frames, space), table_(InvertedTable::of(*mode, frames)) {
  table_->spaces.push_back(this);
  const std::uint64_t tables = accounts() ? 1 : 0;
  tables_per_level_ = {tables, tables};
}

InvertedTables::~InvertedTables() {
  std::vector<const void*>& spaces = table_->spaces;
  spaces.erase(std::find(spaces.begin(), spaces.end(), this));
}

PhysicalAddress InvertedTables::root() const {
  InvertedRoot root = table_->root();
  root.space = space_;
  for (unsigned size = 0; size < pages_.size(); ++size) root.sizes |= (in_use(size) ? 1u : 0u) << size;
  return PhysicalAddress(root.encode());
}

std::uint64_t InvertedTables::table_bytes() const {
  return accounts() ? table_->entry_bytes() + table_->anchor_bytes() : 0;
}

HashingTables::FoundPage InvertedTables::found(const InvertedEntry& entry, PhysicalAddress at) const {
  return {key_of(entry).number, at, (entry.words[0] & InvertedEntry::flags) | table_->frame_of(at).value()};
}

std::optional<HashingTables::FoundPage> InvertedTables::find_page(std::uint64_t number, unsigned size) const {
  const Key key{size, number, space_};
  std::optional<PhysicalAddress> frame =
      InvertedRoot::frame_linked(memory_.read(anchor_of(key), InvertedRoot::anchor_bytes));
  while (frame) {
    const PhysicalAddress at = table_->entry_of(*frame);
    const InvertedEntry entry = read(at);
    if (key_of(entry) == key) return found(entry, at);
    frame = InvertedRoot::frame_linked(entry.link());
  }
  return std::nullopt;
}

/// A frame has one entry. (The frames behind the first one of a larger page have unused ones.)
void InvertedTables::refuse_second_page(PhysicalAddress frame, std::uint64_t page_address,
                                        std::uint64_t page_bytes) const {
  if (!table_->has(frame) || !table_->has(frame + (page_bytes - 1))) {
    throw InputError(
        fmt::format("{}: the frame {:#x} is outside of the {} of memory from {:#x} on: expected one that "
                    "has an entry, or another paging.mode for pages shared with other processes",
                    mode().name(), frame.value(), humane_byte_size(table_->frames() * 4096), table_->base().value()));
  }
  const InvertedEntry entry = read(table_->entry_of(frame));
  if (!entry.is_present()) return;
  throw InputError(
      fmt::format("{}: address {:#x} of space {} cannot share the frame {:#x}: its only entry is of "
                  "address {:#x} of space {}; expected another paging.mode for shared pages",
                  mode().name(), page_address, space_, frame.value(), entry.page_address(), entry.space()));
}

void InvertedTables::insert(std::uint64_t number, const PageSize& size, std::uint64_t leaf) {
  const PhysicalAddress frame = mode().decode(leaf, size.level).target;
  const std::uint64_t address = number << size.shift;
  refuse_second_page(frame, address, size.bytes());
  const Key key{size.level, number, space_};
  const PhysicalAddress anchor = anchor_of(key);
  const PhysicalAddress at = table_->entry_of(frame);
  const std::uint64_t first = memory_.read(anchor, InvertedRoot::anchor_bytes);
  // The entry is complete before the chain leads to it.
  memory_.write(at, 8, InvertedEntry::first_word(address, size.level, leaf));
  memory_.write(at + InvertedEntry::link_offset, 8, InvertedEntry::second_word(space_, first));
  note_written(at, InvertedEntry::bytes);
  write(anchor, InvertedRoot::link_to(frame));
  ++pages_[size.level];
}

void InvertedTables::replace(const FoundPage& page, unsigned size, std::uint64_t leaf) {
  write(page.at, InvertedEntry::first_word(read(page.at).page_address(), size, leaf));
}

/// What led to the entry leads to the next one. The entry keeps what it has.
void InvertedTables::erase(const FoundPage& page, unsigned size) {
  const InvertedEntry entry = read(page.at);
  PhysicalAddress link_at = anchor_of(key_of(entry));
  std::uint64_t before = memory_.read(link_at, 8);
  for (;;) {
    const PhysicalAddress at = table_->entry_of(*InvertedRoot::frame_linked(before));
    if (at == page.at) break;
    link_at = at + InvertedEntry::link_offset;
    before = memory_.read(link_at, 8);
  }
  write(link_at, (before & ~low_bits(48)) | entry.link());
  write(page.at, entry.words[0] & ~InvertedEntry::present);
  --pages_[size];
}

/// The entries in memory that was ever written.
void InvertedTables::for_all_pages(std::uint64_t first, std::uint64_t last, unsigned size, const UsePage& use) const {
  const PhysicalAddress begin = table_->root().entries();
  const PhysicalAddress end = begin + table_->entry_bytes();
  for (PhysicalAddress at = begin; at < end;) {
    const PhysicalAddress host_page(at.value() & ~(PhysicalMemory::page_size - 1));
    const PhysicalAddress next = std::min(end, host_page + PhysicalMemory::page_size);
    if (!memory_.is_touched(host_page)) {
      at = next;
      continue;
    }
    for (; at < next; at = at + InvertedEntry::bytes) {
      const InvertedEntry entry = read(at);
      if (!entry.is_present() || entry.space() != space_ || entry.size() != size) continue;
      const FoundPage page = found(entry, at);
      if (page.number >= first && page.number <= last && !use(page)) return;
    }
  }
}

std::uint64_t InvertedTables::searches_per_scan() const {
  return table_->entry_bytes() / PhysicalMemory::page_size + pages_[0] + pages_[1] + pages_[2];
}

std::vector<TableFigure> InvertedTables::figures() const {
  const auto once = [&](std::uint64_t value) { return accounts() ? value : 0; };
  return {{"frames", once(table_->frames()), "frames", "entries of the inverted table, one for each frame"},
          {"anchors", once(table_->root().slots()), "anchors", "chains of the inverted table"},
          {"used_entries", pages_[0] + pages_[1] + pages_[2], "entries", "entries that hold a page"}};
}

}  // namespace tablewalk
