#include "paging/cuckoo_tables.h"

#include <algorithm>

namespace tablewalk {
namespace {

constexpr std::uint64_t tag_bits = ~low_bits(HashingMode::own_shift);

bool is_empty(const HashedLine& line) {
  return line.tag().state == HashedLine::State::Empty;
}

bool has_pages(const HashedLine& line) {
  return std::any_of(line.words.begin(), line.words.end(),
                     [](std::uint64_t entry) { return (entry & HashingMode::present) != 0; });
}

}  // namespace

CuckooTables::CuckooTables(const std::shared_ptr<const CuckooMode>& mode, PhysicalMemory& memory,
                           FrameAllocator& frames, AddressSpaceId space)
    : HashingTables(mode, memory, frames, space), set_(mode->register_file().add(registers_)) {
  registers_.ways = controls().ways;
  const bool walk_tables = controls().walk_tables != CuckooWalkTables::None;
  tables_per_level_.resize(walk_tables ? CuckooRegisters::all_tables : CuckooRegisters::sizes);
}

CuckooTables::~CuckooTables() {
  static_cast<const CuckooMode&>(mode()).register_file().remove(set_);
}

std::uint64_t CuckooTables::lines(unsigned table) const {
  return registers_.tables[table][0].lines() * ways_of(table);
}

bool CuckooTables::resizing(unsigned table) const {
  return registers_.tables[table][0].resizing;
}

std::uint64_t CuckooTables::table_bytes() const {
  std::uint64_t all = 0;
  for (unsigned table = 0; table < CuckooRegisters::all_tables; ++table) {
    if (!exists(table)) continue;
    const CuckooWay& way = registers_.tables[table][0];
    all += ways_of(table) * (way.lines() + (way.resizing ? way.next_lines() : 0));
  }
  return all * HashedLine::bytes;
}

HashedLine CuckooTables::read(PhysicalAddress at) const {
  std::array<unsigned char, HashedLine::bytes> bytes;
  memory_.read_bytes(at, HashedLine::bytes, bytes.data());
  HashedLine line;
  std::memcpy(line.words.data(), bytes.data(), bytes.size());
  return line;
}

void CuckooTables::write_line(PhysicalAddress at, const HashedLine& line) {
  for (unsigned i = 0; i < HashedLine::entries; ++i) memory_.write(at + i * sizeof(line.words[i]), 8, line.words[i]);
  note_written(at, HashedLine::bytes);
}

std::optional<CuckooTables::Placed> CuckooTables::find(const Tag& tag, unsigned table) const {
  if (!exists(table)) return std::nullopt;
  for (unsigned way = 0; way < ways_of(table); ++way) {
    const PhysicalAddress at = registers_.line_of(tag.block, table, way);
    const HashedLine line = read(at);
    if (line.tag() == tag) return Placed{at, line};
  }
  return std::nullopt;
}

std::optional<HashingTables::FoundPage> CuckooTables::find_page(std::uint64_t number, unsigned size) const {
  const auto found = find({HashedLine::State::Block, size, number / HashedLine::entries, 0});
  if (!found) return std::nullopt;
  const std::uint64_t entry = number % HashedLine::entries;
  if ((found->line.words[entry] & HashingMode::present) == 0) return std::nullopt;
  return FoundPage{number, found->at + entry * mode().entry_bytes(), found->line.words[entry]};
}

void CuckooTables::insert(std::uint64_t page, const PageSize& size, std::uint64_t leaf) {
  const Tag tag{HashedLine::State::Block, size.level, page / HashedLine::entries, 0};
  const std::uint64_t entry = page % HashedLine::entries;
  if (const auto found = find(tag)) {
    return write(found->at + entry * mode().entry_bytes(), leaf | (found->line.words[entry] & tag_bits));
  }
  HashedLine line;
  line.words[entry] = leaf;
  line.set_tag(tag);
  make_room_in_walk_tables(tag.block, size.level);
  add_line(size.level, line);
  note_block(tag.block, size.level, true);
  note_ways();
  if (blocks_[size.level] != 1) return;
  registers_.in_use[size.level] = true;
  ++version_;
}

/// For one more line.
void CuckooTables::make_room(unsigned table) {
  if (!exists(table)) make_ways(table);
  if (!resizing(table) && blocks_[table] + 1 > cuckoo().most_blocks(lines(table), table)) begin_resize(table, true);
}

/// A line that the table does not have.
void CuckooTables::add_line(unsigned table, const HashedLine& line) {
  make_room(table);
  move_some(table);
  homeless_.push_back(line);
  settle(table);
  ++blocks_[table];
}

void CuckooTables::erase(const FoundPage& page, unsigned size) {
  const PhysicalAddress at(page.at.value() & ~std::uint64_t{HashedLine::bytes - 1});
  HashedLine line = read(at);
  line.words[page.number % HashedLine::entries] &= tag_bits;
  if (has_pages(line)) return write(page.at, page.entry & tag_bits);
  if (blocks_[size] == 1) {
    registers_.in_use[size] = false;
    ++version_;
  }
  remove_line(size, at);
  note_block(page.number / HashedLine::entries, size, false);
  note_ways();
}

void CuckooTables::remove_line(unsigned table, PhysicalAddress at) {
  write_line(at, {});
  --blocks_[table];
  const bool sparse =
      static_cast<double>(blocks_[table]) < cuckoo().min_load(table) * static_cast<double>(lines(table));
  const bool large = registers_.tables[table][0].lines() * HashedLine::bytes > cuckoo().first_bytes(table);
  if (!resizing(table) && sparse && large) begin_resize(table, false);
  move_some(table);
}

void CuckooTables::for_lines(unsigned size, const std::function<void(PhysicalAddress, const HashedLine&)>& use) const {
  const auto visit = [&](PhysicalAddress table, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t line = begin; line < end; ++line) {
      const PhysicalAddress at = table + line * HashedLine::bytes;
      const HashedLine content = read(at);
      if (!is_empty(content)) use(at, content);
    }
  };
  for (unsigned way = 0; way < registers_.ways; ++way) {
    const CuckooWay& its = registers_.tables[size][way];
    visit(its.table, its.moved, its.lines());
    if (its.resizing) visit(its.next, 0, its.next_lines());
  }
}

/// A page that is erased may make others move: each is found again.
void CuckooTables::for_all_pages(std::uint64_t first, std::uint64_t last, unsigned size, const UsePage& use) const {
  std::vector<std::uint64_t> numbers;
  for_lines(size, [&](PhysicalAddress, const HashedLine& line) {
    for (std::uint64_t entry = 0; entry < HashedLine::entries; ++entry) {
      const std::uint64_t page = line.tag().block * HashedLine::entries + entry;
      if (page >= first && page <= last && (line.words[entry] & HashingMode::present) != 0) numbers.push_back(page);
    }
  });
  for (const std::uint64_t number : numbers) {
    if (!use(*find_page(number, size))) return;
  }
}

std::uint64_t CuckooTables::searches_per_scan() const {
  return table_bytes() / HashedLine::bytes;
}

unsigned CuckooTables::random_way(unsigned ways) {
  // Knuth's MMIX generator.
  random_ = random_ * 6364136223846793005u + 1442695040888963407u;
  return static_cast<unsigned>((random_ >> 33) % ways);
}

void CuckooTables::make_ways(unsigned table) {
  const std::uint64_t bytes = cuckoo().first_bytes(table);
  for (unsigned way = 0; way < ways_of(table); ++way) {
    registers_.tables[table][way] = {};
    registers_.tables[table][way].table = make_table(bytes);
    registers_.tables[table][way].lines_log2 = log2_floor(bytes / HashedLine::bytes);
  }
  tables_per_level_[table] = ways_of(table);
}

void CuckooTables::begin_resize(unsigned table, bool larger) {
  std::vector<PhysicalAddress> made;
  const std::uint64_t before = registers_.tables[table][0].lines();
  const std::uint64_t after = larger ? 2 * before : before / 2;
  for (unsigned way = 0; way < ways_of(table); ++way) made.push_back(make_table(after * HashedLine::bytes));
  for (unsigned way = 0; way < ways_of(table); ++way) {
    CuckooWay& its = registers_.tables[table][way];
    its.next = made[way];
    its.next_log2 = log2_floor(after);
    its.resizing = true;
  }
  tables_per_level_[table] += ways_of(table);
  ++(larger ? growths_ : shrinkings_);
  note_moved(table);
}

void CuckooTables::move_some(unsigned table) {
  for (std::uint32_t count = controls().migrated_lines; count != 0 && resizing(table); --count) move_next(table);
  settle(table);
}

/// The ways take turns.
void CuckooTables::move_next(unsigned table) {
  unsigned& way = next_way_[table];
  while (registers_.tables[table][way].moved == registers_.tables[table][way].lines()) way = (way + 1) % ways_of(table);
  move_line(table, way);
  way = (way + 1) % ways_of(table);
  const auto all_moved = [](const CuckooWay& its) { return its.moved == its.lines(); };
  if (std::all_of(registers_.tables[table].begin(), registers_.tables[table].begin() + ways_of(table), all_moved))
    end_resize(table);
}

/// To its candidate in the next table of the same way, which is empty if that is larger.
void CuckooTables::move_line(unsigned table, unsigned way) {
  CuckooWay& its = registers_.tables[table][way];
  const HashedLine line = read(its.table + its.moved * HashedLine::bytes);
  ++its.moved;
  note_moved(table);
  if (is_empty(line)) return;
  const PhysicalAddress to = registers_.line_of(line.tag().block, table, way);
  if (is_empty(read(to))) return write_line(to, line);
  homeless_.push_back(line);
}

void CuckooTables::end_resize(unsigned table) {
  for (unsigned way = 0; way < ways_of(table); ++way) {
    CuckooWay& its = registers_.tables[table][way];
    memory_.clear_block(its.table, its.lines() * HashedLine::bytes);
    frames_.release_table(its.table, its.lines() * HashedLine::bytes);
    its = {its.next, its.next_log2, {}, 0, false, 0};
  }
  tables_per_level_[table] -= ways_of(table);
  note_moved(table);
}

/// Stores the lines that are in no table. If there is no place for one, the table grows at once.
void CuckooTables::settle(unsigned table) {
  while (!homeless_.empty()) {
    const HashedLine line = homeless_.back();
    homeless_.pop_back();
    const std::optional<HashedLine> left = try_store(table, line);
    if (!left) continue;
    ++failures_;
    homeless_.push_back(*left);
    if (!resizing(table)) begin_resize(table, true);
    while (resizing(table)) move_next(table);
  }
}

/// Returns the line that is left without a place.
std::optional<HashedLine> CuckooTables::try_store(unsigned table, HashedLine line) {
  unsigned pushed_from = ways_of(table);
  for (unsigned kicks = 0; kicks <= controls().most_kicks; ++kicks) {
    const unsigned first = random_way(ways_of(table));
    for (unsigned i = 0; i < ways_of(table); ++i) {
      const PhysicalAddress at = registers_.line_of(line.tag().block, table, (first + i) % ways_of(table));
      if (!is_empty(read(at))) continue;
      write_line(at, line);
      note_stored(line, table, (first + i) % ways_of(table));
      return std::nullopt;
    }
    const unsigned way = first == pushed_from ? (first + 1) % ways_of(table) : first;
    const PhysicalAddress at = registers_.line_of(line.tag().block, table, way);
    const HashedLine other = read(at);
    write_line(at, line);
    note_stored(line, table, way);
    line = other;
    pushed_from = way;
    ++kicks_;
    note_moved(table);
  }
  return line;
}

std::vector<TableFigure> CuckooTables::figures() const {
  std::uint64_t used = 0;
  std::uint64_t entries = 0;
  for (unsigned table = 0; table < blocks_.size(); ++table) {
    (CuckooRegisters::is_walk_table(table) ? entries : used) += blocks_[table];
  }
  std::vector<TableFigure> figures = {
      {"lines", table_bytes() / HashedLine::bytes, "lines", "lines of eight entries in the cuckoo tables"},
      {"used_lines", used, "lines", "lines that hold the entries of a block of eight pages"},
      {"growths", growths_, "resizes", "how often a table began to grow"},
      {"shrinkings", shrinkings_, "resizes", "how often a table began to shrink"},
      {"kicks", kicks_, "lines", "lines that were pushed to another way by an insertion"},
      {"failed_insertions", failures_, "insertions", "insertions that found no place and resized the table at once"}};
  if (controls().walk_tables == CuckooWalkTables::None) return figures;
  figures.push_back({"walk_table_entries", entries, "entries", "entries of 64 sections in the cuckoo walk tables"});
  return figures;
}

}  // namespace tablewalk
