// The RTL walker compared with the reference walk: random tables, random controls, random requests.
#include <gtest/gtest.h>

#include "Vwalker1.h"
#include "Vwalker4.h"
#include "paging/walk_steps.h"
#include "rtl/random_case.h"

namespace tablewalk::test::walker_random_test {
namespace {

/// Modes that the walker of that name is built for; its radix split comes last.
struct Walker4 {
  using Model = Vwalker4;
  static std::vector<std::string> modes() {
    return {"x86-32", "x86-pae", "x86-64", "x86-64-la57", "sv32", "sv39", "sv48", "sv57", "radix:9,9,9,9/12@8"};
  }
};
struct Walker1 {
  using Model = Vwalker1;
  static std::vector<std::string> modes() { return {"x86-32", "x86-64", "sv39", "sv57", "radix:5,11,3/13@4"}; }
};

template <class Build>
class RandomWalks : public testing::Test {};

struct BuildNames {
  template <class Build>
  static std::string GetName(int) {
    return std::is_same_v<Build, Walker4> ? "FourSlots" : "OneSlot";
  }
};
using Builds = testing::Types<Walker4, Walker1>;
TYPED_TEST_SUITE(RandomWalks, Builds, BuildNames);

/// The address of the faulting entry, if one was read and the fault is its own.
template <class TheCase>
void expect_fault_address(const TheCase& with, const RtlRequest& asked, const RtlAnswer& answer) {
  const WalkSteps walked = walk_step_by_step(*with.mode, with.reference_memory, PhysicalAddress(asked.root),
                                             VirtualAddress(asked.va), asked.access);
  if (walked.outcome.translated || walked.steps.empty()) return;
  const WalkStep& last = walked.steps.back();
  if (last.level != walked.outcome.fault.level) return;
  ASSERT_EQ(answer.fault_address, last.entry_address.value()) << with.text(asked);
}

TYPED_TEST(RandomWalks, OneAfterTheOtherEqualTheReferenceWalk) {
  std::array<unsigned, 16> endings{};
  for (const std::uint64_t seed : printed_seeds(200)) {
    Dice dice(seed);
    const std::string mode = dice.pick(TypeParam::modes());
    Case<TypeParam> one(mode, rtl::random_controls(dice), dice);
    for (unsigned i = 0; i < 40; ++i) {
      const RtlRequest asked = one.next_request(i % 16);
      one.requests.push_back(asked);
      ASSERT_TRUE(one.finish()) << "seed " << seed << ": " << one.text(asked);
      const RtlAnswer& answer = one.answers.back();
      expect_fault_address(one, asked, answer);
      ASSERT_EQ(difference(answer, one.reference(asked)), "") << "seed " << seed << ": " << one.text(asked);
      ASSERT_TRUE(one.tables.same(one.memory, one.reference_memory)) << "seed " << seed << ": " << one.text(asked);
      ++endings[answer.fault];
    }
  }
  for (const unsigned fault : {0, 1, 2, 3, 4, 5, 6, 8, 11, 12}) EXPECT_GT(endings[fault], 0u) << "fault " << fault;
}

/// Ten thousand walks to leaves at address 0 that are larger than physical memory; each expected result is computed
/// independently here.
TYPED_TEST(RandomWalks, LeavesReachBeyondPhysicalMemory) {
  unsigned below = 0;
  unsigned beyond = 0;
  const auto seeds = printed_seeds(200);
  for (const std::uint64_t seed : seeds) {
    Dice dice(seed);
    PagingControls controls;
    controls.riscv.physical_bits = dice.number(16, 29);
    WalkerBench<typename TypeParam::Model> one(dice.pick<std::string>({"sv39", "sv57"}), controls);
    const PagingMode& mode = *one.mode;
    const unsigned leaf_level = controls.riscv.physical_bits < 21 && dice.chance(50) ? 1 : 2;
    const unsigned leaf_shift = 12 + 9 * leaf_level;
    for (unsigned i = 0; i < 50; ++i) {
      std::uint64_t va = dice.between(0, low_bits(38));
      if (dice.chance(50)) va &= ~low_bits(leaf_shift) | low_bits(controls.riscv.physical_bits);
      va &= ~low_bits(12);
      for (unsigned level = mode.root_level(); level >= leaf_level; --level) {
        const std::uint64_t table = 0x1000 * (mode.root_level() - level + 1);
        const std::uint64_t pointer = (table + 0x1000) >> 2 | 1;
        one.memory.write(mode.entry_address(level, PhysicalAddress(table), VirtualAddress(va)), 8,
                         level == leaf_level ? 0xDF : pointer);
      }
      const Access access{static_cast<AccessKind>(dice.number(0, 2)), true};
      one.requests.push_back(request(i % 16, va, access));
      ASSERT_TRUE(one.finish());
      const RtlAnswer& answer = one.answers.back();
      const std::uint64_t physical = va & low_bits(leaf_shift);
      const bool exists = physical >> controls.riscv.physical_bits == 0;
      ++(exists ? below : beyond);
      ASSERT_EQ(answer.fault, exists ? 0u : rtl::fault_code(FaultReason::OutOfMemory)) << "seed " << seed;
      if (!exists) continue;
      ASSERT_EQ(answer.page | (va & low_bits(answer.page_shift)), physical) << "seed " << seed;
      ASSERT_EQ(answer.page_shift, controls.riscv.physical_bits) << "seed " << seed;
      ASSERT_EQ(answer.level, leaf_level) << "seed " << seed;
    }
  }
  EXPECT_GT(below, 15 * seeds.size());
  EXPECT_GT(beyond, 15 * seeds.size());
}

TYPED_TEST(RandomWalks, TogetherEqualTheReferenceWalk) {
  RtlEvents all;
  for (const std::uint64_t seed : printed_seeds(150)) {
    Dice dice(seed);
    const std::string mode = dice.pick(TypeParam::modes());
    Case<TypeParam> one(mode, rtl::random_controls(dice), dice);
    make_neighbours_difficult(one);
    std::vector<RtlRequest> asked;
    run_together(one, asked, 100);
    if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed;
    // An id is reused only when free, so its responses come in the order of its requests.
    std::array<std::deque<RtlAnswer>, 16> answers;
    for (const RtlAnswer& answer : one.answers) answers[answer.id].push_back(answer);
    for (const RtlRequest& question : asked) {
      const RtlAnswer answer = answers[question.id].front();
      answers[question.id].pop_front();
      // Whether another walk has set the page's dirty bit depends on the order.
      ASSERT_EQ(difference(answer, one.reference(question), false), "")
          << "seed " << seed << ": " << one.text(question);
    }
    ASSERT_TRUE(one.tables.same(one.memory, one.reference_memory)) << "seed " << seed;
    EXPECT_EQ(one.events.walks, one.events.done);
    all.merges += one.events.merges;
    all.replays += one.events.replays;
    all.restarts += one.events.restarts;
    all.hits[1] += one.events.hits[1];
  }
  EXPECT_GT(all.restarts, 0u);
  if (!std::is_same_v<TypeParam, Walker4>) return;
  EXPECT_GT(all.merges, 0u);
  EXPECT_GT(all.replays, 0u);
  EXPECT_GT(all.hits[1], 0u);
}

/// A bench that stops the clock while nothing can happen sees the same responses in the same cycles.
TYPED_TEST(RandomWalks, CyclesThatAreQuietMayBeSkipped) {
  std::uint64_t skipped = 0;
  for (const std::uint64_t seed : printed_seeds(40)) {
    std::array<std::vector<RtlAnswer>, 2> answers;
    for (const bool skips : {false, true}) {
      Dice dice(seed);
      Case<TypeParam> one(dice.pick(TypeParam::modes()), rtl::random_controls(dice), dice);
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

}  // namespace
}  // namespace tablewalk::test::walker_random_test
