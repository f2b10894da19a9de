// Cuckoo walk tables: read from the description of their format alone, and used by walks, also when they are outdated.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "paging/cuckoo_mode.h"
#include "paging/reference_walk.h"
#include "paging/table_builder.h"
#include "paging/table_size.h"
#include "support/dice.h"
#include "unit/paging/plain_hashed_walk.h"

namespace tablewalk::test::cuckoo_walk_tables_test {
namespace {

PagingControls controls_for(Dice& dice) {
  PagingControls controls;
  controls.cuckoo.ways = dice.number(2, 3);
  controls.cuckoo.initial_bytes = ByteSize{512};
  controls.cuckoo.max_load = controls.cuckoo.ways == 2 ? 0.45 : dice.pick<double>({0.3, 0.6, 0.85});
  controls.cuckoo.min_load = controls.cuckoo.max_load / 3;
  controls.cuckoo.migrated_lines = dice.number(1, 4);
  controls.cuckoo.walk_tables = dice.pick<CuckooWalkTables>({CuckooWalkTables::Upper, CuckooWalkTables::All});
  controls.cuckoo.walk_table_bytes = ByteSize{512};
  return controls;
}

/// Tables, and a map of their pages.
class World {
 public:
  World(Dice& dice, const PagingControls& controls)
      : dice_(dice),
        mode_(make_paging_mode("cuckoo", controls)),
        frames_(all_memory, 4096, {}),
        tables_(mode_, memory_, frames_) {}

  void change() {
    if (rises_ ? pages_.size() > 150 : pages_.size() < 5) rises_ = !rises_;
    if (dice_.chance(rises_ ? 80 : 20) || pages_.empty()) {
      const unsigned size = dice_.chance(60) ? 0 : dice_.chance(70) ? 1 : 2;
      const std::uint64_t bytes = page_4k << 9 * size;
      // A few sections, whose pages are near each other or far apart.
      const std::uint64_t spread = dice_.pick<std::uint64_t>({1 << 20, 1 << 26, std::uint64_t{1} << 36});
      const std::uint64_t va = (dice_.between(0, 3) << 41 | dice_.between(0, spread)) & ~(bytes - 1);
      try {
        tables_.map(VirtualAddress(va), PhysicalAddress(++used_ * page_1g % all_memory), bytes);
        pages_[va] = size;
      } catch (const InputError&) {  // overlaps another page
      }
    } else {
      const auto page = pick();
      tables_.unmap(VirtualAddress(page->first), page_4k << 9 * page->second);
      pages_.erase(page);
    }
  }
  std::map<std::uint64_t, unsigned>::iterator pick() {
    return std::next(pages_.begin(), static_cast<std::ptrdiff_t>(dice_.between(0, pages_.size() - 1)));
  }

  const CuckooMode& mode() const { return static_cast<const CuckooMode&>(*mode_); }
  const CuckooRegisters& registers() const { return *mode().register_file().find(root().value() & 0xffffff); }
  PhysicalAddress root() const { return tables_.root(); }
  const std::map<std::uint64_t, unsigned>& pages() const { return pages_; }
  PhysicalMemory& memory() { return memory_; }
  const TableBuilder& tables() const { return tables_; }

 private:
  Dice& dice_;
  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  FrameAllocator frames_;
  TableBuilder tables_;
  std::map<std::uint64_t, unsigned> pages_;  // number of the size, by address
  std::uint64_t used_ = 0;
  bool rises_ = true;
};

/// What memory has of a section, from the description alone: -1 if there is no entry.
int plain_section(World& world, unsigned size, std::uint64_t va) {
  constexpr std::uint64_t factors[] = {0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93};
  const std::uint64_t section = va >> (15 + 9 * size);
  const std::uint64_t group = section >> 6;
  for (unsigned way = 0; way < 2; ++way) {
    const CuckooWay& its = world.registers().tables[3 + size][way];
    if (its.table.value() == 0) return -1;
    std::uint64_t hash = (group * 4 + size) * factors[way];
    hash = (hash ^ hash / 0x100000000) * factors[way + 1];
    std::uint64_t at = its.table.value() + (hash >> (64 - its.lines_log2)) * 64;
    if (its.resizing && hash >> (64 - its.lines_log2) < its.moved) {
      at = its.next.value() + (hash >> (64 - its.next_log2)) * 64;
    }
    std::uint64_t words[8];
    for (unsigned i = 0; i < 8; ++i) words[i] = world.memory().read(PhysicalAddress(at + i * 8), 8);
    const std::uint64_t number = words[3] >> 48 << 48 | words[2] >> 48 << 32 | words[1] >> 48 << 16 | words[0] >> 48;
    if ((words[5] >> 48 & 15) != (1 | size << 2) || number != group || words[4] >> 48 != 1) continue;
    return static_cast<int>(words[section % 64 / 8] >> 6 * (section % 8) & 63);
  }
  return -1;
}

/// The way of the line that has the page's entry.
unsigned way_of(const World& world, unsigned size, std::uint64_t va) {
  const PhysicalAddress leaf = world.tables().leaf(VirtualAddress(va))->at;
  for (unsigned way = 0;; ++way) {
    if (leaf.value() / 64 == world.registers().line_of(va >> (15 + 9 * size), size, way).value() / 64) return way;
  }
}

/// Of every section near a page, exactly what it has.
void expect_exact(World& world, std::uint64_t seed) {
  for (unsigned size = 0; size < 3; ++size) {
    if (!world.mode().has_walk_table(size)) continue;
    std::map<std::uint64_t, int> expected;  // by section
    std::set<std::uint64_t> groups;
    for (const auto& [va, its] : world.pages()) {
      if (its > size) continue;
      int& section = expected[va >> (15 + 9 * size)];
      section |= 1 << its;
      if (its == size) section |= static_cast<int>(way_of(world, size, va) << 4);
      groups.insert(va >> (15 + 9 * size) >> 6);
    }
    for (const std::uint64_t group : groups) {
      for (std::uint64_t section = group << 6; section < (group + 1) << 6; ++section) {
        const auto its = expected.find(section);
        ASSERT_EQ(plain_section(world, size, section << (15 + 9 * size)), its == expected.end() ? 0 : its->second)
            << "seed " << seed << ", section " << section << " of size " << size;
      }
    }
    ASSERT_EQ(plain_section(world, size, std::uint64_t{9} << 41), -1);
  }
}

TEST(CuckooWalkTables, SayOfEachSectionWhatItHas) {
  std::uint64_t growths = 0;
  for (const std::uint64_t seed : printed_seeds(30)) {
    Dice dice(seed);
    World world(dice, controls_for(dice));
    for (unsigned i = 0; i < 800; ++i) {
      world.change();
      if (i % 8 != 0) continue;
      expect_exact(world, seed);
      if (HasFatalFailure()) return;
    }
    for (const TableFigure& figure : world.tables().figures())
      growths += std::string(figure.name) == "growths" ? figure.value : 0;
  }
  EXPECT_GT(growths, 100u);
}

/// What the mode's functions read, whatever table it is.
std::optional<HintEntry> fetch(World& world, unsigned table, VirtualAddress va) {
  for (const PhysicalAddress at : world.mode().hint_reads(world.root(), table, va)) {
    HintEntry entry;
    for (unsigned i = 0; i < 8; ++i) entry.words[i] = world.memory().read(at + i * 8, 8);
    if (world.mode().is_hint(entry, table, va)) return entry;
  }
  return std::nullopt;
}

struct Hinted {
  WalkOutcome outcome;
  unsigned rounds = 0;
};

Hinted walk_with(World& world, VirtualAddress va, std::uint64_t hints) {
  Hinted result;
  Walk walk(world.mode(), world.root(), va, {}, hints);
  std::array<unsigned char, Walk::longest_round> bytes{};
  for (; walk.step() == Walk::Step::ReadEntry; ++result.rounds) {
    result.outcome.entry_reads += walk.reads();
    for (unsigned i = 0; i < walk.reads(); ++i) world.memory().read_bytes(walk.read_address(i), 64, &bytes[i * 64]);
    walk.supply(bytes.data());
  }
  result.outcome.translated = walk.step() == Walk::Step::Done;
  result.outcome.translation = walk.translation();
  return result;
}

TEST(CuckooWalkTables, WalksWithPresentEntriesReadNoMoreThanTheyMust) {
  for (const std::uint64_t seed : printed_seeds(30)) {
    Dice dice(seed);
    World world(dice, controls_for(dice));
    const bool all = world.mode().has_walk_table(0);
    for (unsigned i = 0; i < 400; ++i) {
      world.change();
      if (world.pages().empty()) continue;
      const auto page = *world.pick();
      const VirtualAddress va(page.first);
      std::vector<std::optional<HintEntry>> entries;
      for (unsigned table = 0; table < world.mode().hint_tables().size(); ++table) {
        entries.push_back(fetch(world, table, va));
      }
      std::vector<const HintEntry*> known;
      for (const auto& entry : entries) known.push_back(entry ? &*entry : nullptr);
      const Hinted found = walk_with(world, va, world.mode().hints(known, va));
      ASSERT_TRUE(found.outcome.translated) << "seed " << seed;
      ASSERT_EQ(found.rounds, 1u);
      // A read for each size of which an entry says the way; else all ways.
      unsigned most = all ? 0 : world.registers().ways;
      for (const HintEntry* entry : known) most += entry != nullptr ? 1 : world.registers().ways;
      ASSERT_LE(found.outcome.entry_reads, most);
    }
  }
}

/// Entries of any age, also of other tables' making: a walk finds what one without finds.
TEST(CuckooWalkTables, OutdatedEntriesNeverHideAPage) {
  std::uint64_t again = 0;
  std::uint64_t walks = 0;
  for (const std::uint64_t seed : printed_seeds(40)) {
    Dice dice(seed);
    World world(dice, controls_for(dice));
    std::map<std::pair<unsigned, std::uint64_t>, HintEntry> cached;
    const std::vector<HintTable> tables = world.mode().hint_tables();
    for (unsigned i = 0; i < 1500; ++i) {
      world.change();
      if (world.pages().empty()) continue;
      const VirtualAddress va(dice.chance(90) ? world.pick()->first : dice.between(0, 3) << 41);
      std::vector<const HintEntry*> known;
      for (unsigned table = 0; table < tables.size(); ++table) {
        const auto key = std::pair(table, va.value() >> tables[table].index_shift);
        const std::optional<HintEntry> fresh = fetch(world, table, va);
        if (fresh && dice.chance(20)) cached[key] = *fresh;
        const auto old = cached.find(key);
        known.push_back(old == cached.end() ? nullptr : &old->second);
      }
      const Hinted found = walk_with(world, va, world.mode().hints(known, va));
      const WalkOutcome reference = reference_walk(world.mode(), world.memory(), world.root(), va, {});
      ASSERT_EQ(found.outcome.translated, reference.translated) << "seed " << seed << ", walk " << i;
      if (reference.translated) {
        ASSERT_EQ(found.outcome.translation.page, reference.translation.page);
      }
      ASSERT_LE(found.outcome.entry_reads, world.mode().most_reads(world.root()));
      again += found.rounds > 1;
      ++walks;
    }
  }
  std::printf("%llu walks, %llu begun again\n", static_cast<unsigned long long>(walks),
              static_cast<unsigned long long>(again));
  EXPECT_GT(again, 100u);
}

TEST(CuckooWalkTables, TheTablesCountedAreThoseBuilt) {
  for (const std::uint64_t seed : printed_seeds(40)) {
    Dice dice(seed);
    PagingControls controls = controls_for(dice);
    controls.cuckoo.initial_bytes = ByteSize{4096};
    controls.cuckoo.max_load = 0.4;
    controls.cuckoo.min_load = 0.05;
    const auto mode = make_paging_mode("cuckoo", controls);
    PhysicalMemory memory;
    FrameAllocator frames(all_memory, 4096, {});
    TableBuilder tables(mode, memory, frames);
    std::vector<MappedRange> ranges;
    for (unsigned i = 0; i < dice.number(0, 12); ++i) {
      const std::uint64_t bytes = dice.chance(70) ? page_4k : page_2m;
      const std::uint64_t va = i * dice.pick<std::uint64_t>({16, 512, 2048}) * page_1g + dice.between(0, 3) * bytes;
      const std::uint64_t length = dice.between(1, bytes == page_4k ? 2000 : 60) * bytes;
      try {
        tables.map_range(VirtualAddress(va), length, bytes);
      } catch (const InputError&) {  // overlaps
        continue;
      }
      ranges.push_back({VirtualAddress(va), VirtualAddress(va + length - 1), bytes});
    }
    for (const TableFigure& figure : tables.figures()) {
      if (std::string(figure.name) == "failed_insertions" && figure.value != 0) ranges.clear();
    }
    if (ranges.empty()) continue;
    const TableSize size = table_size(*mode, ranges);
    ASSERT_EQ(size.bytes, tables.table_bytes()) << "seed " << seed;
    ASSERT_EQ(size.tables_per_level, tables.tables_per_level()) << "seed " << seed;
  }
}

TEST(CuckooWalkTables, AMemoryLimitThatForbidsThemIsReportedAndMapsNothing) {
  PagingControls controls;
  controls.cuckoo.walk_tables = CuckooWalkTables::All;
  controls.cuckoo.walk_table_bytes = ByteSize{64 << 10};
  const auto mode = make_paging_mode("cuckoo", controls);
  PhysicalMemory memory;
  FrameAllocator frames(16 * page_4k, page_4k, {});
  TableBuilder tables(mode, memory, frames);
  EXPECT_THROW(tables.map(VirtualAddress(0), PhysicalAddress(page_4k), page_4k), InputError);
  EXPECT_FALSE(tables.is_mapped(VirtualAddress(0)));
}

}  // namespace
}  // namespace tablewalk::test::cuckoo_walk_tables_test
