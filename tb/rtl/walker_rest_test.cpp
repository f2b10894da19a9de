// The RTL walker after a reset, and its signals quiet and idle.
#include <gtest/gtest.h>

#include "rtl/four_slots.h"

namespace tablewalk::test::walker_rest_test {
namespace {

using Bench = FourSlots;

TEST(RtlWalkerAtRest, AResetForgetsEverything) {
  for (unsigned cycles = 1; cycles < 14; ++cycles) {
    Bench bench;
    bench.ask_later(0, page_a);
    bench.ask_later(1, page_a);
    bench.ask_later(2, page_b);
    bench.tick(cycles);
    bench.requests.clear();
    bench.taken.clear();
    bench.answers.clear();
    bench.reset();
    EXPECT_TRUE(bench.idle());
    EXPECT_TRUE(bench.request_ready());
    bench.presented.clear();
    const RtlAnswer answer = bench.ask(0, page_a);
    EXPECT_EQ(answer.page, frame_a);
    EXPECT_EQ(bench.presented.size(), 4u) << "the walk caches are empty after a reset";
  }
}

/// A slot of zeros has no walk in progress, nor has one that was reset.
TEST(RtlWalkerAtRest, TheFirstRequestAfterAResetMayBeAllZeros) {
  for (const bool was_busy : {false, true}) {
    Bench bench("radix:9,9,9,9/12@8");
    if (was_busy) {
      bench.ask_later(0, page_a);
      bench.tick(5);
      bench.taken.clear();
      bench.reset();
      bench.events = {};
    }
    bench.pins().req_controls_i = 0;
    RtlRequest zeros = request(0, 0);
    zeros.root = 0;
    bench.requests.push_back(zeros);
    ASSERT_TRUE(bench.finish(1000)) << was_busy;
    ASSERT_EQ(bench.answers.size(), 1u);
    EXPECT_EQ(bench.answers[0].fault, rtl::fault_code(FaultReason::NotPresent));
    EXPECT_EQ(bench.events.walks, 1u);
  }
}

/// With merged requests, an update, and accesses from before an invalidation.
TEST(RtlWalkerAtRest, OutputsComeFromRegistersAlone) {
  Bench bench;
  bench.looks_between_edges = true;
  LeafSpec clean;
  clean.dirty = false;
  bench.tables.map(page_a, frame_a, clean);
  unsigned access = 0;
  bench.latency = [&] { return 1 + 7 * (++access % 3); };
  for (unsigned round = 0; round < 20; ++round) {
    bench.ask_later(0, page_a, load);
    bench.ask_later(1, page_a, store);
    bench.ask_later(2, page_b);
    bench.tick(round);
    bench.invalidation = RtlInvalidation{};
    ASSERT_TRUE(bench.finish());
  }
}

TEST(RtlWalkerAtRest, IsQuietWhileMemoryWorksAndAfterwards) {
  Bench bench;
  bench.latency = [] { return 30u; };
  bench.ask_later(0, page_a);
  bench.tick(5);
  EXPECT_TRUE(bench.quiet());
  EXPECT_FALSE(bench.idle());
  bench.tick(20);
  EXPECT_TRUE(bench.quiet());
  ASSERT_TRUE(bench.finish());
  bench.tick(2);
  EXPECT_TRUE(bench.quiet());
  EXPECT_TRUE(bench.idle());
}

/// What is shown is taken without a further input: a memory request, and an answer.
TEST(RtlWalkerAtRest, RestsWhileAMemoryRequestIsShown) {
  Bench bench;
  bench.latency = [] { return 30u; };
  EXPECT_TRUE(bench.rests());
  bench.ask_later(0, page_a);
  bench.tick(1);
  EXPECT_FALSE(bench.rests()) << "it looks up the walk caches in this cycle";
  bench.tick(1);
  EXPECT_TRUE(bench.pins().mem_req_valid_o);
  EXPECT_TRUE(bench.rests());
  EXPECT_FALSE(bench.quiet());
  ASSERT_TRUE(bench.finish());
  EXPECT_TRUE(bench.rests());
}

/// It closes its slot in the cycle of its answer.
TEST(RtlWalkerAtRest, DoesNotRestWhileASlotCloses) {
  Bench bench;
  bench.ask_later(0, page_a);
  for (unsigned i = 0; i < 100 && !bench.pins().rsp_valid_o; ++i) bench.tick();
  ASSERT_TRUE(bench.pins().rsp_valid_o);
  EXPECT_FALSE(bench.rests());
}

/// Its walk was restarted, so that the response will be dropped.
TEST(RtlWalkerAtRest, IsNotIdleWhileAnAccessOfBeforeARestartIsUnderWay) {
  Bench bench;
  bench.looks_between_edges = true;  // nor in the cycle in which it is answered
  bool first = true;
  bench.latency = [&] { return std::exchange(first, false) ? 60u : 1u; };
  bench.ask_later(0, page_a);
  bench.tick(4);
  bench.invalidation = RtlInvalidation{};
  for (unsigned i = 0; i < 40 && bench.answers.empty(); ++i) bench.tick();
  ASSERT_EQ(bench.answers.size(), 1u);
  bench.tick(3);
  EXPECT_TRUE(bench.quiet());
  EXPECT_FALSE(bench.idle());
  bench.tick(60);
  EXPECT_TRUE(bench.idle());
}

/// Two stores were replayed after the walk of a load. One has its slot, the others are busy.
TEST(RtlWalkerAtRest, IsQuietWhileARequestThatWasSentBackWaitsForASlot) {
  Bench bench;
  LeafSpec clean;
  clean.dirty = false;
  bench.tables.map(page_a, frame_a, clean);
  unsigned access = 0;
  bench.latency = [&] {
    ++access;
    const bool of_the_load = access == 1 || (access > 4 && access <= 7);
    return of_the_load ? 8u : 300u;
  };
  bench.ask_later(0, page_a, load);
  bench.ask_later(1, page_a, store);
  bench.ask_later(2, page_a, store);
  for (unsigned id = 3; id < 6; ++id) bench.ask_later(id, page_a + id * 0x8000000000);
  bench.tick(80);
  EXPECT_EQ(bench.answers.size(), 1u);
  EXPECT_EQ(bench.events.replays, 2u);
  EXPECT_EQ(bench.events.walks, 5u);
  EXPECT_FALSE(bench.request_ready());
  EXPECT_TRUE(bench.quiet());
  EXPECT_TRUE(bench.rests());
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.answers.size(), 6u);
}

}  // namespace
}  // namespace tablewalk::test::walker_rest_test
