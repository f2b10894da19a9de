// Walks for prefetches: they wait for those of accesses, change nothing, and end without a fault.

#include "module/walker/walker_bench.h"

namespace tablewalk::walker_prefetches_test {
namespace {

TEST(WalkerPrefetches, WaitUntilNoAccessWaits) {
  Bench bench(walkers(1));
  for (const std::uint64_t page : {0, 1, 2}) bench.map(page_a + (page << 12));
  bench.second.prefetch = true;
  bench.first.ask(10, page_a);
  bench.second.ask(11, page_a + 0x1000);
  bench.first.ask(20, page_a + 0x2000);  // later, but of an access
  bench.run();
  ASSERT_EQ(bench.walks.size(), 2u);
  ASSERT_EQ(bench.prefetches.size(), 1u);
  EXPECT_EQ(bench.walks[1].taken.count(), 10 + service + 1);
  EXPECT_GT(bench.prefetches[0].taken, bench.walks[1].answered);
  EXPECT_FALSE(bench.second.all()[0].request.answer.faulted);
  EXPECT_EQ(bench.walker.stats().walks, 2u) << "figures of the walker are of accesses";
  EXPECT_EQ(bench.walker.stats().entry_reads, 8u);
}

TEST(WalkerPrefetches, StepAfterYoungerAccesses) {
  Bench bench(walkers(2));
  bench.map(page_a);
  bench.map(page_b);
  bench.second.prefetch = true;
  bench.second.ask(10, page_a);
  bench.first.ask(11, page_b);  // both would look up and present in the same cycles, were it not a cycle later
  bench.second.ask(11, page_b + 0x1000);
  bench.run();
  ASSERT_EQ(bench.walks.size(), 1u);
  EXPECT_EQ(bench.walks[0].answered.count(), 11 + service) << "as if it were alone";
}

/// After an invalidation of everything both walks begin again, in the same cycle.
TEST(WalkerPrefetches, LookUpWalkCachesAfterYoungerAccesses) {
  Bench bench(walkers(2));
  bench.map(page_a);
  bench.map(page_b);
  bench.second.prefetch = true;
  bench.second.ask(10, page_a);
  bench.first.ask(11, page_b);
  bench.script.at(25, [&bench] { bench.first.invalidate_now({}); });
  bench.run();
  ASSERT_EQ(bench.walks.size(), 1u);
  ASSERT_EQ(bench.prefetches.size(), 1u);
  EXPECT_EQ(bench.walks[0].answered.count(), 25 + service) << "as if it were alone";
  EXPECT_EQ(bench.prefetches[0].answered.count(), 25 + service + 1);
}

TEST(WalkerPrefetches, AreNoLongerLastWhenAnAccessWaits) {
  Bench bench(walkers(1));
  for (const std::uint64_t page : {0, 1, 2}) bench.map(page_a + (page << 12));
  bench.second.prefetch = true;
  bench.first.ask(10, page_a);
  const auto& prefetch = bench.second.ask(11, page_a + 0x1000);
  bench.first.ask(20, page_a + 0x2000);
  bench.script.at(15, [&prefetch] { const_cast<TranslationRequest&>(prefetch.request).urgent = Cycles(15); });
  bench.run();
  ASSERT_EQ(bench.prefetches.size(), 1u);
  EXPECT_EQ(bench.prefetches[0].taken.count(), 10 + service + 1);
}

TEST(WalkerPrefetches, SetNoAccessedBit) {
  Bench bench;
  LeafSpec unused;
  unused.accessed = unused.dirty = false;
  bench.map(page_a, unused);
  bench.second.prefetch = true;
  bench.second.ask(10, page_a);
  bench.run();
  ASSERT_EQ(bench.prefetches.size(), 1u);
  EXPECT_TRUE(bench.second.all()[0].request.answer.faulted);
  EXPECT_EQ(bench.prefetches[0].entry_updates, 0u);
  EXPECT_FALSE(bench.tables.leaf(VirtualAddress(page_a))->view.accessed);
}

/// The fault of a prefetch is nobody else's: the access walks again, and sets the bit.
TEST(WalkerPrefetches, AnAccessThatMergedWithOneThatFoundNothingWalksItself) {
  Bench bench;
  LeafSpec unused;
  unused.accessed = unused.dirty = false;
  bench.map(page_a, unused);
  bench.second.prefetch = true;
  bench.second.ask(10, page_a);
  bench.first.ask(12, page_a);
  bench.second.ask(14, page_b);
  bench.script.at(30, [&bench] { bench.map(page_b); });  // the kernel maps it, then the access comes
  bench.first.ask(31, page_b);
  bench.run();
  EXPECT_EQ(bench.walks.size(), 2u);
  for (const auto& asked : bench.first.all()) EXPECT_FALSE(asked.request.answer.faulted);
  EXPECT_TRUE(bench.tables.leaf(VirtualAddress(page_a))->view.accessed);
}

TEST(WalkerPrefetches, OneThatAnInvalidationHasOvertakenReadsNoMore) {
  Bench bench;
  bench.map(page_a);
  bench.second.prefetch = true;
  const auto& prefetch = bench.second.ask(10, page_a);
  bench.script.at(20, [&prefetch] { const_cast<TranslationRequest&>(prefetch.request).overtaken = true; });
  bench.run();
  ASSERT_EQ(bench.prefetches.size(), 1u);
  EXPECT_TRUE(bench.second.all()[0].request.answer.faulted);
  EXPECT_EQ(bench.prefetches[0].entry_reads, 1u);
}

/// At any cycle of the round, with reads that are not yet presented, outstanding, or answered.
class LostRound : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Cycles, LostRound, testing::Range(std::uint64_t{11}, std::uint64_t{24}));

TEST_P(LostRound, EndsAndLeavesNothingToTheNextWalkOfItsSlot) {
  Bench bench(walkers(1), "cuckoo");
  bench.map(page_a);
  bench.map(page_b);
  bench.first.root = bench.second.root = bench.tables.root();
  bench.second.prefetch = true;
  Walk walk(*bench.mode, bench.tables.root(), VirtualAddress(page_a), {});
  bench.dram.delays[walk.read_address(1)] = 20;  // its response comes during the next walk
  const auto& prefetch = bench.second.ask(10, page_a);
  bench.script.at(GetParam(), [&prefetch] { const_cast<TranslationRequest&>(prefetch.request).overtaken = true; });
  bench.first.ask(GetParam() + 1, page_b);
  bench.run();
  EXPECT_TRUE(prefetch.request.answer.faulted);
  ASSERT_EQ(bench.prefetches.size(), 1u);
  EXPECT_LT(bench.prefetches[0].entry_reads, 3u);
  ASSERT_EQ(bench.walks.size(), 1u);
  EXPECT_EQ(bench.walks[0].entry_reads, 3u);
  EXPECT_FALSE(bench.answer(0).faulted);
  EXPECT_EQ(bench.answer(0).translation.page, PhysicalAddress(page_b + 0x1000000));
}

}  // namespace
}  // namespace tablewalk::walker_prefetches_test
