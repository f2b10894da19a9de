// Cuckoo walk caches: which lines a walk reads, and the fetches of entries beside it, cycle by cycle.

#include "module/walker/walker_bench.h"
#include "stats/stat_set.h"

namespace tablewalk::walker_hints_test {
namespace {

constexpr std::uint64_t ways = 3;
constexpr std::uint64_t huge = 2 << 20;
constexpr std::uint64_t page_h = 0x7f40000000;  // in a section without small pages

PagingControls walk_tables(CuckooWalkTables which) {
  PagingControls controls;
  controls.cuckoo.walk_tables = which;
  return controls;
}

/// From the request to the response of a walk of that many reads: the last is presented some cycles after the first.
constexpr std::uint64_t service_of(std::uint64_t reads) {
  return 2 + (reads - 1) + memory_cycles + 1;
}

/// Small pages, and a large one in another section.
struct HintsBench : Bench {
  explicit HintsBench(CuckooWalkTables which = CuckooWalkTables::Upper, const WalkerConfig& config = walkers(2))
      : Bench(config, "cuckoo", walk_tables(which)) {
    map(page_a);
    map(page_b);
    tables.map(VirtualAddress(page_h), PhysicalAddress(huge * 9), huge);
    first.root = second.root = tables.root();
  }
};

TEST(WalkerHints, TheFirstWalkReadsAllAndEntriesAreFetchedBehindIt) {
  HintsBench bench;
  bench.first.ask(10, page_a);
  bench.run();
  EXPECT_EQ(bench.answered(0), 10 + service_of(2 * ways));
  EXPECT_EQ(bench.walks.at(0).entry_reads, 2 * ways);
  EXPECT_EQ(bench.first.all()[0].request.cycles.total(), service_of(2 * ways));
  EXPECT_EQ(bench.figure("walk_cache.fill_reads"), 4u) << "two ways of two tables";
  EXPECT_EQ(bench.figure("walk_cache.pmd.fills"), 1u);
  EXPECT_EQ(bench.figure("walk_cache.pud.fills"), 1u);
}

/// The six reads of the walk are valid in 12 to 17, those of the entries of the middle table in 18 and 19.
TEST(WalkerHints, AnEntryServesLookupsFromTheCycleAfterItsArrival) {
  // The candidate that has the entry decides.
  HintsBench probe;
  const auto reads = probe.mode->hint_reads(probe.tables.root(), 0, VirtualAddress(page_a));
  HintEntry entry;
  for (unsigned i = 0; i < 8; ++i) entry.words[i] = probe.memory.read(reads[0] + i * 8, 8);
  const std::uint64_t arrival = 18 + memory_cycles + (probe.mode->is_hint(entry, 0, VirtualAddress(page_a)) ? 0 : 1);
  // Looked up in the cycle after it is taken; a lookup comes before what is filled in the same cycle.
  probe.first.ask(10, page_a);
  probe.second.ask(arrival - 1, page_b);
  probe.run();
  EXPECT_EQ(probe.walks.at(1).entry_reads, 2 * ways);
}

TEST(WalkerHints, AnEntryServesALookupInTheNextCycle) {
  HintsBench bench;
  const auto reads = bench.mode->hint_reads(bench.tables.root(), 0, VirtualAddress(page_a));
  HintEntry entry;
  for (unsigned i = 0; i < 8; ++i) entry.words[i] = bench.memory.read(reads[0] + i * 8, 8);
  const std::uint64_t arrival = 18 + memory_cycles + (bench.mode->is_hint(entry, 0, VirtualAddress(page_a)) ? 0 : 1);
  bench.first.ask(10, page_a);
  bench.second.ask(arrival, page_b);
  bench.run();
  EXPECT_EQ(bench.walks.at(1).entry_reads, ways) << "no page of 2 MiB is in the section";
}

TEST(WalkerHints, ALargePageIsOneReadAndASmallOneThree) {
  HintsBench bench;
  bench.first.ask(10, page_a);
  bench.first.ask(100, page_h);
  bench.first.ask(200, page_b);
  bench.first.ask(300, page_h + 0x5000);
  bench.run();
  EXPECT_EQ(bench.answered(2), 200 + service_of(ways));
  EXPECT_EQ(bench.walks.at(2).entry_reads, ways);
  EXPECT_EQ(bench.answered(3), 300 + service_of(1));
  EXPECT_EQ(bench.walks.at(3).entry_reads, 1u);
  EXPECT_EQ(bench.answer(3).translation.page, PhysicalAddress(huge * 9));
  EXPECT_EQ(bench.first.all()[3].request.cycles.total(), service_of(1));
}

TEST(WalkerHints, WithATableOfSmallPagesEachIsOneRead) {
  HintsBench bench(CuckooWalkTables::All);
  bench.first.ask(10, page_a);
  bench.first.ask(100, page_b);
  bench.run();
  EXPECT_EQ(bench.answered(1), 100 + service_of(1));
  EXPECT_EQ(bench.answer(1).translation.page, PhysicalAddress(page_b + 0x1000000));
}

TEST(WalkerHints, ATableWithoutACacheIsNeitherLookedUpNorFetched) {
  WalkerConfig config = walkers(2);
  config.cuckoo_walk_caches.pmd = 0;
  HintsBench bench(CuckooWalkTables::Upper, config);
  bench.first.ask(10, page_a);
  bench.first.ask(100, page_b);
  bench.run();
  EXPECT_EQ(bench.figure("walk_cache.fill_reads"), 2u) << "two ways of the upper table";
  EXPECT_EQ(bench.figure("walk_cache.pud.lookups"), 2u);
  EXPECT_EQ(bench.figure("walk_cache.pud.hits"), 1u);
}

/// A page of a size that the cached entry says its section has not.
TEST(WalkerHints, AWalkThatIsMisledBeginsAgainAndTheEntryIsFetchedAgain) {
  HintsBench bench;
  constexpr std::uint64_t new_page = 0x40400000;
  bench.first.ask(10, page_a);
  bench.script.at(100, [&] { bench.tables.map(VirtualAddress(new_page), PhysicalAddress(huge * 11), huge); });
  bench.first.ask(200, new_page);
  bench.first.ask(300, new_page + 0x1000);
  bench.first.ask(400, new_page + 0x2000);
  bench.run();
  EXPECT_EQ(bench.answered(1), 200 + 2 + (ways - 1) + memory_cycles + 1 + (2 * ways - 1) + memory_cycles + 1)
      << "three reads in vain, then all six";
  EXPECT_EQ(bench.answer(1).translation.page, PhysicalAddress(huge * 11));
  EXPECT_EQ(bench.first.all()[1].request.cycles.total(), bench.answered(1) - 200);
  EXPECT_EQ(bench.figure("walk_cache.misled_walks"), 1u);
  EXPECT_EQ(bench.walks.at(2).entry_reads, 2 * ways) << "the entries were dropped, and are fetched again";
  EXPECT_EQ(bench.walks.at(3).entry_reads, ways + 1);
}

TEST(WalkerHints, AnInvalidationDropsTheEntriesOfItsPage) {
  HintsBench bench;
  bench.first.ask(10, page_a);
  bench.script.at(100, [&] { bench.first.invalidate_now({Invalidation::Scope::Page, VirtualAddress(page_a), 0}); });
  bench.first.ask(200, page_b);
  bench.first.ask(300, page_a);
  bench.run();
  EXPECT_EQ(bench.figure("walk_cache.pmd.invalidated"), 1u);
  EXPECT_EQ(bench.walks.at(1).entry_reads, 2 * ways);
  EXPECT_EQ(bench.walks.at(2).entry_reads, ways);
}

/// In any cycle from the lookup to the arrival of the last entry: what was read before is not cached.
class InvalidatedFetch : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Cycles, InvalidatedFetch, testing::Range<std::uint64_t>(11, 24 + memory_cycles));

TEST_P(InvalidatedFetch, IsNotCached) {
  HintsBench bench;
  constexpr std::uint64_t new_page = 0x40400000;
  bench.first.ask(10, page_a);
  bench.script.at(GetParam(), [&] {
    bench.tables.map(VirtualAddress(new_page), PhysicalAddress(huge * 11), huge);
    bench.first.invalidate_now({Invalidation::Scope::Page, VirtualAddress(new_page), 0});
  });
  bench.first.ask(200, new_page);
  bench.first.ask(300, new_page);
  bench.run();
  EXPECT_EQ(bench.figure("walk_cache.misled_walks"), 0u);
  EXPECT_EQ(bench.walks.at(2).entry_reads, ways + 1);
  EXPECT_EQ(bench.answer(2).translation.page, PhysicalAddress(huge * 11));
}

/// A walk that waits for memory goes before a fetch, in every cycle.
TEST(WalkerHints, WalksGoBeforeFetches) {
  HintsBench bench;
  bench.first.ask(10, page_a);
  bench.second.ask(12, page_h);
  bench.run();
  EXPECT_EQ(bench.walks.at(0).reads[0].presented.count(), 12u);
  EXPECT_EQ(bench.walks.at(1).reads[0].presented.count(), 18u) << "right behind the six of the first";
  EXPECT_EQ(bench.walks.at(1).answered.count(), 18 + 5 + memory_cycles + 1);
}

}  // namespace
}  // namespace tablewalk::walker_hints_test
