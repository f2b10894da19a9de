// The cache of page sizes: which size a walk searches for first, cycle by cycle.

#include "module/walker/walker_bench.h"
#include "stats/stat_set.h"

namespace tablewalk::walker_page_sizes_test {
namespace {

constexpr std::uint64_t huge = 2 << 20;
constexpr std::uint64_t page_h = 0x7f40000000;

WalkerConfig with_cache(std::uint32_t entries) {
  WalkerConfig config = walkers(2);
  config.page_size_cache.entries = entries;
  return config;
}

/// From the request to the response of a walk of that many reads, one after the other.
constexpr std::uint64_t service_of(std::uint64_t reads) {
  return reads * (memory_cycles + 1) + 2;
}

/// A small page and a large one: a search for a small page of the large one's address ends at an empty anchor.
struct SizesBench : Bench {
  explicit SizesBench(std::uint32_t entries) : Bench(with_cache(entries), "hashed-chained") {
    map(page_a);
    tables.map(VirtualAddress(page_h), PhysicalAddress(huge * 9), huge);
    first.root = second.root = tables.root();
  }
};

TEST(WalkerPageSizes, TheSecondWalkOfARegionLooksForItsSizeFirst) {
  SizesBench bench(4);
  bench.first.ask(10, page_h);
  bench.first.ask(100, page_h + 0x5000);
  bench.first.ask(200, page_a);
  bench.run();
  EXPECT_EQ(bench.walks.at(0).entry_reads, 3u) << "an empty anchor, then anchor and node";
  EXPECT_EQ(bench.answered(0), 10 + service_of(3));
  EXPECT_EQ(bench.walks.at(1).entry_reads, 2u);
  EXPECT_EQ(bench.answered(1), 100 + service_of(2));
  EXPECT_EQ(bench.answer(1).translation.page, PhysicalAddress(huge * 9));
  EXPECT_EQ(bench.answer(2).translation.page, PhysicalAddress(page_a + 0x1000000)) << "another region";
  EXPECT_EQ(bench.figure("walk_cache.size.lookups"), 3u);
  EXPECT_EQ(bench.figure("walk_cache.size.hits"), 1u);
  EXPECT_EQ(bench.figure("walk_cache.size.wrong"), 0u);
}

TEST(WalkerPageSizes, WithoutACacheAllSizesAreSearchedEachTime) {
  SizesBench bench(0);
  bench.first.ask(10, page_h);
  bench.first.ask(100, page_h + 0x5000);
  bench.run();
  EXPECT_EQ(bench.walks.at(1).entry_reads, 3u);
}

/// The large page is replaced by a small one without an invalidation of the cache: there is none.
TEST(WalkerPageSizes, AWrongGuessCostsASearchAndIsCorrected) {
  SizesBench bench(4);
  bench.first.ask(10, page_h);
  bench.script.at(100, [&] {
    bench.tables.unmap(VirtualAddress(page_h), huge);
    bench.tables.map(VirtualAddress(page_h + 0x3000), PhysicalAddress(0x123000), 4096);
  });
  bench.first.ask(200, page_h + 0x3000);
  bench.first.ask(300, page_h + 0x3000);
  bench.run();
  EXPECT_EQ(bench.answer(1).translation.page, PhysicalAddress(0x123000));
  EXPECT_GE(bench.walks.at(1).entry_reads, 3u) << "the search for the large page was in vain";
  EXPECT_EQ(bench.figure("walk_cache.size.wrong"), 1u);
  EXPECT_EQ(bench.walks.at(2).entry_reads, 2u);
}

TEST(WalkerPageSizes, TheLeastRecentlyUsedRegionLeaves) {
  SizesBench bench(1);
  bench.first.ask(10, page_h);
  bench.first.ask(100, page_a);
  bench.first.ask(200, page_h);
  bench.run();
  EXPECT_EQ(bench.figure("walk_cache.size.hits"), 0u);
  EXPECT_EQ(bench.walks.at(2).entry_reads, 3u);
}

}  // namespace
}  // namespace tablewalk::walker_page_sizes_test
