// Hashed page tables: growth, searches against the arithmetic of hashing, sizes and roots.
#include "paging/hashed_mode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "base/error.h"
#include "paging/reference_walk.h"
#include "paging/table_builder.h"
#include "paging/table_size.h"
#include "support/dice.h"
#include "unit/paging/plain_hashed_walk.h"

namespace tablewalk::test::hashed_mode_test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// The organisations with a hash function.
class Organisations : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Hashing, Organisations, testing::Values("hashed", "hashed-chained", "inverted", "cuckoo"));

/// Those that grow.
class Growing : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Hashing, Growing, testing::Values("hashed", "hashed-chained", "cuckoo"));

// --- resizes

TEST_P(Growing, KeepsEveryPageAndItsBitsWheneverItGrows) {
  for (const std::uint64_t seed : printed_seeds(20)) {
    Dice dice(seed);
    const auto mode = make_paging_mode(GetParam(), controls_of(512, 0.5, 1u << dice.number(1, 3)));
    PhysicalMemory memory;
    FrameAllocator frames(all_memory, 4096, {});
    TableBuilder tables(mode, memory, frames);
    std::map<std::uint64_t, std::pair<std::uint64_t, bool>> pages;  // frame, dirty
    std::set<std::uint64_t> roots;
    LeafSpec clean;
    clean.accessed = clean.dirty = false;
    for (unsigned i = 1; i <= 600; ++i) {
      const std::uint64_t va = dice.between(0, std::uint64_t{1} << 40) & ~std::uint64_t{4095};
      if (!pages.emplace(va, std::pair{i * page_4k, false}).second) continue;
      tables.map(VirtualAddress(va), PhysicalAddress(i * page_4k), page_4k, clean);
      roots.insert(tables.root().value());
      auto touched = std::next(pages.begin(), static_cast<std::ptrdiff_t>(dice.between(0, pages.size() - 1)));
      const Access store{AccessKind::Store, true};
      ASSERT_TRUE(reference_walk(*mode, memory, tables.root(), VirtualAddress(touched->first), store).translated);
      touched->second.second = true;
      if (dice.chance(10)) {
        tables.unmap(VirtualAddress(touched->first), page_4k);
        pages.erase(touched);
      }
      if (dice.chance(10) || i == 600) {
        for (const auto& [at, page] : pages) {
          const auto leaf = tables.leaf(VirtualAddress(at));
          ASSERT_TRUE(leaf) << "seed " << seed << ", page " << at << " after " << i;
          ASSERT_EQ(leaf->view.target.value(), page.first) << "seed " << seed;
          ASSERT_EQ(leaf->view.dirty, page.second) << "seed " << seed;
        }
      }
    }
    ASSERT_GE(roots.size(), 3u) << "it grew seldom, seed " << seed;
    for (const TableFigure& figure : tables.figures()) {
      if (std::string(figure.name) == "used_lines") {
        ASSERT_LE(figure.value, pages.size());
      }
    }
  }
}

TEST(HashedTables, AMemoryLimitThatForbidsGrowthIsReportedAndChangesNothing) {
  const auto mode = make_paging_mode("hashed", controls_of(4096, 0.5));
  PhysicalMemory memory;
  FrameAllocator frames(4 * 4096, 4096, {});  // three frames, for tables only
  TableBuilder tables(mode, memory, frames);
  unsigned mapped = 0;
  const auto fill = [&] {
    for (;; ++mapped) tables.map(VirtualAddress(mapped * 8 * page_4k), PhysicalAddress(page_4k), page_4k);
  };
  EXPECT_THROW(fill(), InputError);
  EXPECT_EQ(mapped, 64u);  // half of the lines after growing once
  for (unsigned i = 0; i < 80; ++i) EXPECT_EQ(tables.is_mapped(VirtualAddress(i * 8 * page_4k)), i < mapped) << i;
}

// --- searches

/// Reads per walk of present blocks, and of absent ones, at a load of `blocks / lines`.
std::pair<double, double> reads_at(Dice& dice, std::uint64_t lines, std::uint64_t blocks) {
  const auto mode = make_paging_mode("hashed", controls_of(lines * 64, 0.95));
  PhysicalMemory memory;
  FrameAllocator frames(all_memory, 4096, {});
  TableBuilder tables(mode, memory, frames);
  std::set<std::uint64_t> pages;
  while (pages.size() < blocks) pages.insert(dice.between(0, low_bits(48)) << 15);
  for (const std::uint64_t va : pages) tables.map(VirtualAddress(va), PhysicalAddress(page_4k), page_4k);
  const auto reads = [&](std::uint64_t va) {
    return reference_walk(*mode, memory, tables.root(), VirtualAddress(va), {AccessKind::Load, true}).entry_reads;
  };
  double hits = 0;
  for (const std::uint64_t va : pages) hits += reads(va);
  double misses = 0;
  constexpr unsigned tries = 20000;
  for (unsigned i = 0; i < tries; ++i) misses += reads((dice.between(0, low_bits(48)) << 15) | 0x7000);
  return {hits / static_cast<double>(blocks), misses / tries};
}

/// Knuth, The Art of Computer Programming, volume 3, 6.4: linear probing in a large table.
TEST(HashedTables, SearchesAreAsLongAsLinearProbingSays) {
  for (const std::uint64_t seed : printed_seeds(1)) {
    Dice dice(seed);
    constexpr std::uint64_t lines = 1 << 16;
    for (const double load : {0.125, 0.25, 0.5, 0.6, 0.75, 0.85}) {
      const auto [hit, miss] = reads_at(dice, lines, static_cast<std::uint64_t>(load * lines));
      const double expected_hit = (1 + 1 / (1 - load)) / 2;
      const double expected_miss = (1 + 1 / ((1 - load) * (1 - load))) / 2;
      std::printf("load %.3f: %.3f reads of a mapped page (formula %.3f), %.3f of an unmapped one (formula %.3f)\n",
                  load, hit, expected_hit, miss, expected_miss);
      EXPECT_NEAR(hit / expected_hit, 1, 0.05) << load << ", seed " << seed;
      EXPECT_NEAR(miss / expected_miss, 1, 0.1) << load << ", seed " << seed;
    }
  }
}

/// Node by node: a chain has `pages / anchors` nodes on average, half of the others are before a page's own.
TEST(ChainedTables, ChainsAreAsLongAsTheLoadSays) {
  for (const std::uint64_t seed : printed_seeds(1)) {
    Dice dice(seed);
    constexpr std::uint64_t anchors = 1 << 14;
    for (const double load : {0.125, 0.25, 0.5, 0.9}) {
      const auto mode = make_paging_mode("hashed-chained", controls_of(anchors * 8, 0.95));
      PhysicalMemory memory;
      FrameAllocator frames(all_memory, 4096, {});
      TableBuilder tables(mode, memory, frames);
      std::set<std::uint64_t> pages;
      while (static_cast<double>(pages.size()) < load * anchors) pages.insert(dice.between(0, low_bits(40)) << 12);
      for (const std::uint64_t va : pages) tables.map(VirtualAddress(va), PhysicalAddress(page_4k), page_4k);
      double reads = 0;
      for (const std::uint64_t va : pages) {
        reads += reference_walk(*mode, memory, tables.root(), VirtualAddress(va), {AccessKind::Load, true}).entry_reads;
      }
      const double hit = reads / static_cast<double>(pages.size());
      std::printf("load %.3f: %.3f reads of a mapped page (formula %.3f)\n", load, hit, 2 + load / 2);
      EXPECT_NEAR(hit, 2 + load / 2, 0.02) << load << ", seed " << seed;
    }
  }
}

TEST(HashedTables, ASearchEndsAfterEveryLineOnce) {
  const auto mode = make_paging_mode("hashed", controls_of(512, 0.9));
  PhysicalMemory memory;
  const HashedRoot root{3, PhysicalAddress(0x10000), 5, 3};
  HashedLine line;
  line.set_tag({HashedLine::State::Block, 0, 12345, 3});
  for (std::uint64_t at = 0; at < 64; ++at) memory.write(root.table + 8 * at, 8, line.words[at % 8]);
  const WalkOutcome walk =
      reference_walk(*mode, memory, PhysicalAddress(root.encode()), VirtualAddress(0x5000), {AccessKind::Load, true});
  EXPECT_FALSE(walk.translated);
  EXPECT_EQ(walk.fault.reason, FaultReason::NotPresent);
  EXPECT_EQ(walk.entry_reads, 16u);  // eight lines, for two page sizes
  EXPECT_LE(walk.entry_reads, mode->most_reads(PhysicalAddress(root.encode())));
}

TEST_P(Organisations, AnEmptySpaceIsNotReadAtAll) {
  const auto mode = make_paging_mode(GetParam());
  PhysicalMemory memory;
  FrameAllocator frames(all_memory, 4096, {});
  TableBuilder tables(mode, memory, frames);
  const WalkOutcome walk =
      reference_walk(*mode, memory, tables.root(), VirtualAddress(0x5000), {AccessKind::Load, true});
  EXPECT_EQ(walk.fault.reason, FaultReason::NotPresent);
  EXPECT_EQ(walk.entry_reads, 0u);
}

TEST_P(Organisations, AnEntryThatChangesBeforeItsUpdateIsReadAgain) {
  const auto mode = make_paging_mode(GetParam());
  PhysicalMemory memory;
  FrameAllocator frames(all_memory, 4096, {});
  TableBuilder tables(mode, memory, frames);
  LeafSpec clean;
  clean.accessed = clean.dirty = false;
  const VirtualAddress va(0x7f0000003000);
  tables.map(va, PhysicalAddress(0x42000), page_4k, clean);
  Walk walk(*mode, tables.root(), va, {AccessKind::Store, true});
  std::array<unsigned char, Walk::longest_round> bytes{};
  const auto supply = [&] {
    ASSERT_EQ(walk.step(), Walk::Step::ReadEntry);
    for (unsigned number = 0; number < walk.reads(); ++number) {
      memory.read_bytes(walk.read_address(number), walk.read_bytes(), bytes.data() + number * walk.read_bytes());
    }
    walk.supply(bytes.data());
  };
  while (walk.step() == Walk::Step::ReadEntry) supply();
  ASSERT_EQ(walk.step(), Walk::Step::UpdateEntry);
  EXPECT_EQ(walk.entry_address(), tables.leaf(va)->at);
  // Meanwhile the page moves.
  tables.unmap(va, page_4k);
  tables.map(va, PhysicalAddress(0x55000), page_4k, clean);
  walk.updated(memory.compare_and_swap(walk.entry_address(), 8, walk.update_expected(), walk.update_desired()));
  while (walk.step() == Walk::Step::ReadEntry) supply();
  ASSERT_EQ(walk.step(), Walk::Step::UpdateEntry);
  walk.updated(memory.compare_and_swap(walk.entry_address(), 8, walk.update_expected(), walk.update_desired()));
  ASSERT_EQ(walk.step(), Walk::Step::Done);
  EXPECT_EQ(walk.translation().page, PhysicalAddress(0x55000));
  EXPECT_TRUE(tables.leaf(va)->view.dirty);
}

// --- sizes and roots

TEST_P(Organisations, TheTablesCountedAreThoseBuilt) {
  for (const std::uint64_t seed : printed_seeds(200)) {
    Dice dice(seed);
    const auto mode = make_paging_mode(
        GetParam(), controls_of(512u << dice.number(0, 3), 0.125 + 0.01 * dice.number(0, 82), 1u << dice.number(1, 3)));
    PhysicalMemory memory;
    FrameAllocator frames(all_memory, 4096, {});
    TableBuilder tables(mode, memory, frames);
    std::vector<MappedRange> ranges;
    for (unsigned i = 0; i < dice.number(0, 12); ++i) {
      const std::uint64_t bytes = dice.chance(70) ? page_4k : page_2m;
      const std::uint64_t va = i * 4 * page_1g + dice.between(0, 3) * page_4k * (bytes / page_4k);
      const std::uint64_t length = dice.between(1, 40) * bytes;
      tables.map_range(VirtualAddress(va), length, bytes);
      ranges.push_back({VirtualAddress(va), VirtualAddress(va + length - 1), bytes});
    }
    const TableSize size = table_size(*mode, ranges);
    ASSERT_EQ(size.bytes, tables.table_bytes()) << "seed " << seed;
    ASSERT_EQ(size.tables_per_level, tables.tables_per_level());
  }
}

TEST(HashedMode, RootsThatCannotBeAreRefused) {
  const auto mode = make_paging_mode("hashed");
  EXPECT_NO_THROW(mode->decode_root(0x0003000000010043));
  EXPECT_EQ(mode->decode_root(0x0003000000010043).asid, 3);
  EXPECT_THAT([&] { mode->decode_root(0x10042); },
              ThrowsMessage<InputError>(HasSubstr("expected bits 5:0 of 3 to 36")));
  EXPECT_THROW(mode->decode_root(0x1007f), InputError);
  EXPECT_THROW(mode->decode_root(0x10205), InputError);  // not aligned to 2 KiB
}

TEST(ChainedTables, AChainThatIsARingEnds) {
  const auto mode = make_paging_mode("hashed-chained");
  PhysicalMemory memory;
  const HashedRoot root{0, PhysicalAddress(0x10000), 1, 6};
  for (std::uint64_t anchor = 0; anchor < 64; ++anchor) memory.write(root.table + 8 * anchor, 8, 0x20000);
  memory.write(PhysicalAddress(0x20018), 8, 0x20000);
  const WalkOutcome walk =
      reference_walk(*mode, memory, PhysicalAddress(root.encode()), VirtualAddress(0x5000), {AccessKind::Load, true});
  EXPECT_EQ(walk.fault.reason, FaultReason::NotPresent);
  EXPECT_EQ(walk.entry_reads, 65537u);
  EXPECT_LE(walk.entry_reads, mode->most_reads(PhysicalAddress(root.encode())));
}

TEST(HashedMode, ParametersOutOfRangeAreRefused) {
  const auto problems = [](const PagingControls& controls) {
    std::string keys;
    controls.hashed.check([&](const std::string& key, const std::string&) { keys += key + " "; });
    return keys;
  };
  EXPECT_EQ(problems(controls_of(512, 0.95, 8)), "");
  EXPECT_EQ(problems(controls_of(256, 0.96, 3)), "initial_bytes max_load growth ");
  EXPECT_EQ(problems(controls_of(1000, 0.1, 1)), "initial_bytes max_load growth ");
}

}  // namespace
}  // namespace tablewalk::test::hashed_mode_test
