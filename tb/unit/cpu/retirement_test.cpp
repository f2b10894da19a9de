#include "cpu/retirement.h"

#include <gtest/gtest.h>

#include <random>

namespace tablewalk::retirement_test {
namespace {

AccessTimes times(std::uint64_t issued, std::uint64_t tlb_hit, std::uint64_t translated, std::uint64_t cache_hit,
                  std::uint64_t done) {
  return {Cycles(issued), Cycles(tlb_hit), Cycles(translated), Cycles(cache_hit), Cycles(done)};
}

TEST(Retirement, HitIsAllIssue) {
  Retirement retirement;
  EXPECT_EQ(retirement.retire(times(0, 1, 1, 4, 4)), Cycles(4));
  EXPECT_EQ(retirement.cycles().issue, 4u);
  EXPECT_EQ(retirement.cycles().total(), 4u);
}

TEST(Retirement, StallsAreWhatExceedsHits) {
  Retirement retirement;
  retirement.retire(times(0, 1, 30, 33, 100));
  EXPECT_EQ(retirement.cycles().translation_stall, 29u);
  EXPECT_EQ(retirement.cycles().memory_stall, 67u);
  EXPECT_EQ(retirement.cycles().issue, 4u);
}

TEST(Retirement, CyclesInTheShadowOfAnOlderAccessAreNotCountedTwice) {
  Retirement retirement;
  retirement.retire(times(0, 1, 1, 4, 50));
  retirement.retire(times(1, 2, 60, 63, 70));
  EXPECT_EQ(retirement.cycles().translation_stall, 10u) << "from 50 to 60";
  EXPECT_EQ(retirement.cycles().memory_stall, 46u + 7u);
  EXPECT_EQ(retirement.cycles().total(), 70u);
}

TEST(Retirement, AccessThatEndedEarlierRetiresWithTheOlderOne) {
  Retirement retirement;
  retirement.retire(times(0, 1, 1, 4, 50));
  EXPECT_EQ(retirement.retire(times(1, 2, 2, 5, 5)), Cycles(50));
  EXPECT_EQ(retirement.cycles().total(), 50u);
}

TEST(Retirement, RestartCountsAfreshFromTheLastRetirement) {
  Retirement retirement;
  retirement.retire(times(0, 1, 1, 4, 50));
  retirement.restart();
  retirement.retire(times(50, 51, 51, 54, 54));
  EXPECT_EQ(retirement.cycles().total(), 4u);
}

TEST(Retirement, EventTakesItsCyclesAfterEverythingOlder) {
  Retirement retirement;
  retirement.retire(times(0, 1, 1, 4, 50));
  EXPECT_EQ(retirement.pass_event(Cycles(53), Cycles(100), &CoreCycles::invalidation), Cycles(153));
  EXPECT_EQ(retirement.cycles().invalidation, 100u);
  retirement.retire(times(153, 154, 154, 157, 157));
  EXPECT_EQ(retirement.cycles().issue, 4u + 3u + 4u);
  EXPECT_EQ(retirement.cycles().total(), 157u);
}

// For every cycle separately: what the oldest access was doing in it.
TEST(Retirement, AgreesWithACountOfSingleCycles) {
  constexpr std::uint64_t seed = 5;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  Retirement retirement;
  CoreCycles naive;
  std::uint64_t last = 0;
  std::uint64_t issued = 0;
  for (int i = 0; i < 5000; ++i) {
    issued += random() % 20;
    const std::uint64_t tlb_hit = issued + 1;
    const std::uint64_t translated = random() % 3 == 0 ? tlb_hit + random() % 60 : tlb_hit;
    const std::uint64_t cache_hit = translated + 3;
    const std::uint64_t done = random() % 3 == 0 ? cache_hit + random() % 60 : cache_hit;
    for (; last < done; ++last) {
      const std::uint64_t cycle = last + 1;  // the cycle that ends then
      const bool translating = cycle > tlb_hit && cycle <= translated;
      const bool fetching = cycle > cache_hit;
      ++(translating ? naive.translation_stall : fetching ? naive.memory_stall : naive.issue);
    }
    retirement.retire(times(issued, tlb_hit, translated, cache_hit, done));
    ASSERT_EQ(retirement.cycles().translation_stall, naive.translation_stall) << "access " << i;
    ASSERT_EQ(retirement.cycles().memory_stall, naive.memory_stall) << "access " << i;
    ASSERT_EQ(retirement.cycles().issue, naive.issue) << "access " << i;
    ASSERT_EQ(retirement.cycles().total(), last);
  }
}

}  // namespace
}  // namespace tablewalk::retirement_test
