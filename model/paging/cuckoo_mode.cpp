#include "paging/cuckoo_mode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/units.h"
#include "paging/cuckoo_tables.h"
#include "paging/walk_steps.h"

namespace tablewalk {
namespace {

constexpr unsigned round_row = 0;
constexpr unsigned repeated_row = 1;

// A walk's progress: bits 1:0 the page size, bit 2: the line of one block is read again; bits 15:8: rounds; bits 24:16:
// hints, the lines to read, three ways for each page size, or 0 for all.
constexpr std::uint64_t size_bits = 3;
constexpr std::uint64_t reads_again = 4;
constexpr unsigned rounds_shift = 8;
constexpr std::uint64_t rounds_bits = 0xff;
constexpr std::uint64_t hints_bits = low_bits(CuckooRegisters::sizes * CuckooRegisters::most_ways);
/// So that a walk ends whose entry is always changed by others.
constexpr std::uint64_t most_rounds = 64;

/// Whether a round with these hints reads that line.
constexpr bool is_wanted(std::uint64_t hints, unsigned size, unsigned way) {
  return hints == 0 || (hints >> (size * CuckooRegisters::most_ways + way) & 1) != 0;
}

constexpr std::uint64_t hints_in(std::uint64_t progress) {
  return progress >> cuckoo_hints_shift & hints_bits;
}

HashedLine line_from(const unsigned char* bytes) {
  HashedLine line;
  std::memcpy(line.words.data(), bytes, HashedLine::bytes);
  return line;
}

}  // namespace

std::uint32_t CuckooRegisterFile::add(const CuckooRegisters& registers) {
  auto place = std::find(sets_.begin(), sets_.end(), nullptr);
  if (place == sets_.end()) place = sets_.insert(place, nullptr);
  *place = &registers;
  return static_cast<std::uint32_t>(place - sets_.begin());
}

CuckooMode::CuckooMode(std::string name, const PagingControls& controls)
    : HashingMode(std::move(name), {"round", "line again"}, controls.hashed), cuckoo_(controls.cuckoo) {}

std::uint64_t CuckooMode::most_reads(PhysicalAddress) const {
  const std::uint64_t all = page_sizes().size() * cuckoo_.ways;
  return cuckoo_.walk_tables == CuckooWalkTables::None ? all : 2 * all;
}

RootRegister CuckooMode::decode_root(std::uint64_t value) const {
  if (register_file_.find(CuckooRoot::decode(value).set) == nullptr) {
    throw InputError(fmt::format("{}: root {:#x}: expected in bits 23:0 a set of control registers", name(), value));
  }
  return {PhysicalAddress(value), 0};
}

std::vector<BitField> CuckooMode::root_fields() const {
  return {{"version", 63, 24, "changes when lines move"}, {"set", 23, 0, "of control registers"}};
}

std::string CuckooMode::describe_root(RootRegister root) const {
  const CuckooRegisters& registers = *register_file_.find(CuckooRoot::decode(root.table.value()).set);
  std::string text = "set of control registers";
  for (unsigned table = 0; table < CuckooRegisters::all_tables; ++table) {
    const bool walk_table = CuckooRegisters::is_walk_table(table);
    const unsigned size = CuckooRegisters::size_of(table);
    if (walk_table ? registers.tables[table][0].table.value() == 0 : !registers.in_use[size]) continue;
    text += fmt::format("\n  {}pages of {}:", walk_table ? "walk table of " : "", size_text(size));
    for (unsigned way = 0; way < registers.ways_of(table); ++way) {
      const CuckooWay& its = registers.tables[table][way];
      text += fmt::format("{} {} lines at {:#x}", way == 0 ? "" : ",", its.lines(), its.table.value());
      if (!its.resizing) continue;
      text += fmt::format(" (the first {} are among {} at {:#x})", its.moved, its.next_lines(), its.next.value());
    }
  }
  return text;
}

std::vector<LevelShape> CuckooMode::address_parts() const {
  return {{12, 3, false, "entry"}, {15, 49, false, "block"}};
}

const CuckooRegisters& CuckooMode::registers_of(const Walk& walk) const {
  const CuckooRegisters* registers = register_file_.find(CuckooRoot::decode(walk.root().value()).set);
  if (registers == nullptr) throw LawViolation(name() + ": a walk without control registers");
  return *registers;
}

unsigned CuckooMode::probes_in(const CuckooRegisters& registers, std::uint64_t hints) {
  unsigned probes = 0;
  for (unsigned size = 0; size < CuckooRegisters::sizes; ++size) {
    for (unsigned way = 0; registers.in_use[size] && way < registers.ways; ++way) probes += is_wanted(hints, size, way);
  }
  return probes;
}

/// The smallest page size first.
CuckooMode::Probe CuckooMode::probe(const CuckooRegisters& registers, std::uint64_t hints, unsigned number) {
  for (unsigned size = 0; size < CuckooRegisters::sizes; ++size) {
    for (unsigned way = 0; registers.in_use[size] && way < registers.ways; ++way) {
      if (is_wanted(hints, size, way) && number-- == 0) return {size, way};
    }
  }
  throw LawViolation("a read of a page size that is not in use");
}

PhysicalAddress CuckooMode::further_read(const Walk& walk, unsigned number) const {
  const CuckooRegisters& registers = registers_of(walk);
  const auto [size, way] = probe(registers, hints_in(walk.progress()), number);
  return registers.line_of(block_of(walk, size), size, way);
}

void CuckooMode::begin(Walk& walk) const {
  read_round(walk);
}

/// Hints that leave nothing to read are given up.
void CuckooMode::read_round(Walk& walk) const {
  const CuckooRegisters& registers = registers_of(walk);
  std::uint64_t hints = hints_in(walk.progress());
  if (probes_in(registers, hints) == 0) hints = 0;
  const unsigned probes = probes_in(registers, hints);
  const std::uint64_t rounds = walk.progress() >> rounds_shift & rounds_bits;
  if (probes == 0 || rounds == most_rounds) return fail(walk, FaultReason::NotPresent);
  walk.set_progress((rounds + 1) << rounds_shift | hints << cuckoo_hints_shift);
  walk.read(round_row, further_read(walk, 0), HashedLine::bytes, probes);
}

void CuckooMode::decide(Walk& walk) const {
  const auto last_size = static_cast<unsigned>(walk.progress() & size_bits);
  if (walk.step() == Walk::Step::UpdateEntry) {
    if (finish_update(walk, page_sizes()[last_size])) return;
    walk.set_progress(walk.progress() | reads_again);
    const PhysicalAddress line(walk.entry_address().value() & ~std::uint64_t{HashedLine::bytes - 1});
    return walk.read(repeated_row, line, HashedLine::bytes);
  }
  if ((walk.progress() & reads_again) != 0) {
    if (!use_line(walk, walk.bytes(), walk.entry_address(), last_size)) read_round(walk);
    return;
  }
  const CuckooRegisters& registers = registers_of(walk);
  const std::uint64_t hints = hints_in(walk.progress());
  for (unsigned number = 0; number < walk.reads(); ++number) {
    const unsigned size = probe(registers, hints, number).size;
    if (use_line(walk, walk.bytes() + std::size_t{number} * HashedLine::bytes, walk.read_address(number), size)) return;
  }
  if (hints == 0) return fail(walk, FaultReason::NotPresent);
  walk.set_progress(walk.progress() & ~(hints_bits << cuckoo_hints_shift));
  read_round(walk);
}

/// Ends the walk, or lets it update the entry, if the line has the page.
bool CuckooMode::use_line(Walk& walk, const unsigned char* bytes, PhysicalAddress at, unsigned size) const {
  const HashedLine line = line_from(bytes);
  const unsigned entry = HashedLine::entry_of(walk.va(), page_sizes()[size].shift);
  if (!(line.tag() == tag_of(walk, size)) || (line.words[entry] & present) == 0) return false;
  walk.set_progress((walk.progress() & ~(size_bits | reads_again)) | size);
  use_leaf(walk, line.words[entry], at + std::uint64_t{entry} * entry_size, page_sizes()[size]);
  return true;
}

WalkStep CuckooMode::look(const Walk& walk, unsigned number, const unsigned char* bytes) const {
  const CuckooRegisters& registers = registers_of(walk);
  const bool again = (walk.progress() & reads_again) != 0;
  const Probe read = again ? Probe{static_cast<unsigned>(walk.progress() & size_bits), 0}
                           : probe(registers, hints_in(walk.progress()), number);
  const HashedLine line = line_from(bytes);
  const HashedLine::Tag tag = line.tag();
  const PhysicalAddress at = walk.read_address(number);
  const unsigned entry = HashedLine::entry_of(walk.va(), page_sizes()[read.size].shift);
  WalkStep step;
  step.level = walk.level();
  step.table = registers.tables[read.size][read.way].table;
  step.entry_address = at + std::uint64_t{entry} * entry_size;
  step.place = fmt::format("way {} of pages of {}, line at {:#x}", read.way + 1, size_text(read.size), at.value());
  step.words.assign(line.words.begin(), line.words.end());
  step.holds = tag.state == HashedLine::State::Empty
                   ? "empty"
                   : fmt::format("block {:#x} of pages of {}", tag.block, size_text(tag.size));
  if (tag == tag_of(walk, read.size)) {
    step.entry = step.updated = line.words[entry];
    step.view = decode(step.entry, read.size);
    step.rights = step.view.rights;
    if (step.view.kind == EntryView::Kind::Absent) step.follows = "not present";
  } else {
    step.view.kind = EntryView::Kind::Other;
    step.follows = "not the block";
  }
  return step;
}

std::unique_ptr<PageTables> CuckooMode::make_tables(std::shared_ptr<const PagingMode> self, PhysicalMemory& memory,
                                                    FrameAllocator& frames, AddressSpaceId space) const {
  return std::make_unique<CuckooTables>(std::static_pointer_cast<const CuckooMode>(self), memory, frames, space);
}

std::shared_ptr<const PagingMode> make_cuckoo(const PagingControls& controls) {
  return std::make_shared<CuckooMode>("cuckoo", controls);
}

}  // namespace tablewalk
