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

HashedTables::HashedTables(std::shared_ptr<const HashingMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
                           AddressSpaceId space)
    : HashingTables(std::move(mode), memory, frames, space) {
  const std::uint64_t bytes = hashing().controls().initial_bytes.bytes;
  root_.space = space;
  root_.slots_log2 = log2_floor(bytes / HashedLine::bytes);
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

std::optional<HashingTables::FoundPage> HashedTables::find_page(std::uint64_t number, unsigned size) const {
  const std::optional<Placed> found = find(tag_of(number, size));
  if (!found) return std::nullopt;
  const std::uint64_t entry = number % HashedLine::entries;
  if ((found->line.words[entry] & HashingMode::present) == 0) return std::nullopt;
  return FoundPage{number, root_.line_at(found->number) + std::uint64_t{entry} * mode().entry_bytes(),
                   found->line.words[entry]};
}

void HashedTables::insert(std::uint64_t page, const PageSize& size, std::uint64_t leaf) {
  const Tag tag = tag_of(page, size.level);
  const auto entry = static_cast<unsigned>(page % HashedLine::entries);
  if (const auto found = find(tag)) {
    write(root_.line_at(found->number) + std::uint64_t{entry} * mode().entry_bytes(),
          leaf | (found->line.words[entry] & tag_bits));
  } else {
    std::uint64_t number = place_for(tag);
    const bool takes_empty = read(number).tag().state == State::Empty;
    if (const auto slots = takes_empty ? slots_to_rebuild(root_.slots()) : std::nullopt) {
      rebuild(*slots);
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
  const std::uint64_t mask = low_bits(root_.slots_log2);
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

void HashedTables::for_all_pages(std::uint64_t first, std::uint64_t last, unsigned size, const UsePage& use) const {
  for (std::uint64_t number = 0; number < root_.slots(); ++number) {
    const HashedLine line = read(number);
    const Tag tag = line.tag();
    if (tag.state != State::Block || tag.size != size) continue;
    for (std::uint64_t entry = 0; entry < HashedLine::entries; ++entry) {
      const std::uint64_t page = tag.block * HashedLine::entries + entry;
      if (page < first || page > last || (line.words[entry] & HashingMode::present) == 0) continue;
      if (!use({page, root_.line_at(number) + entry * mode().entry_bytes(), line.words[entry]})) return;
    }
  }
}

void HashedTables::erase(const FoundPage& page, unsigned) {
  const std::uint64_t number = (page.at - root_.table) / HashedLine::bytes;
  HashedLine line = read(number);
  line.words[page.number % HashedLine::entries] &= tag_bits;
  if (has_pages(line)) {
    write(page.at, page.entry & tag_bits);
  } else {
    give_up(number);
  }
}

/// Writes every block into a new table, and gives the old one back.
void HashedTables::rebuild(std::uint64_t lines) {
  const HashedRoot old = root_;
  HashedRoot made = old;
  made.table = make_table(lines * HashedLine::bytes);
  made.slots_log2 = log2_floor(lines);
  made.sizes = 0;
  std::vector<HashedLine> blocks;
  for (std::uint64_t number = 0; number < old.slots(); ++number) {
    const HashedLine line = read(number);
    if (line.tag().state == State::Block) blocks.push_back(line);
  }
  root_ = made;
  for (const HashedLine& line : blocks) {
    root_.sizes |= 1u << line.tag().size;
    write_line(place_for(line.tag()), line);
  }
  count_rebuild(lines > old.slots());
  memory_.clear_block(old.table, old.bytes());
  frames_.release_table(old.table, old.bytes());
}

std::vector<TableFigure> HashedTables::figures() const {
  return {{"lines", root_.slots(), "lines", "lines of eight entries in the hashed tables"},
          {"used_lines", used_, "lines", "lines that hold the entries of a block of eight pages"},
          {"deleted_lines", deleted_, "lines", "lines without pages that a search still passes"},
          {"growths", growths_, "rebuilds", "how often a table was rebuilt larger"},
          {"cleanings", cleanings_, "rebuilds", "how often a table was rebuilt without its deleted lines"}};
}

}  // namespace tablewalk
