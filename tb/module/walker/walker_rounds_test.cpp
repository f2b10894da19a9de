// Reads that do not depend on each other: all of a round are outstanding together.

#include "module/walker/walker_bench.h"

namespace tablewalk::walker_rounds_test {
namespace {

constexpr std::uint64_t ways = 3;
/// From the request to its response: the last of the reads is presented two cycles after the first.
constexpr std::uint64_t round_service = 2 + (ways - 1) + memory_cycles + 1;

/// Cuckoo tables with that page.
struct CuckooBench : Bench {
  explicit CuckooBench(const LeafSpec& spec = {}) : Bench(walkers(2), "cuckoo") {
    map(page_a, spec);
    first.root = second.root = tables.root();
  }
};

TEST(WalkerRounds, AllReadsOfARoundAreOutstandingTogether) {
  CuckooBench bench;
  bench.first.ask(10, page_a + 8);
  bench.run();
  EXPECT_EQ(bench.answer(0).translation.page, PhysicalAddress(page_a + 0x1000000));
  EXPECT_EQ(bench.answered(0), 10 + round_service);
  const WalkRecord& walk = bench.walks.at(0);
  ASSERT_EQ(walk.entry_reads, ways);
  for (unsigned read = 0; read < ways; ++read) {
    EXPECT_EQ(walk.reads[read].presented.count(), 12 + read);
    EXPECT_EQ(walk.reads[read].answered.count(), 12 + read + memory_cycles);
  }
  EXPECT_EQ(bench.first.all()[0].request.cycles.total(), round_service);
  EXPECT_EQ(bench.walker.stats().entry_reads, ways);
}

class SlowRead : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Ways, SlowRead, testing::Range(0u, unsigned{ways}));

TEST_P(SlowRead, DecidesHowLongARoundTakes) {
  CuckooBench bench;
  Walk walk(*bench.mode, bench.tables.root(), VirtualAddress(page_a), {});
  bench.dram.delays[walk.read_address(GetParam())] = 100;
  bench.first.ask(10, page_a);
  bench.run();
  EXPECT_EQ(bench.answered(0), 12 + GetParam() + memory_cycles + 100 + 1);
  EXPECT_EQ(bench.first.all()[0].request.cycles.total(), bench.answered(0) - 10);
  EXPECT_EQ(bench.answer(0).translation.page, PhysicalAddress(page_a + 0x1000000));
}

TEST(WalkerRounds, TwoRoundsShareTheMemoryPortAndTheOlderGoesFirst) {
  CuckooBench bench;
  bench.map(page_b);
  bench.first.ask(10, page_a);
  bench.second.ask(10, page_b);
  bench.run();
  ASSERT_EQ(bench.walks.size(), 2u);
  EXPECT_EQ(bench.walks[0].answered.count(), 10 + round_service);
  EXPECT_EQ(bench.walks[1].answered.count(), 10 + round_service + ways);
  EXPECT_EQ(bench.second.all()[0].request.answer.translation.page, PhysicalAddress(page_b + 0x1000000));
}

TEST(WalkerRounds, TheEntryOfAnyWayIsMarked) {
  CuckooBench bench({Rights{}, false, false, false});
  bench.first.ask(10, page_a, AccessKind::Store);
  bench.run();
  EXPECT_EQ(bench.walks.at(0).entry_reads, ways);
  EXPECT_EQ(bench.walks.at(0).entry_updates, 1u);
  EXPECT_EQ(bench.answered(0), 10 + round_service + memory_cycles + 1);
  EXPECT_TRUE(bench.tables.leaf(VirtualAddress(page_a))->view.dirty);
}

/// At any cycle of the round, with reads that are not yet presented, outstanding, or answered.
class InvalidatedRound : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Cycles, InvalidatedRound, testing::Range(std::uint64_t{12}, 10 + round_service - 1));

TEST_P(InvalidatedRound, BeginsAgain) {
  CuckooBench bench;
  bench.first.ask(10, page_a);
  bench.script.at(GetParam(), [&bench] {
    bench.tables.protect(VirtualAddress(page_a), 4096, {Rights{true, false, true, true}, true, true, false});
    bench.first.invalidate_now({Invalidation::Scope::Page, VirtualAddress(page_a), 0});
  });
  bench.run();
  ASSERT_EQ(bench.walks.size(), 1u);
  EXPECT_EQ(bench.walks[0].restarts, 1u);
  EXPECT_GE(bench.walks[0].entry_reads, ways);
  EXPECT_LE(bench.walks[0].entry_reads, 2 * ways);
  EXPECT_FALSE(bench.answer(0).translation.rights.write);
  EXPECT_GE(bench.answered(0), GetParam() + round_service - 1);
  EXPECT_EQ(bench.first.all()[0].request.cycles.total(), bench.answered(0) - 10);
}

}  // namespace
}  // namespace tablewalk::walker_rounds_test
