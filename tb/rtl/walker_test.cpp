// The RTL walker: timing of single events and of simultaneous ones.
#include <gtest/gtest.h>

#include "rtl/four_slots.h"

namespace tablewalk::test::walker_test {
namespace {

using Bench = FourSlots;

TEST(RtlWalker, ASlotTakesARequestInTheCycleAfterItsAnswerWasTaken) {
  Bench bench;
  for (unsigned id = 0; id < 5; ++id) bench.ask_later(id, page_a + id * 0x40000000);
  bench.latency = [] { return 20u; };
  bench.tick(4);
  EXPECT_FALSE(bench.request_ready());
  while (bench.answers.empty()) {
    EXPECT_FALSE(bench.request_ready());
    bench.tick();
  }
  EXPECT_TRUE(bench.request_ready());
  const std::uint64_t first_answered = bench.answers[0].taken;
  bench.tick();
  EXPECT_EQ(bench.taken.at(4), first_answered + 1);
}

TEST(RtlWalker, ADeepWalkCacheEntryLeavesOneRead) {
  Bench bench;
  bench.ask(0, page_a);
  bench.presented.clear();
  const std::uint64_t start = bench.cycle;
  const RtlAnswer answer = bench.ask(1, page_b);
  EXPECT_EQ(answer.stood, start + 2 + 2);
  EXPECT_EQ(answer.page, frame_b);
  EXPECT_EQ(bench.presented.size(), 1u);
  EXPECT_EQ(bench.events.hits[1], 1u);
  EXPECT_EQ(bench.events.hits[2], 1u);
  EXPECT_EQ(bench.events.lookups, 2u);
}

TEST(RtlWalker, AWalkCacheHitOfAnotherAddressSpaceDoesNotCount) {
  Bench bench;
  bench.ask(0, page_a, load, 7);
  bench.presented.clear();
  bench.ask(1, page_a, load, 8);
  EXPECT_EQ(bench.presented.size(), 4u);
}

TEST(RtlWalker, TheLeastRecentlyUsedPointerLeavesAFullSet) {
  Bench bench;
  // Level 1 has four sets of four: five regions of 2 MiB, 8 MiB apart, map to one set.
  const auto va = [](unsigned region) { return std::uint64_t{region} * 0x800000; };
  for (unsigned region = 0; region < 5; ++region) bench.tables.map(va(region), frame_a);
  for (unsigned region = 0; region < 4; ++region) bench.ask(region, va(region));
  bench.ask(0, va(0));  // used again: region 1 is the oldest now
  bench.ask(4, va(4));
  bench.events = {};
  bench.ask(0, va(0));
  EXPECT_EQ(bench.events.hits[1], 1u);
  bench.ask(1, va(1));
  EXPECT_EQ(bench.events.hits[1], 1u) << "region 1 should have left";
  bench.ask(3, va(3));
  EXPECT_EQ(bench.events.hits[1], 2u);
}

TEST(RtlWalker, TwoRequestsForOnePageAreOneWalkWithTwoAnswers) {
  Bench bench;
  bench.latency = [] { return 7u; };
  bench.ask_later(0, page_a);
  bench.ask_later(1, page_a);
  ASSERT_TRUE(bench.finish());
  ASSERT_EQ(bench.answers.size(), 2u);
  EXPECT_EQ(bench.answers[0].id, 0u);
  EXPECT_EQ(bench.answers[1].id, 1u);
  EXPECT_EQ(bench.answers[1].stood, bench.answers[0].stood + 1);
  EXPECT_EQ(bench.answers[1].page, frame_a);
  EXPECT_EQ(bench.presented.size(), 4u);
  EXPECT_EQ(bench.events.walks, 1u);
  EXPECT_EQ(bench.events.merges, 1u);
  EXPECT_EQ(bench.events.done, 1u);
}

TEST(RtlWalker, JoinedRequestsAreAnsweredInTheOrderInWhichTheyJoined) {
  Bench bench;
  bench.latency = [] { return 7u; };
  for (unsigned id : {5u, 2u, 9u, 0u, 15u}) bench.ask_later(id, page_a);
  ASSERT_TRUE(bench.finish());
  std::vector<unsigned> order;
  for (const RtlAnswer& answer : bench.answers) order.push_back(answer.id);
  EXPECT_EQ(order, (std::vector<unsigned>{5, 2, 9, 0, 15}));
}

TEST(RtlWalker, RequestsOfOtherAddressSpacesDoNotJoin) {
  Bench bench;
  bench.latency = [] { return 7u; };
  bench.ask_later(0, page_a, load, 1);
  bench.ask_later(1, page_a, load, 2);
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.events.walks, 2u);
}

TEST(RtlWalker, AStoreThatJoinedALoadOnACleanPageWalksForItself) {
  Bench bench;
  LeafSpec clean;
  clean.dirty = false;
  bench.tables.map(page_a, frame_a, clean);
  bench.latency = [] { return 7u; };
  bench.ask_later(0, page_a, load);
  bench.ask_later(1, page_a, store);
  bench.ask_later(2, page_a, load);
  ASSERT_TRUE(bench.finish());
  ASSERT_EQ(bench.answers.size(), 3u);
  EXPECT_FALSE(bench.answer_to(0)->dirty);
  EXPECT_TRUE(bench.answer_to(1)->dirty);
  EXPECT_EQ(bench.answers[2].id, 1u) << "the load that joined later is served by the first walk";
  EXPECT_EQ(bench.events.replays, 1u);
  EXPECT_EQ(bench.events.walks, 2u);
  EXPECT_EQ(bench.events.updates, 1u);
}

TEST(RtlWalker, RequestsThatAnAnswerDoesNotServeDoNotJoinItsWalkAgain) {
  Bench bench;
  LeafSpec read_only;
  read_only.rights.write = false;
  bench.tables.map(page_a, frame_a, read_only);
  bench.latency = [] { return 9u; };
  bench.ask_later(0, page_a, load);
  for (unsigned id = 1; id < 6; ++id) bench.ask_later(id, page_a, store);
  ASSERT_TRUE(bench.finish(1000));
  for (unsigned id = 1; id < 6; ++id) EXPECT_EQ(bench.answer_to(id)->fault, permission);
}

TEST(RtlWalker, APermissionFaultIsNotShared) {
  Bench bench;
  LeafSpec read_only;
  read_only.rights.write = false;
  bench.tables.map(page_a, frame_a, read_only);
  bench.latency = [] { return 7u; };
  bench.ask_later(0, page_a, store);
  bench.ask_later(1, page_a, load);
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.answer_to(0)->fault, permission);
  EXPECT_EQ(bench.answer_to(1)->fault, 0u);
  EXPECT_EQ(bench.events.faults, 1u);
}

TEST(RtlWalker, AMissingPageIsMissingForEverybody) {
  Bench bench;
  bench.latency = [] { return 7u; };
  bench.ask_later(0, 0x50000000, store);
  bench.ask_later(1, 0x50000000, load);
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.answer_to(0)->fault, 11u);
  EXPECT_EQ(bench.answer_to(1)->fault, 11u);
  EXPECT_EQ(bench.events.walks, 1u);
  EXPECT_NE(bench.answer_to(0)->fault_address, 0u);
}

TEST(RtlWalker, ANonCanonicalAddressIsAnsweredWithoutARead) {
  Bench bench;
  const RtlAnswer answer = bench.ask(0, std::uint64_t{1} << 50);
  EXPECT_EQ(answer.fault, 12u);
  EXPECT_EQ(answer.stood, 2u);
  EXPECT_TRUE(bench.presented.empty());
}

TEST(RtlWalker, OneWalkDoesNotHoldAnotherBack) {
  Bench bench;
  std::deque<unsigned> latencies{100, 1};
  bench.latency = [&] {
    const unsigned next = latencies.empty() ? 1 : latencies.front();
    if (!latencies.empty()) latencies.pop_front();
    return next;
  };
  bench.ask_later(0, page_a);
  bench.ask_later(1, page_a + 0x8000000000);
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.answers[0].id, 1u);
  EXPECT_GT(bench.answers[1].stood, 100u);
}

TEST(RtlWalker, TheOldestWalkAsksMemoryFirst) {
  Bench bench;
  bool ready = false;
  bench.latency = [] { return 50u; };
  bench.memory_ready = [&] { return ready; };
  for (unsigned id = 0; id < 4; ++id) bench.ask_later(id, page_a + id * 0x8000000000);
  bench.tick(10);
  EXPECT_EQ(bench.presented.size(), 1u);
  std::vector<unsigned> slots;
  ready = true;
  while (slots.size() < 4) {
    if (bench.pins().mem_req_valid_o) slots.push_back(bench.pins().mem_req_tag_o & 3u);
    bench.tick();
  }
  EXPECT_EQ(slots, (std::vector<unsigned>{0, 1, 2, 3}));
}

TEST(RtlWalker, AMemoryErrorEndsTheWalk) {
  Bench bench;
  bench.fails = [&] { return bench.presented.size() == 3; };
  const RtlAnswer answer = bench.ask(0, page_a);
  EXPECT_EQ(answer.fault, rtl::read_failed);
  EXPECT_EQ(answer.level, 1u);
}

/// A page beyond physical memory is detected after the permission check, so another access may be forbidden first.
TEST(RtlWalker, AFaultOfAPageBeyondPhysicalAddressesIsNotShared) {
  PagingControls controls;
  controls.riscv.physical_bits = 32;
  Bench bench("sv39", controls);
  LeafSpec read_only;
  read_only.rights.write = false;
  bench.tables.map(page_a, std::uint64_t{1} << 40, read_only);
  bench.latency = [] { return 7u; };
  bench.ask_later(0, page_a, load);
  bench.ask_later(1, page_a, store);
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.answer_to(0)->fault, rtl::fault_code(FaultReason::OutOfMemory));
  EXPECT_EQ(bench.answer_to(1)->fault, permission);
  EXPECT_EQ(bench.events.replays, 1u);
}

TEST(RtlWalker, ARequestThatJoinedAWalkWhoseReadFailedReadsForItself) {
  Bench bench;
  bool failed = false;
  bench.fails = [&] { return !std::exchange(failed, true); };
  bench.ask_later(0, page_a);
  bench.ask_later(1, page_a);
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.events.merges, 1u);
  EXPECT_EQ(bench.answer_to(0)->fault, rtl::read_failed);
  EXPECT_EQ(bench.answer_to(1)->fault, 0u);
  EXPECT_EQ(bench.answer_to(1)->page, frame_a);
}

TEST(RtlWalker, ARetryAsksTheSameAgainInTheNextCycle) {
  Bench bench;
  unsigned refusals = 2;
  bench.retries = [&] { return refusals > 0 && refusals-- > 0; };
  const RtlAnswer answer = bench.ask(0, page_a);
  EXPECT_EQ(answer.page, frame_a);
  EXPECT_EQ(bench.presented.size(), 6u);
  EXPECT_EQ(answer.stood, 2u + 6 * 2);
}

TEST(RtlWalker, AnUpdateIsToldAfterItsSwapWasAnswered) {
  Bench bench;
  LeafSpec unused;
  unused.accessed = false;
  bench.tables.map(page_a, frame_a, unused);
  bench.latency = [] { return 5u; };
  bench.ask_later(0, page_a);
  for (unsigned i = 0; i < 100 && bench.presented.size() < 5; ++i) bench.tick();
  bench.tick(2);
  EXPECT_EQ(bench.events.reads[0], 1u);
  EXPECT_EQ(bench.events.updates, 0u) << "it is under way";
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.presented.size(), 5u);
  EXPECT_EQ(bench.events.updates, 1u);
}

TEST(RtlWalker, AnUpdateThatCameTooLateLooksAgain) {
  Bench bench;
  LeafSpec fresh;
  fresh.accessed = fresh.dirty = false;
  bench.tables.map(page_a, frame_a, fresh);
  bench.latency = [] { return 5u; };
  const PhysicalAddress leaf = bench.tables.leaf_of(page_a);
  bench.ask_later(0, page_a, store);
  while (bench.pins().mem_req_op_o == 0 || !bench.pins().mem_req_valid_o) bench.tick();
  // Software moves the page in between.
  bench.memory.write(leaf, 8, bench.mode->encode_leaf(PhysicalAddress(frame_b), bench.mode->page_sizes()[0], fresh));
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.answers[0].page, frame_b);
  EXPECT_TRUE(bench.answers[0].dirty);
  EXPECT_EQ(bench.events.updates, 2u);
  EXPECT_EQ(bench.memory.read(leaf, 8), bench.answers[0].entry);
}

// Invalidations. The page moves from frame a to frame b, and the walker is notified.

struct Change {
  const char* name;
  RtlInvalidation invalidation;
  bool concerns;
};

class Invalidations : public testing::TestWithParam<Change> {};

/// In every cycle of a walk with merged requests: no response that becomes valid after the invalidation may be stale.
TEST_P(Invalidations, NoAnswerIsOfTablesThatWereInvalidatedBefore) {
  // That of another space's page affects walks, since pages may be global, but not the pointers of this space.
  const bool forgets = GetParam().invalidation.asid.value_or(5) == 5 && GetParam().concerns;
  for (unsigned latency : {1u, 4u}) {
    for (std::uint64_t at = 0; at < 30; ++at) {
      Bench bench;
      bench.latency = [latency] { return latency; };
      for (unsigned id = 0; id < 4; ++id) bench.ask_later(id, page_a, load, 5);
      bench.tick(at);
      bench.tables.move_table(page_a, frame_b);
      bench.invalidation = GetParam().invalidation;
      const std::uint64_t invalidated = bench.cycle;
      ASSERT_TRUE(bench.finish());
      ASSERT_EQ(bench.answers.size(), 4u);
      if (forgets) {
        EXPECT_EQ(bench.ask(0, page_a, load, 5).page, frame_b) << "latency " << latency << " at " << at;
      }
      for (const RtlAnswer& answer : bench.answers) {
        if (forgets && answer.stood > invalidated + 1) {
          EXPECT_EQ(answer.page, frame_b) << "latency " << latency << " at " << at;
        }
      }
    }
  }
}

TEST_P(Invalidations, RestartJustTheWalksThatTheyConcern) {
  Bench bench;
  bench.latency = [] { return 10u; };
  bench.ask_later(0, page_a, load, 5);
  bench.tick(8);
  bench.invalidation = GetParam().invalidation;
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.events.restarts, GetParam().concerns ? 1u : 0u);
  EXPECT_EQ(bench.presented.size(), GetParam().concerns ? 5u : 4u);
}

INSTANTIATE_TEST_SUITE_P(Scopes, Invalidations,
                         testing::Values(Change{"everything", {true, {}, {}}, true},
                                         Change{"space", {false, 5, {}}, true},
                                         Change{"page", {false, 5, page_a}, true},
                                         Change{"near_page", {false, 5, page_b}, true},
                                         Change{"page_of_another_space", {false, 6, page_a}, true},
                                         Change{"page_of_every_space", {false, {}, page_a}, true},
                                         Change{"neither_space_nor_page", {false, {}, {}}, true},
                                         Change{"another_space", {false, 6, {}}, false},
                                         Change{"far_page", {false, 5, page_a + 0x8000000000}, false}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(RtlWalker, ARestartedWalkGoesOnWhileItsOldAccessesAreUnanswered) {
  Bench bench;
  bench.latency = [] { return 40u; };
  bench.ask_later(0, page_a);
  bench.tick(5);
  for (unsigned i = 0; i < 3; ++i) {
    bench.invalidation = RtlInvalidation{};
    bench.tick(4);
  }
  EXPECT_EQ(bench.presented.size(), 4u);
  // All four tags of the slot are in use: the next restart waits for one.
  bench.invalidation = RtlInvalidation{};
  bench.tick(10);
  EXPECT_EQ(bench.presented.size(), 4u);
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.answers[0].page, frame_a);
  EXPECT_EQ(bench.events.restarts, 4u);
}

TEST(RtlWalker, ASlotWhoseAnswerIsNotTakenTakesNoRequest) {
  Bench bench;
  bench.answer_ready = [] { return false; };
  for (unsigned id = 0; id < 4; ++id) bench.ask_later(id, page_a + id * 0x8000000000);
  bench.tick(60);
  EXPECT_EQ(bench.pins().rsp_valid_o, 1);
  EXPECT_FALSE(bench.request_ready());
  bench.answer_ready = [] { return true; };
  bench.tick();
  EXPECT_TRUE(bench.request_ready());
}

TEST(RtlWalker, AWalkThatWaitsForTheMemoryPortIsRestartedToo) {
  Bench bench;
  bench.tables.map(page_a + 0x8000000000, frame_b);
  bool ready = true;
  bench.memory_ready = [&] { return ready; };
  bench.latency = [] { return 6u; };
  bench.ask_later(0, page_a);
  bench.ask_later(1, page_a + 0x8000000000);
  bench.tick(6);
  ready = false;
  bench.tick(8);  // both have read a pointer; one request is presented, the other walk waits for the port
  EXPECT_EQ(bench.presented.size(), 3u);
  bench.invalidation = RtlInvalidation{};
  bench.tick(2);
  EXPECT_EQ(bench.events.restarts, 2u);
  ready = true;
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.answer_to(0)->page, frame_a);
  EXPECT_EQ(bench.answer_to(1)->page, frame_b);
  // Three from before, one of them dropped, and four for each.
  EXPECT_EQ(bench.presented.size(), 3u + 8);
}

/// The walk has reported to its own request that the page is absent, the response is not accepted, and another request
/// is merged with it: the invalidation ends the walk with its fault, and the other request walks again.
TEST(RtlWalker, AFaultedWalkThatAnInvalidationEndsIsAFaultStill) {
  Bench bench;
  const std::uint64_t nowhere = page_a + 0x8000000000;
  bool taken = false;
  bench.answer_ready = [&] { return taken; };
  bench.ask_later(0, nowhere);
  bench.ask_later(1, nowhere);
  bench.tick(12);
  EXPECT_EQ(bench.pins().rsp_valid_o, 1);
  EXPECT_EQ(bench.events.merges, 1u);
  EXPECT_EQ(bench.events.done, 0u);
  bench.invalidation = RtlInvalidation{};
  bench.tick(2);
  EXPECT_EQ(bench.events.done, 1u);
  EXPECT_EQ(bench.events.faults, 1u);
  EXPECT_EQ(bench.events.restarts, 0u) << "it has nobody to begin anew for";
  taken = true;
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.events.faults, 2u);
  EXPECT_EQ(bench.events.walks, 2u);
}

/// A walk with its result and a merged request still waiting, when in the cycle of the invalidation an older walk
/// responds with a fault.
TEST(RtlWalker, AWalkThatAnInvalidationEndsIsNoFaultBecauseAnotherIs) {
  Bench bench;
  bool first = true;
  bench.latency = [&] { return std::exchange(first, false) ? 40u : 1u; };
  bool taken = false;
  bench.answer_ready = [&] { return taken; };
  bench.ask_later(0, page_a + 0x8000000000);
  bench.ask_later(1, page_a);
  bench.ask_later(2, page_a);
  bench.tick(60);
  EXPECT_EQ(bench.events.merges, 1u);
  EXPECT_EQ(bench.events.done, 0u);
  taken = true;
  bench.invalidation = RtlInvalidation{};
  bench.tick();
  EXPECT_EQ(bench.events.done, 2u);
  EXPECT_EQ(bench.events.faults, 1u);
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.events.done, 3u);
  EXPECT_EQ(bench.events.faults, 1u);
}

/// An access from before the restart is answered while the new walk waits for its update.
TEST(RtlWalker, AnAnswerForNobodyIsNoUpdate) {
  Bench bench;
  LeafSpec unused;
  unused.accessed = false;
  bench.tables.map(page_a, frame_a, unused);
  unsigned access = 0;
  bench.latency = [&] {
    ++access;
    return access == 1 ? 40u : access == 6 ? 80u : 1u;
  };
  bench.ask_later(0, page_a);
  bench.tick(5);
  bench.invalidation = RtlInvalidation{};
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.presented.size(), 6u);
  EXPECT_TRUE(bench.presented.back().update);
  EXPECT_EQ(bench.events.restarts, 1u);
  EXPECT_EQ(bench.events.updates, 1u);
}

TEST(RtlWalker, TheWalkCachesForgetWhatAnInvalidationCovers) {
  for (const bool covered : {true, false}) {
    Bench bench;
    bench.ask(0, page_a, load, 5);
    bench.invalidation = RtlInvalidation{false, covered ? 5 : 6, page_b};
    bench.tick();
    bench.presented.clear();
    bench.ask(1, page_a, load, 5);
    EXPECT_EQ(bench.presented.size(), covered ? 4u : 1u);
  }
}

}  // namespace
}  // namespace tablewalk::test::walker_test
