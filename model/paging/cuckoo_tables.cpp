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
  tables_per_level_.resize(CuckooRegisters::sizes);
}

CuckooTables::~CuckooTables() {
  static_cast<const CuckooMode&>(mode()).register_file().remove(set_);
}

std::uint64_t CuckooTables::lines(unsigned size) const {
  return registers_.tables[size][0].lines() * registers_.ways;
}

bool CuckooTables::resizing(unsigned size) const {
  return registers_.tables[size][0].resizing;
}

std::uint64_t CuckooTables::table_bytes() const {
  std::uint64_t all = 0;
  for (unsigned size = 0; size < CuckooRegisters::sizes; ++size) {
    if (tables_per_level_[size] == 0) continue;
    const CuckooWay& way = registers_.tables[size][0];
    all += registers_.ways * (way.lines() + (way.resizing ? way.next_lines() : 0));
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

std::optional<CuckooTables::Placed> CuckooTables::find(const Tag& tag) const {
  if (tables_per_level_[tag.size] == 0) return std::nullopt;
  for (unsigned way = 0; way < registers_.ways; ++way) {
    const PhysicalAddress at = registers_.line_of(tag.block, tag.size, way);
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
  if (tables_per_level_[size.level] == 0) make_ways(size.level);
  if (!resizing(size.level) &&
      blocks_[size.level] + 1 > static_cast<const CuckooMode&>(mode()).most_blocks(lines(size.level))) {
    begin_resize(size.level, true);
  }
  move_some(size.level);
  HashedLine line;
  line.words[entry] = leaf;
  line.set_tag(tag);
  homeless_.push_back(line);
  settle(size.level);
  if (blocks_[size.level]++ != 0) return;
  registers_.in_use[size.level] = true;
  ++version_;
}

void CuckooTables::erase(const FoundPage& page, unsigned size) {
  const PhysicalAddress at(page.at.value() & ~std::uint64_t{HashedLine::bytes - 1});
  HashedLine line = read(at);
  line.words[page.number % HashedLine::entries] &= tag_bits;
  if (has_pages(line)) return write(page.at, page.entry & tag_bits);
  write_line(at, {});
  if (--blocks_[size] == 0) {
    registers_.in_use[size] = false;
    ++version_;
  }
  const bool sparse = static_cast<double>(blocks_[size]) < controls().min_load * static_cast<double>(lines(size));
  const bool large = registers_.tables[size][0].lines() * HashedLine::bytes > controls().initial_bytes.bytes;
  if (!resizing(size) && sparse && large) begin_resize(size, false);
  move_some(size);
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

unsigned CuckooTables::random_way() {
  // Knuth's MMIX generator.
  random_ = random_ * 6364136223846793005u + 1442695040888963407u;
  return static_cast<unsigned>((random_ >> 33) % registers_.ways);
}

void CuckooTables::make_ways(unsigned size) {
  const std::uint64_t bytes = controls().initial_bytes.bytes;
  for (unsigned way = 0; way < registers_.ways; ++way) {
    table(size)[way] = {};
    table(size)[way].table = make_table(bytes);
    table(size)[way].lines_log2 = log2_floor(bytes / HashedLine::bytes);
  }
  tables_per_level_[size] = registers_.ways;
}

void CuckooTables::begin_resize(unsigned size, bool larger) {
  std::vector<PhysicalAddress> made;
  const std::uint64_t before = table(size)[0].lines();
  const std::uint64_t after = larger ? 2 * before : before / 2;
  for (unsigned way = 0; way < registers_.ways; ++way) made.push_back(make_table(after * HashedLine::bytes));
  for (unsigned way = 0; way < registers_.ways; ++way) {
    CuckooWay& its = table(size)[way];
    its.next = made[way];
    its.next_log2 = log2_floor(after);
    its.resizing = true;
  }
  tables_per_level_[size] += registers_.ways;
  ++(larger ? growths_ : shrinkings_);
  ++version_;
}

void CuckooTables::move_some(unsigned size) {
  for (std::uint32_t count = controls().migrated_lines; count != 0 && resizing(size); --count) move_next(size);
  settle(size);
}

/// The ways take turns.
void CuckooTables::move_next(unsigned size) {
  unsigned& way = next_way_[size];
  while (table(size)[way].moved == table(size)[way].lines()) way = (way + 1) % registers_.ways;
  move_line(size, way);
  way = (way + 1) % registers_.ways;
  const auto all_moved = [](const CuckooWay& its) { return its.moved == its.lines(); };
  if (std::all_of(table(size).begin(), table(size).begin() + registers_.ways, all_moved)) end_resize(size);
}

/// To its candidate in the next table of the same way, which is empty if that is larger.
void CuckooTables::move_line(unsigned size, unsigned way) {
  CuckooWay& its = table(size)[way];
  const HashedLine line = read(its.table + its.moved * HashedLine::bytes);
  ++its.moved;
  ++version_;
  if (is_empty(line)) return;
  const PhysicalAddress to = registers_.line_of(line.tag().block, size, way);
  if (is_empty(read(to))) return write_line(to, line);
  homeless_.push_back(line);
}

void CuckooTables::end_resize(unsigned size) {
  for (unsigned way = 0; way < registers_.ways; ++way) {
    CuckooWay& its = table(size)[way];
    memory_.clear_block(its.table, its.lines() * HashedLine::bytes);
    frames_.release_table(its.table, its.lines() * HashedLine::bytes);
    its = {its.next, its.next_log2, {}, 0, false, 0};
  }
  tables_per_level_[size] -= registers_.ways;
  ++version_;
}

/// Stores the lines that are in no table. If there is no place for one, the table grows at once.
void CuckooTables::settle(unsigned size) {
  while (!homeless_.empty()) {
    const HashedLine line = homeless_.back();
    homeless_.pop_back();
    const std::optional<HashedLine> left = try_store(size, line);
    if (!left) continue;
    ++failures_;
    homeless_.push_back(*left);
    if (!resizing(size)) begin_resize(size, true);
    while (resizing(size)) move_next(size);
  }
}

/// Returns the line that is left without a place.
std::optional<HashedLine> CuckooTables::try_store(unsigned size, HashedLine line) {
  unsigned pushed_from = registers_.ways;
  for (unsigned kicks = 0; kicks <= controls().most_kicks; ++kicks) {
    const unsigned first = random_way();
    for (unsigned i = 0; i < registers_.ways; ++i) {
      const PhysicalAddress at = registers_.line_of(line.tag().block, size, (first + i) % registers_.ways);
      if (!is_empty(read(at))) continue;
      write_line(at, line);
      return std::nullopt;
    }
    const unsigned way = first == pushed_from ? (first + 1) % registers_.ways : first;
    const PhysicalAddress at = registers_.line_of(line.tag().block, size, way);
    const HashedLine other = read(at);
    write_line(at, line);
    line = other;
    pushed_from = way;
    ++kicks_;
    ++version_;
  }
  return line;
}

std::vector<TableFigure> CuckooTables::figures() const {
  std::uint64_t used = 0;
  for (const std::uint64_t blocks : blocks_) used += blocks;
  return {
      {"lines", table_bytes() / HashedLine::bytes, "lines", "lines of eight entries in the cuckoo tables"},
      {"used_lines", used, "lines", "lines that hold the entries of a block of eight pages"},
      {"growths", growths_, "resizes", "how often a table began to grow"},
      {"shrinkings", shrinkings_, "resizes", "how often a table began to shrink"},
      {"kicks", kicks_, "lines", "lines that were pushed to another way by an insertion"},
      {"failed_insertions", failures_, "insertions", "insertions that found no place and resized the table at once"}};
}

}  // namespace tablewalk
