// The RTL walker with neighbours that apply back-pressure, or respond late, out of order, with errors, or not at all.
#include <gtest/gtest.h>

#include "Vwalker4.h"
#include "rtl/small_tables.h"
#include "rtl/walker_bench.h"

namespace tablewalk::test::walker_pressure_test {
namespace {

constexpr unsigned read_failed = 7;
constexpr std::uint64_t page_a = 0x40001000;
constexpr std::uint64_t frame_a = 0xA00000;

constexpr std::uint64_t far_page(std::uint64_t number) {
  return page_a + number * 0x8000000000;
}

/// Eight pages that share only the root table.
struct Bench : WalkerBench<Vwalker4> {
  explicit Bench(const std::string& mode_name = "x86-64") : WalkerBench(mode_name), tables(*mode, memory) {}
  void map_far_pages() {
    for (std::uint64_t number = 0; number < 8; ++number) tables.map(far_page(number), frame_a + (number << 12));
  }
  void ask_later(unsigned id, std::uint64_t va, Access access = {}) { requests.push_back(request(id, va, access)); }
  void expect_far_pages(unsigned count) {
    ASSERT_EQ(answers.size(), count);
    for (const RtlAnswer& answer : answers) {
      EXPECT_EQ(answer.fault, 0u);
      EXPECT_EQ(answer.page, frame_a + (std::uint64_t{answer.id} << 12));
    }
  }
  SmallTables tables;
};

// Every test of WalkerBench checks that valid outputs are stable.

TEST(RtlWalkerPressure, AMemoryRequestStandsForAsLongAsItIsNotAccepted) {
  Bench bench;
  bench.map_far_pages();
  bool ready = false;
  bench.memory_ready = [&] { return ready; };
  for (unsigned id = 0; id < 8; ++id) bench.ask_later(id, far_page(id));
  bench.tick(2000);
  ASSERT_EQ(bench.presented.size(), 1u);
  EXPECT_EQ(bench.presented[0].cycle, 2u);
  EXPECT_EQ(bench.pins().mem_req_valid_o, 1);
  EXPECT_FALSE(bench.request_ready()) << "four slots, four walks";
  ready = true;
  bench.tick();
  EXPECT_EQ(bench.pins().mem_req_valid_o, 1);
  bench.tick();
  ASSERT_EQ(bench.presented.size(), 2u);
  EXPECT_EQ(bench.presented[1].cycle, 2001u) << "accepted in 2000, the next in the cycle after";
  ASSERT_TRUE(bench.finish());
  bench.expect_far_pages(8);
}

TEST(RtlWalkerPressure, AnAnswerStandsForAsLongAsItIsNotTaken) {
  Bench bench;
  bench.map_far_pages();
  bool ready = false;
  bench.answer_ready = [&] { return ready; };
  for (unsigned id = 0; id < 8; ++id) bench.ask_later(id, far_page(id));
  bench.tick(2000);
  EXPECT_EQ(bench.pins().rsp_valid_o, 1);
  EXPECT_EQ(bench.presented.size(), 16u) << "the other walks came to their ends";
  EXPECT_FALSE(bench.request_ready());
  ready = true;
  bench.tick();
  EXPECT_EQ(bench.pins().rsp_valid_o, 1) << "taken in 2000, the next stands in the cycle after";
  EXPECT_TRUE(bench.request_ready()) << "and the slot is idle";
  ASSERT_TRUE(bench.finish());
  bench.expect_far_pages(8);
  EXPECT_EQ(bench.answers[0].taken, 2000u);
  EXPECT_EQ(bench.answers[1].taken, 2001u);
}

/// The first response, with merged ones behind it.
TEST(RtlWalkerPressure, ASlotIsNotIdleBeforeItsLastAnswerIsTaken) {
  Bench bench;
  bench.map_far_pages();
  bool ready = false;
  bench.answer_ready = [&] { return ready; };
  bench.ask_later(0, far_page(0));
  bench.ask_later(1, far_page(0));
  for (unsigned id = 2; id < 6; ++id) bench.ask_later(id, far_page(id));
  bench.tick(200);
  ready = true;
  bench.tick();
  EXPECT_FALSE(bench.request_ready()) << "its own answer is taken, the other stands";
  bench.tick();
  EXPECT_TRUE(bench.request_ready());
  EXPECT_EQ(bench.answers.size(), 2u);
  ASSERT_TRUE(bench.finish());
}

TEST(RtlWalkerPressure, ARequestStandsWhileNoSlotIsIdle) {
  Bench bench;
  bench.map_far_pages();
  bench.latency = [] { return 2000u; };
  for (unsigned id = 0; id < 8; ++id) bench.ask_later(id, far_page(id));
  bench.tick(1900);
  EXPECT_EQ(bench.taken.size(), 4u);
  EXPECT_TRUE(bench.quiet()) << "a request that stands wakes nobody";
  bench.latency = [] { return 1u; };
  ASSERT_TRUE(bench.finish());
  bench.expect_far_pages(8);
}

TEST(RtlWalkerPressure, MemoryAnswersInReverseOneCycleAfterTheOther) {
  Bench bench;
  bench.map_far_pages();
  // Presented in 2 to 5, answered in 23 to 20.
  std::deque<unsigned> latencies{21, 19, 17, 15};
  bench.latency = [&] {
    const unsigned next = latencies.empty() ? 100 : latencies.front();
    if (!latencies.empty()) latencies.pop_front();
    return next;
  };
  for (unsigned id = 0; id < 4; ++id) bench.ask_later(id, far_page(id));
  bench.tick(30);
  ASSERT_EQ(bench.presented.size(), 8u);
  for (unsigned i = 0; i < 4; ++i) {
    EXPECT_EQ(bench.presented[4 + i].cycle, 21u + i);
    EXPECT_EQ(bench.presented[4 + i].tag & 3u, 3 - i);
  }
  ASSERT_TRUE(bench.finish());
  bench.expect_far_pages(4);
}

TEST(RtlWalkerPressure, WalksOvertakeEachOtherAtEveryLevel) {
  for (const std::uint64_t seed : printed_seeds(50)) {
    Dice dice(seed);
    Bench bench;
    bench.map_far_pages();
    bench.latency = [&dice] { return dice.chance(20) ? dice.number(100, 400) : dice.number(1, 40); };
    for (unsigned id = 0; id < 8; ++id) bench.ask_later(id, far_page(id));
    ASSERT_TRUE(bench.finish());
    bench.expect_far_pages(8);
    if (testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

// Every mode, every access of a walk, including the update of accessed and dirty.

class EveryAccess : public testing::TestWithParam<const char*> {
 protected:
  struct OneWalk : Bench {
    explicit OneWalk(const char* mode_name) : Bench(mode_name) {
      tables.map(page_a, frame_a, {Rights{}, false, false, false});
      latency = [] { return 3u; };
    }
    RtlAnswer walk() { return ask(0, page_a, {AccessKind::Store, true}); }
  };
};

TEST_P(EveryAccess, ThatFailsEndsTheWalkAtItsEntry) {
  const unsigned accesses = make_paging_mode(GetParam())->levels() + 1;
  for (unsigned failing = 1; failing <= accesses; ++failing) {
    OneWalk bench(GetParam());
    bench.fails = [&] { return bench.presented.size() == failing; };
    const RtlAnswer answer = bench.walk();
    EXPECT_EQ(answer.fault, read_failed);
    EXPECT_EQ(answer.level, failing == accesses ? 0 : bench.mode->root_level() + 1 - failing);
    EXPECT_EQ(answer.fault_address, bench.presented.back().address);
    EXPECT_EQ(answer.stood, 2u + failing * 4) << "in the cycle after the error";
    EXPECT_EQ(bench.presented.size(), failing);
    EXPECT_EQ(bench.events.faults, 1u);
    bench.fails = [] { return false; };
    EXPECT_EQ(bench.walk().page, frame_a) << "and the next walk knows nothing of it";
  }
}

TEST_P(EveryAccess, ThatIsRefusedIsAskedForAgain) {
  const unsigned accesses = make_paging_mode(GetParam())->levels() + 1;
  for (unsigned refused = 1; refused <= accesses; ++refused) {
    for (const unsigned times : {1u, 2u, 9u}) {
      OneWalk bench(GetParam());
      bench.retries = [&] { return bench.presented.size() >= refused && bench.presented.size() < refused + times; };
      const RtlAnswer answer = bench.walk();
      EXPECT_EQ(answer.page, frame_a);
      EXPECT_EQ(answer.stood, 2u + (accesses + times) * 4);
      ASSERT_EQ(bench.presented.size(), accesses + times);
      for (unsigned again = refused; again < refused + times; ++again) {
        EXPECT_EQ(bench.presented[again].address, bench.presented[refused - 1].address);
        EXPECT_EQ(bench.presented[again].update, refused == accesses);
      }
      EXPECT_EQ(bench.events.updates, 1u) << "counted when it was done";
    }
  }
}

TEST_P(EveryAccess, ThatIsLateDelaysTheWalkByAsMuch) {
  const unsigned accesses = make_paging_mode(GetParam())->levels() + 1;
  for (unsigned late = 1; late <= accesses; ++late) {
    OneWalk bench(GetParam());
    bench.latency = [&] { return bench.presented.size() == late ? 300u : 3u; };
    EXPECT_EQ(bench.walk().stood, 2u + accesses * 4 + 297);
  }
}

/// Software changes the entry while its update is outstanding: the walk examines the new value.
TEST_P(EveryAccess, ThatWasOvertakenBySoftwareIsDecidedAfresh) {
  OneWalk bench(GetParam());
  const PhysicalAddress leaf = bench.tables.leaf_of(page_a);
  bench.ask_later(0, page_a, {AccessKind::Store, true});
  while (!(bench.pins().mem_req_valid_o && bench.pins().mem_req_op_o)) bench.tick();
  bench.memory.write(leaf, bench.mode->entry_bytes(), 0);
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.answers[0].fault, 11u) << "not present any more";
  EXPECT_EQ(bench.memory.read(leaf, bench.mode->entry_bytes()), 0u) << "and nothing was written";
}

INSTANTIATE_TEST_SUITE_P(Modes, EveryAccess,
                         testing::Values("x86-32", "x86-pae", "x86-64", "x86-64-la57", "sv32", "sv39", "sv48", "sv57",
                                         "radix:9,9,9,9/12@8"));

// Limited resources.

TEST(RtlWalkerPressure, EveryIdIsUnderWay) {
  Bench bench;
  bench.map_far_pages();
  bench.latency = [] { return 30u; };
  // Three walks; a request is accepted only while a slot is idle.
  for (unsigned id = 0; id < 16; ++id) bench.ask_later(id, far_page(id % 3));
  bench.tick(20);
  EXPECT_EQ(bench.taken.size(), 16u);
  EXPECT_TRUE(bench.request_ready());
  ASSERT_TRUE(bench.finish());
  ASSERT_EQ(bench.answers.size(), 16u);
  EXPECT_EQ(bench.events.walks, 3u);
  EXPECT_EQ(bench.events.merges, 13u);
  std::array<unsigned, 3> last{};
  for (const RtlAnswer& answer : bench.answers) {
    EXPECT_EQ(answer.page, frame_a + (std::uint64_t{answer.id % 3} << 12));
    EXPECT_GE(answer.id, last[answer.id % 3]) << "of one walk in the order in which they joined";
    last[answer.id % 3] = answer.id;
  }
}

TEST(RtlWalkerPressure, AnIdIsFreeInTheCycleAfterItsAnswerWasTaken) {
  Bench bench;
  bench.map_far_pages();
  bench.ask_later(0, far_page(0));
  while (bench.answers.empty()) bench.tick();
  bench.ask_later(0, far_page(1));
  bench.tick();
  EXPECT_EQ(bench.taken.at(0), bench.answers[0].taken + 1);
  ASSERT_TRUE(bench.finish());
  EXPECT_EQ(bench.answers[1].page, frame_a + 0x1000);
}

/// Fifteen requests not served by the first one's response cycle through the replay queue.
TEST(RtlWalkerPressure, EveryIdIsSentBack) {
  Bench bench;
  bench.tables.map(page_a, frame_a, {Rights{}, true, false, false});
  bench.latency = [] { return 30u; };
  bench.ask_later(0, page_a);
  for (unsigned id = 1; id < 16; ++id) bench.ask_later(id, page_a, {AccessKind::Store, true});
  ASSERT_TRUE(bench.finish());
  ASSERT_EQ(bench.answers.size(), 16u);
  EXPECT_EQ(bench.events.replays, 15u);
  EXPECT_EQ(bench.events.walks, 2u);
  EXPECT_EQ(bench.events.updates, 1u);
  for (unsigned id = 0; id < 16; ++id) EXPECT_EQ(bench.answers[id].id, id);
}

TEST(RtlWalkerPressure, AWalkWithoutATagLeftIsPresentedInTheCycleAfterAnOldAnswer) {
  Bench bench;
  bench.map_far_pages();
  std::deque<unsigned> latencies{100, 200, 300, 400};
  bench.latency = [&] {
    const unsigned next = latencies.empty() ? 1 : latencies.front();
    if (!latencies.empty()) latencies.pop_front();
    return next;
  };
  bench.ask_later(0, far_page(0));
  for (unsigned restart = 0; restart < 4; ++restart) {
    bench.tick(6);
    bench.invalidation = RtlInvalidation{};
  }
  // A walk of another slot is not delayed.
  bench.ask_later(1, far_page(1));
  bench.tick(78);
  ASSERT_EQ(bench.cycle, 102u);
  EXPECT_EQ(bench.answers.size(), 1u);
  EXPECT_EQ(bench.presented.size(), 4u + 4);
  // Presented in 2, answered in 102.
  EXPECT_EQ(bench.pins().mem_req_valid_o, 0);
  bench.tick(2);
  ASSERT_EQ(bench.presented.size(), 9u);
  EXPECT_EQ(bench.presented.back().cycle, 103u);
  EXPECT_EQ(bench.presented.back().tag, bench.presented.front().tag) << "the tag that came back";
  ASSERT_TRUE(bench.finish());
  bench.expect_far_pages(2);
}

}  // namespace
}  // namespace tablewalk::test::walker_pressure_test
