#include "dram/memory_clock.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>

namespace tablewalk::memory_clock_test {
namespace {

TEST(MemoryClock, EdgesAndCyclesOfDdr4BesideFourGigahertz) {
  const MemoryClock clock(3200, 4000);  // 2.5 cycles in a clock
  EXPECT_EQ(clock.cycle_at(Clocks(2)), Cycles(5));
  EXPECT_EQ(clock.cycle_at(Clocks(1)), Cycles(3));
  EXPECT_EQ(clock.first_edge(Cycles(2)), Clocks(1));
  EXPECT_EQ(clock.first_edge(Cycles(3)), Clocks(2));
  EXPECT_EQ(clock.last_edge(Cycles(2)), Clocks(0));
  EXPECT_EQ(clock.last_edge(Cycles(3)), Clocks(1));
  EXPECT_EQ(clock.first_edge(Cycles(5)), Clocks(2));
  EXPECT_EQ(clock.last_edge(Cycles(5)), Clocks(2));
  EXPECT_DOUBLE_EQ(clock.ns(2), 1.25);
  EXPECT_DOUBLE_EQ(clock.cycles(2), 5);
}

TEST(MemoryClock, NeverStaysNever) {
  EXPECT_EQ(MemoryClock(3200, 4000).cycle_at(Clocks::never()), Cycles::never());
  EXPECT_EQ(MemoryClock(3200, 1600).cycle_at(Clocks::never()), Cycles::never());
}

TEST(MemoryClock, AnEdgeIsNeverSeenBeforeItsTimeAndNoLaterThanTheNextCycle) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  for (unsigned i = 0; i < 20000; ++i) {
    const std::uint64_t rate = 1 + random() % 10000;
    const std::uint64_t mhz = 1 + random() % 10000;
    const MemoryClock clock(rate, mhz);
    const Cycles cycle(random() % 1000000000);
    const Clocks first = clock.first_edge(cycle);
    const Clocks last = clock.last_edge(cycle);
    ASSERT_GE(clock.cycle_at(first), cycle) << "seed " << seed;
    ASSERT_LE(clock.cycle_at(last), cycle) << "seed " << seed;
    ASSERT_LE(first.count() - last.count(), 1u) << "seed " << seed;
    if (first > Clocks(0)) {
      ASSERT_LE(clock.cycle_at(first - Clocks(1)), cycle) << "seed " << seed;
    }
    ASSERT_GE(clock.last_edge(clock.cycle_at(first)), first) << "seed " << seed;
  }
}

}  // namespace
}  // namespace tablewalk::memory_clock_test
