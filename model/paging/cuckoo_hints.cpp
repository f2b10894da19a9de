// What the walk tables of cuckoo page tables tell a walk, and how large the tables are.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "memory/physical_memory.h"
#include "paging/cuckoo_mode.h"
#include "paging/cuckoo_sections.h"
#include "paging/table_size.h"

namespace tablewalk {
namespace {

constexpr const char* table_names[CuckooRegisters::sizes] = {"pte", "pmd", "pud"};

CuckooSections sections_from(const HintEntry& entry) {
  CuckooSections sections;
  sections.line.words = entry.words;
  return sections;
}

}  // namespace

std::vector<HintTable> CuckooMode::hint_tables() const {
  std::vector<HintTable> tables;
  for (unsigned size = 0; size < CuckooRegisters::sizes; ++size) {
    if (!has_walk_table(size)) continue;
    tables.push_back({table_names[size], page_sizes()[size].shift + 3 + CuckooSections::sections_log2});
  }
  return tables;
}

std::vector<PhysicalAddress> CuckooMode::hint_reads(PhysicalAddress root, unsigned table, VirtualAddress va) const {
  std::vector<PhysicalAddress> reads;
  const CuckooRegisters* registers = register_file_.find(CuckooRoot::decode(root.value()).set);
  const unsigned size = size_of_hint_table(table);
  const unsigned place = CuckooRegisters::walk_table_of(size);
  if (registers == nullptr || registers->tables[place][0].table.value() == 0) return reads;
  const std::uint64_t group = CuckooSections::group_of(HashedLine::block_of(va, page_sizes()[size].shift));
  for (unsigned way = 0; way < CuckooRegisters::walk_table_ways; ++way) {
    reads.push_back(registers->line_of(group, place, way));
  }
  return reads;
}

bool CuckooMode::is_hint(const HintEntry& entry, unsigned table, VirtualAddress va) const {
  const unsigned size = size_of_hint_table(table);
  const std::uint64_t section = HashedLine::block_of(va, page_sizes()[size].shift);
  return sections_from(entry).line.tag() == CuckooSections::tag_of(size, section);
}

/// Each entry excludes the sizes, up to its own, that its section has not, and of its own size all ways but one.
std::uint64_t CuckooMode::hints(const std::vector<const HintEntry*>& known, VirtualAddress va) const {
  std::array<std::uint64_t, CuckooRegisters::sizes> ways;
  ways.fill(low_bits(cuckoo_.ways));
  bool any = false;
  for (unsigned table = 0; table < known.size(); ++table) {
    if (known[table] == nullptr) continue;
    any = true;
    const unsigned own = size_of_hint_table(table);
    const auto section = sections_from(*known[table]).of(HashedLine::block_of(va, page_sizes()[own].shift));
    for (unsigned size = 0; size <= own; ++size) {
      if (!section.has(size)) ways[size] = 0;
    }
    ways[own] &= std::uint64_t{1} << section.way();
  }
  std::uint64_t lines = 0;
  for (unsigned size = 0; size < ways.size(); ++size) lines |= ways[size] << size * CuckooRegisters::most_ways;
  return any ? lines << cuckoo_hints_shift : 0;
}

std::string CuckooMode::describe_hints(const PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va) const {
  std::string text;
  const std::vector<HintTable> tables = hint_tables();
  for (unsigned table = 0; table < tables.size(); ++table) {
    const unsigned own = size_of_hint_table(table);
    const std::vector<PhysicalAddress> reads = hint_reads(root, table, va);
    std::string told = "no entry: no pages";
    for (unsigned way = 0; way < reads.size(); ++way) {
      HintEntry entry;
      std::array<unsigned char, HintEntry::bytes> bytes;
      memory.read_bytes(reads[way], HintEntry::bytes, bytes.data());
      std::memcpy(entry.words.data(), bytes.data(), bytes.size());
      if (!is_hint(entry, table, va)) continue;
      const auto section = sections_from(entry).of(HashedLine::block_of(va, page_sizes()[own].shift));
      told = fmt::format("way {}, entry at {:#x}:", way + 1, reads[way].value());
      for (unsigned size = 0; size <= own; ++size) {
        if (!section.has(size)) continue;
        told += fmt::format("{} pages of {}", told.back() == ':' ? "" : ",", size_text(size));
        if (size == own) told += fmt::format(" in way {}", section.way() + 1);
      }
      if (told.back() == ':') told += " no pages";
    }
    text += fmt::format("{}walk table of pages of {}, {}", text.empty() ? "" : "\n", size_text(own), told);
  }
  return text;
}

/// By page size: its ways, with those of a resize that is not yet complete; then the same of the walk tables.
void CuckooMode::count_tables(const std::vector<PageRun>& runs, TableSize& size) const {
  std::array<std::uint64_t, CuckooRegisters::sizes> blocks{};
  std::array<std::uint64_t, CuckooRegisters::sizes> next{};  // the first block not yet counted
  for (const PageRun& run : runs) {
    const std::uint64_t first = HashedLine::block_of(VirtualAddress(run.first), run.pages.shift);
    const std::uint64_t last = HashedLine::block_of(VirtualAddress(run.last), run.pages.shift);
    std::uint64_t& begin = next[run.pages.level];
    blocks[run.pages.level] += last + 1 - std::max(first, std::min(begin, last + 1));
    begin = last + 1;
  }
  for (unsigned table = 0; table < blocks.size(); ++table) count_table(table, blocks[table], size);
  if (cuckoo_.walk_tables != CuckooWalkTables::None) count_walk_tables(runs, size);
}

void CuckooMode::count_walk_tables(const std::vector<PageRun>& runs, TableSize& size) const {
  for (unsigned own = 0; own < CuckooRegisters::sizes; ++own) {
    std::uint64_t groups = 0;
    std::uint64_t next = 0;  // the first group not yet counted
    for (const PageRun& run : runs) {
      if (run.pages.level > own || !has_walk_table(own)) continue;
      const unsigned shift = page_sizes()[own].shift;
      const std::uint64_t last = CuckooSections::group_of(HashedLine::block_of(VirtualAddress(run.last), shift));
      const std::uint64_t first = CuckooSections::group_of(HashedLine::block_of(VirtualAddress(run.first), shift));
      groups += last + 1 - std::max(first, std::min(next, last + 1));
      next = last + 1;
    }
    count_table(CuckooRegisters::walk_table_of(own), groups, size);
  }
}

/// A table to which that many blocks came, one after the other.
void CuckooMode::count_table(unsigned table, std::uint64_t blocks, TableSize& size) const {
  const std::uint64_t ways = CuckooRegisters::is_walk_table(table) ? CuckooRegisters::walk_table_ways : cuckoo_.ways;
  std::uint64_t lines = first_bytes(table) / HashedLine::bytes * ways;
  std::uint64_t used = 0;
  std::uint64_t left = 0;  // lines to move
  while (used < blocks) {
    if (left == 0) used = std::max(used, std::min(blocks, most_blocks(lines, table)));
    if (used == blocks) break;
    if (left == 0) left = std::exchange(lines, 2 * lines);
    const std::uint64_t insertions =
        std::min(blocks - used, (left + cuckoo_.migrated_lines - 1) / cuckoo_.migrated_lines);
    used += insertions;
    left -= std::min(left, insertions * cuckoo_.migrated_lines);
  }
  const std::uint64_t parts = blocks == 0 ? 0 : left == 0 ? 1 : 2;
  size.tables_per_level.push_back(parts * ways);
  size.bytes_per_level.push_back((parts == 0 ? 0 : lines + (parts - 1) * lines / 2) * HashedLine::bytes);
}

}  // namespace tablewalk
