// The adapter for walkers like CVA6's, with the example walker behind it: alone, compared with the reference walk.
#include <gtest/gtest.h>

#include "Vcva6_sv32.h"
#include "Vcva6_sv39.h"
#include "Vcva6_sv48.h"
#include "rtl/random_case.h"
#include "rtl/small_tables.h"

namespace tablewalk::test::adapter_test {
namespace {

/// The control registers required by such a walker.
PagingControls plain_controls(std::uint32_t physical_bits) {
  PagingControls controls;
  controls.riscv.svadu = controls.riscv.svnapot = controls.riscv.svpbmt = false;
  controls.riscv.physical_bits = physical_bits;
  return controls;
}

struct Sv32 {
  using Model = Vcva6_sv32;
  static constexpr const char* mode = "sv32";
  static constexpr std::uint32_t physical_bits = 34;
};
struct Sv39 {
  using Model = Vcva6_sv39;
  static constexpr const char* mode = "sv39";
  static constexpr std::uint32_t physical_bits = 56;
};
struct Sv48 {
  using Model = Vcva6_sv48;
  static constexpr const char* mode = "sv48";
  static constexpr std::uint32_t physical_bits = 40;
};

struct BuildNames {
  template <class Build>
  static std::string GetName(int) {
    return Build::mode;
  }
};
using Builds = testing::Types<Sv32, Sv39, Sv48>;

constexpr std::uint64_t page_a = 0x40001000;
constexpr std::uint64_t page_b = 0x40002000;
constexpr std::uint64_t frame_a = 0xA00000;
constexpr unsigned page_fault = 14;
constexpr unsigned out_of_range = 8;

/// Two pages, of which the second is not mapped.
template <class Build>
struct Bench : WalkerBench<typename Build::Model> {
  Bench()
      : WalkerBench<typename Build::Model>(Build::mode, plain_controls(Build::physical_bits)),
        tables(*this->mode, this->memory) {
    tables.map(page_a, frame_a);
  }
  /// Runs until the expected memory request is valid.
  void until_presented(std::size_t count) {
    for (unsigned i = 0; i < 1000 && this->presented.size() < count; ++i) this->tick();
    ASSERT_EQ(this->presented.size(), count);
  }
  SmallTables tables;
};

template <class Build>
class Cva6Adapter : public testing::Test {};
TYPED_TEST_SUITE(Cva6Adapter, Builds, BuildNames);

TYPED_TEST(Cva6Adapter, AWalkOfKReadsOfMCyclesStandsAnsweredTwoCyclesAndThreeMoreForEachReadLater) {
  for (const unsigned memory : {1u, 2u, 5u, 50u}) {
    Bench<TypeParam> bench;
    bench.latency = [memory] { return memory; };
    bench.requests.push_back(request(3, page_a));
    const std::uint64_t reads = bench.mode->levels();
    const std::uint64_t stands = 2 + reads * (memory + 3);
    bench.tick(stands - 1);
    EXPECT_EQ(bench.pins().rsp_valid_o, 0) << "one cycle early";
    bench.tick();
    EXPECT_EQ(bench.pins().rsp_valid_o, 1);
    EXPECT_EQ(bench.pins().req_ready_o, 0);
    bench.tick();
    EXPECT_EQ(bench.pins().req_ready_o, 1) << "the next request is taken in the cycle after the answer was";
    ASSERT_EQ(bench.answers.size(), 1u);
    EXPECT_EQ(bench.answers[0].stood, stands);
    EXPECT_EQ(bench.answers[0].page, frame_a);
    ASSERT_EQ(bench.presented.size(), reads);
    for (std::uint64_t read = 0; read < reads; ++read) {
      EXPECT_EQ(bench.presented[read].cycle, 3 + read * (memory + 3));
    }
  }
}

TYPED_TEST(Cva6Adapter, APageFaultTakesOneCycleMore) {
  Bench<TypeParam> bench;
  const RtlAnswer answer = bench.ask(1, page_b);
  EXPECT_EQ(answer.fault, page_fault);
  EXPECT_EQ(answer.stood, 2u + bench.mode->levels() * 4 + 1);
}

/// The difference from the reference walk; for faults such a walker reports only the class.
std::string class_difference(const RtlAnswer& answer, const WalkOutcome& expected) {
  const FaultReason reason = expected.translated ? FaultReason::None : expected.fault.reason;
  if (answer.fault == page_fault && tells(FaultReason::PageFault, reason)) return {};
  if (answer.fault == out_of_range && reason == FaultReason::OutOfMemory) return {};
  if (expected.translated && answer.fault == 0 && answer.dirty != expected.translation.dirty) return "dirty";
  return difference(answer, expected, false);  // a pointer's G is in the entry too
}

PagingControls random_plain_controls(Dice& dice, std::uint32_t physical_bits) {
  PagingControls controls = plain_controls(physical_bits);
  controls.riscv.sum = dice.chance(50);
  controls.riscv.mxr = dice.chance(50);
  return controls;
}

TYPED_TEST(Cva6Adapter, RandomWalksEqualTheReferenceWalkByClassOfFault) {
  std::array<unsigned, 16> endings{};
  unsigned restarts = 0;
  for (const std::uint64_t seed : printed_seeds(300)) {
    Dice dice(seed);
    Case<TypeParam> one(TypeParam::mode, random_plain_controls(dice, TypeParam::physical_bits), dice);
    make_neighbours_difficult(one);
    std::vector<RtlRequest> asked;
    run_together(one, asked, 60);
    if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed;
    std::array<std::deque<RtlAnswer>, 16> answers;
    for (const RtlAnswer& answer : one.answers) answers[answer.id].push_back(answer);
    for (const RtlRequest& question : asked) {
      const RtlAnswer answer = answers[question.id].front();
      answers[question.id].pop_front();
      ASSERT_EQ(class_difference(answer, one.reference(question)), "") << "seed " << seed << ": " << one.text(question);
      ++endings[answer.fault];
    }
    ASSERT_EQ(one.events.walks, 60u);
    ASSERT_EQ(one.events.done, 60u);
    ASSERT_EQ(one.pins().violation_o, 0);
    restarts += one.events.restarts;
  }
  EXPECT_GT(restarts, 100u);
  std::vector<unsigned> met{0, 4, page_fault, 12};
  if (TypeParam::physical_bits == 40) met.push_back(out_of_range);
  for (const unsigned fault : met) EXPECT_GT(endings[fault], 20u) << "fault " << fault;
}

/// A bench that stops the clock while nothing can happen sees the same responses in the same cycles.
TYPED_TEST(Cva6Adapter, CyclesThatAreQuietMayBeSkipped) {
  std::uint64_t skipped = 0;
  for (const std::uint64_t seed : printed_seeds(40)) {
    std::array<std::vector<RtlAnswer>, 2> answers;
    for (const bool skips : {false, true}) {
      Dice dice(seed);
      Case<TypeParam> one(TypeParam::mode, random_plain_controls(dice, TypeParam::physical_bits), dice);
      make_neighbours_difficult(one);
      one.skips_quiet_cycles = skips;
      std::vector<RtlRequest> asked;
      run_together(one, asked, 60);
      answers[skips ? 1 : 0] = one.answers;
      skipped += one.skipped_cycles;
    }
    ASSERT_EQ(answers[0].size(), answers[1].size());
    for (std::size_t i = 0; i < answers[0].size(); ++i) {
      ASSERT_EQ(answers[0][i].id, answers[1][i].id) << "seed " << seed;
      ASSERT_EQ(answers[0][i].taken, answers[1][i].taken) << "seed " << seed;
    }
  }
  EXPECT_GT(skipped, 1000u);
}

/// Flushes in each cycle of the walk in turn: the walk must restart and see the current tables.
TYPED_TEST(Cva6Adapter, AfterAnInvalidationInAnyCycleTheWalkIsAskedForAgain) {
  const std::uint64_t last = 1 + Bench<TypeParam>().mode->levels() * 6;  // the response is valid in the next cycle
  for (std::uint64_t when = 0; when <= last + 1; ++when) {
    Bench<TypeParam> bench;
    bench.latency = [] { return 3u; };
    bench.requests.push_back(request(5, page_a));
    bench.tick(when);
    bench.tables.map(page_a, frame_a + 0x1000);
    bench.invalidation = RtlInvalidation{};
    bench.tick();
    ASSERT_TRUE(bench.finish(200)) << "cycle " << when;
    ASSERT_EQ(bench.answers.size(), 1u);
    // In the cycle of a response it is too late: the TLBs drop a response that arrives then.
    const bool too_late = when >= last;
    EXPECT_EQ(bench.answers[0].page, frame_a + (too_late ? 0 : 0x1000)) << "cycle " << when;
    // Before the walker has the request there is nothing to flush.
    EXPECT_EQ(bench.events.restarts, when >= 2 && !too_late ? 1u : 0u) << "cycle " << when;
    EXPECT_EQ(bench.events.done, 1u);
    EXPECT_EQ(bench.pins().violation_o, 0) << "cycle " << when;
  }
}

TYPED_TEST(Cva6Adapter, AnEntryThatMemoryFailsToReadEndsTheWalk) {
  constexpr std::uint64_t leaf = 0xFF;
  constexpr std::uint64_t pointer_to_the_root = 0x401;
  for (const std::uint64_t beside : {leaf, pointer_to_the_root}) {
    Bench<TypeParam> bench;
    bench.beside_errors = beside;
    bench.fails = [] { return true; };
    EXPECT_EQ(bench.ask(2, page_a).fault, rtl::read_failed);
    EXPECT_EQ(bench.presented.size(), 1u) << "nothing is read because of what was not";
    bench.fails = [] { return false; };
    EXPECT_EQ(bench.ask(2, page_a).fault, 0u) << "the next is another matter";
  }
}

TYPED_TEST(Cva6Adapter, WhatTheWalkerLooksAtLateStandsStillWhateverTheInputsDo) {
  Bench<TypeParam> bench;
  LeafSpec read_only;
  read_only.rights.write = false;
  bench.tables.map(page_b, frame_a, read_only);
  bench.requests.push_back(request(1, page_b, {AccessKind::Store, true}));
  bench.until_presented(1);
  // Meanwhile a load is presented, which would be allowed.
  bench.requests.push_back(request(2, page_b, {AccessKind::Load, true}, 7));
  ASSERT_TRUE(bench.finish());
  ASSERT_EQ(bench.answers.size(), 2u);
  EXPECT_EQ(bench.answers[0].fault, page_fault);
  EXPECT_EQ(bench.answers[1].fault, 0u);
}

TYPED_TEST(Cva6Adapter, AResetInTheMiddleOfAWalkLeavesNothingBehind) {
  for (std::uint64_t when = 1; when < 16; ++when) {
    Bench<TypeParam> bench;
    bench.latency = [] { return 3u; };
    bench.requests.push_back(request(5, page_b));
    bench.tick(when);
    bench.taken.clear();
    bench.reset();
    bench.answers.clear();
    EXPECT_EQ(bench.ask(6, page_a).page, frame_a) << "cycle " << when;
  }
}

}  // namespace
}  // namespace tablewalk::test::adapter_test
