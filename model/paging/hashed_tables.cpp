#include "paging/hashed_tables.h"

#include <algorithm>

namespace tablewalk {
namespace {

using State = HashedLine::State;

bool has_pages(const HashedLine& line) {
  return std::any_of(line.words.begin(), line.words.end(),
                     [](std::uint64_t entry) { return (entry & HashingMode::present) != 0; });
}

constexpr std::uint64_t tag_bits = ~low_bits(HashingMode::own_shift);

}  // namespace

HashedTables::HashedTables(std::shared_ptr<const HashedMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
                           AddressSpaceId space)
    : PageTables(mode, memory, frames, space), hashed_(std::move(mode)) {
  const std::uint64_t bytes = hashed_->controls().initial_bytes.bytes;
  root_.space = space;
  root_.lines_log2 = log2_floor(bytes / HashedLine::bytes);
  root_.table = make_table(bytes);
  tables_per_level_ = {1};
}

HashedLine HashedTables::read(std::uint64_t number) const {
  std::array<unsigned char, HashedLine::bytes> bytes;
  memory_.read_bytes(root_.line_at(number), HashedLine::bytes, bytes.data());
  HashedLine line;
  std::memcpy(line.words.data(), bytes.data(), bytes.size());
  return line;
}

void HashedTables::write_line(std::uint64_t number, const HashedLine& line) {
  const PhysicalAddress at = root_.line_at(number);
  for (unsigned i = 0; i < HashedLine::entries; ++i) memory_.write(at + i * sizeof(line.words[i]), 8, line.words[i]);
  note_written(at, HashedLine::bytes);
}

HashedTables::Tag HashedTables::tag_of(VirtualAddress va, unsigned size) const {
  return {State::Block, size, HashedLine::block_of(va, mode().page_sizes()[size].shift), root_.space};
}

std::optional<HashedTables::Placed> HashedTables::find(const Tag& tag) const {
  for (std::uint64_t probes = 0;; ++probes) {
    const std::uint64_t number = root_.line_of(tag.block, tag.size, probes);
    const HashedLine line = read(number);
    if (line.tag() == tag) return Placed{number, line};
    if (line.tag().state == State::Empty) return std::nullopt;
  }
}

/// The line that a block which has none gets.
std::uint64_t HashedTables::place_for(const Tag& tag) const {
  for (std::uint64_t probes = 0;; ++probes) {
    const std::uint64_t number = root_.line_of(tag.block, tag.size, probes);
    if (read(number).tag().state != State::Block) return number;
  }
}

std::optional<TableLeaf> HashedTables::leaf(VirtualAddress va) const {
  for (unsigned size = 0; size < mode().page_sizes().size(); ++size) {
    if (const auto found = leaf_of_size(va, size)) return found;
  }
  return std::nullopt;
}

std::optional<TableLeaf> HashedTables::leaf_of_size(VirtualAddress va, unsigned size) const {
  if (!in_use(size)) return std::nullopt;
  const std::optional<Placed> found = find(tag_of(va, size));
  if (!found) return std::nullopt;
  const unsigned entry = HashedLine::entry_of(va, mode().page_sizes()[size].shift);
  const EntryView view = mode().decode(found->line.words[entry], size);
  if (view.kind == EntryView::Kind::Absent) return std::nullopt;
  return TableLeaf{root_.line_at(found->number) + entry * mode().entry_bytes(), view};
}

void HashedTables::refuse_overlap(VirtualAddress va, const PageSize& size) const {
  if (leaf_of_size(va, size.level)) throw already_mapped(va, size.bytes());
  for (const PageSize& other : mode().page_sizes()) {
    if (other.shift > size.shift && leaf_of_size(va, other.level)) throw mapped_by_larger(va, other.bytes());
    if (other.shift >= size.shift) continue;
    bool found = false;
    for_lines({va.value(), va.value() + (size.bytes() - 1)}, other.level, [&](const Placed&) {
      found = true;
      return false;
    });
    if (found) throw already_mapped(va, size.bytes());
  }
}

void HashedTables::add(VirtualAddress va, const PageSize& size, std::uint64_t leaf) {
  refuse_overlap(va, size);
  const Tag tag = tag_of(va, size.level);
  const unsigned entry = HashedLine::entry_of(va, size.shift);
  if (const auto found = find(tag)) {
    write(root_.line_at(found->number) + entry * mode().entry_bytes(), leaf | (found->line.words[entry] & tag_bits));
  } else {
    std::uint64_t number = place_for(tag);
    const bool takes_empty = read(number).tag().state == State::Empty;
    if (takes_empty && used_ + deleted_ + 1 > hashed_->limit(root_.lines())) {
      // In the same size only if that gets rid of many lines, so that it is not done again soon.
      const bool mostly_deleted = used_ < deleted_;
      rebuild(mostly_deleted ? root_.lines() : hashed_->grown(root_.lines() * hashed_->controls().growth, used_ + 1));
      number = place_for(tag);
    }
    claim(number, tag, entry, leaf);
  }
  root_.sizes |= 1u << size.level;
}

void HashedTables::claim(std::uint64_t number, const Tag& tag, unsigned entry, std::uint64_t leaf) {
  if (read(number).tag().state == State::Deleted) --deleted_;
  ++used_;
  HashedLine line;
  line.words[entry] = leaf;
  line.set_tag(tag);
  write_line(number, line);
}

/// The line's last page is gone. A search needs to go on behind the line only if the next one is not empty.
void HashedTables::give_up(std::uint64_t number) {
  const std::uint64_t mask = low_bits(root_.lines_log2);
  --used_;
  ++deleted_;
  if (read((number + 1) & mask).tag().state != State::Empty) {
    HashedLine line;
    line.set_tag({State::Deleted, 0, 0, 0});
    return write_line(number, line);
  }
  do {
    write_line(number, {});
    --deleted_;
    number = (number - 1) & mask;
  } while (read(number).tag().state == State::Deleted);
}

void HashedTables::for_lines(Range range, unsigned size, const std::function<bool(const Placed&)>& use) const {
  if (!in_use(size)) return;
  const unsigned shift = mode().page_sizes()[size].shift;
  const std::uint64_t first = HashedLine::block_of(VirtualAddress(range.first), shift);
  const std::uint64_t last = HashedLine::block_of(VirtualAddress(range.last), shift);
  const auto in_range = [&](const Placed& placed) {
    for (std::uint64_t entry = 0; entry < HashedLine::entries; ++entry) {
      const std::uint64_t page = (placed.line.tag().block << 3 | entry) << shift;
      const bool inside = page >= range.first && page <= range.last;
      if (inside && (placed.line.words[entry] & HashingMode::present) != 0) return true;
    }
    return false;
  };
  if (last - first < root_.lines()) {
    for (std::uint64_t block = first; block <= last; ++block) {
      const auto placed = find({State::Block, size, block, root_.space});
      if (placed && in_range(*placed) && !use(*placed)) return;
    }
    return;
  }
  for (std::uint64_t number = 0; number < root_.lines(); ++number) {
    const Placed placed{number, read(number)};
    const Tag tag = placed.line.tag();
    if (tag.state == State::Block && tag.size == size && in_range(placed) && !use(placed)) return;
  }
}

/// Calls `use` for each page in the range.
void HashedTables::for_pages(Range range, const std::function<void(const Placed&, unsigned entry)>& use) {
  for (unsigned size = 0; size < mode().page_sizes().size(); ++size) {
    const unsigned shift = mode().page_sizes()[size].shift;
    for_lines(range, size, [&](const Placed& placed) {
      for (unsigned entry = 0; entry < HashedLine::entries; ++entry) {
        const std::uint64_t page = (placed.line.tag().block << 3 | entry) << shift;
        const bool inside = page >= range.first && page <= range.last;
        if (inside && (placed.line.words[entry] & HashingMode::present) != 0) use(placed, entry);
      }
      return true;
    });
  }
}

void HashedTables::remove(Range range) {
  for_pages(range, [&](const Placed& placed, unsigned entry) {
    HashedLine line = read(placed.number);
    line.words[entry] &= tag_bits;
    if (has_pages(line)) {
      write(root_.line_at(placed.number) + entry * mode().entry_bytes(), line.words[entry]);
    } else {
      give_up(placed.number);
    }
  });
}

void HashedTables::rewrite(Range range, const LeafSpec& spec) {
  for_pages(range, [&](const Placed& placed, unsigned entry) {
    const std::uint64_t old = placed.line.words[entry];
    const std::uint64_t changed = rewritten(mode().decode(old, placed.line.tag().size), spec);
    write(root_.line_at(placed.number) + entry * mode().entry_bytes(), changed | (old & tag_bits));
  });
}

/// Writes every block into a new table, and gives the old one back.
void HashedTables::rebuild(std::uint64_t lines) {
  const HashedRoot old = root_;
  HashedRoot made = old;
  made.table = make_table(lines * HashedLine::bytes);
  made.lines_log2 = log2_floor(lines);
  made.sizes = 0;
  std::vector<HashedLine> blocks;
  for (std::uint64_t number = 0; number < old.lines(); ++number) {
    const HashedLine line = read(number);
    if (line.tag().state == State::Block) blocks.push_back(line);
  }
  root_ = made;
  for (const HashedLine& line : blocks) {
    root_.sizes |= 1u << line.tag().size;
    write_line(place_for(line.tag()), line);
  }
  deleted_ = 0;
  ++(lines > old.lines() ? growths_ : cleanings_);
  memory_.clear_block(old.table, old.lines() * HashedLine::bytes);
  frames_.release_table(old.table, old.lines() * HashedLine::bytes);
}

std::vector<TableFigure> HashedTables::figures() const {
  return {{"lines", root_.lines(), "lines", "lines of eight entries in the hashed tables"},
          {"used_lines", used_, "lines", "lines that hold the entries of a block of eight pages"},
          {"deleted_lines", deleted_, "lines", "lines without pages that a search still passes"},
          {"growths", growths_, "rebuilds", "how often a table was rebuilt larger"},
          {"cleanings", cleanings_, "rebuilds", "how often a table was rebuilt without its deleted lines"}};
}

}  // namespace tablewalk
