// The walker in hardware against the reference walk: random tables, random controls, random requests.
#include <gtest/gtest.h>

#include "Vwalker1.h"
#include "Vwalker4.h"
#include "paging/walk_steps.h"
#include "rtl/random_tables.h"
#include "rtl/walker_bench.h"

namespace tablewalk::test {
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

/// One case: tables, and the same tables for the reference walk.
template <class Build>
struct Case : WalkerBench<typename Build::Model> {
  using Base = WalkerBench<typename Build::Model>;

  Case(const std::string& mode_name, const PagingControls& controls, Dice& the_dice)
      : Base(mode_name, controls), dice(the_dice), tables(*this->mode, dice) {
    tables.write(this->memory);
    tables.write(reference_memory);
  }

  RtlRequest next_request(unsigned id) {
    RtlRequest made = request(id, tables.address(), tables.access(), static_cast<std::uint16_t>(dice.number(0, 1)));
    made.root = tables.root();
    return made;
  }
  WalkOutcome reference(const RtlRequest& asked) {
    return reference_walk(*this->mode, reference_memory, PhysicalAddress(asked.root), VirtualAddress(asked.va),
                          asked.access);
  }
  std::string text(const RtlRequest& asked) const {
    std::ostringstream text;
    text << this->mode->name() << " va 0x" << std::hex << asked.va << " access " << static_cast<int>(asked.access.kind)
         << (asked.access.user ? " user" : " supervisor");
    return text.str();
  }

  Dice& dice;
  RandomTables tables;
  PhysicalMemory reference_memory;
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

/// The place of the entry that faulted, where one was read and the fault is its own.
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

/// Neighbours that are slow and unreliable, each in its own way.
template <class TheCase>
void make_neighbours_difficult(TheCase& with) {
  Dice& dice = with.dice;
  const unsigned slowest = dice.number(1, 30);
  const unsigned memory_busy = dice.number(0, 80);
  const unsigned answers_late = dice.number(0, 80);
  const unsigned request_gap = dice.number(0, 90);
  const unsigned refusals = dice.chance(30) ? 20 : 0;
  with.latency = [&dice, slowest] { return dice.number(1, slowest); };
  with.memory_ready = [&dice, memory_busy] { return !dice.chance(memory_busy); };
  with.answer_ready = [&dice, answers_late] { return !dice.chance(answers_late); };
  with.offers_request = [&dice, request_gap] { return !dice.chance(request_gap); };
  with.retries = [&dice, refusals] { return dice.chance(refusals); };
}

template <class TheCase>
RtlInvalidation random_invalidation(TheCase& with) {
  RtlInvalidation invalidation;
  invalidation.all = with.dice.chance(10);
  if (with.dice.chance(80)) invalidation.asid = static_cast<std::uint16_t>(with.dice.number(0, 1));
  if (with.dice.chance(60)) invalidation.va = with.tables.address();
  return invalidation;
}

/// Asks `count` questions, at most sixteen at once, with invalidations in between of what has not changed.
template <class TheCase>
void run_together(TheCase& with, std::vector<RtlRequest>& asked, unsigned count) {
  std::array<bool, 16> busy{};
  const unsigned invalidations = with.dice.chance(50) ? with.dice.number(1, 30) : 0;
  std::size_t answered = 0;
  for (unsigned cycles = 0; answered < count && cycles < 200000; ++cycles) {
    const unsigned id = with.dice.number(0, 15);
    if (asked.size() < count && with.requests.size() < 2 && !busy[id]) {
      busy[id] = true;
      asked.push_back(with.next_request(id));
      with.requests.push_back(asked.back());
    }
    // Not for ever: a walk that is restarted again and again does not end.
    if (cycles < 3000 && with.dice.chance(invalidations)) with.invalidation = random_invalidation(with);
    with.tick();
    for (; answered < with.answers.size(); ++answered) busy[with.answers[answered].id] = false;
  }
  ASSERT_EQ(answered, count) << "not everything was answered";
  ASSERT_TRUE(with.finish());
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
    // Each id is used again only when it is free: its answers come in the order of its questions.
    std::array<std::deque<RtlAnswer>, 16> answers;
    for (const RtlAnswer& answer : one.answers) answers[answer.id].push_back(answer);
    for (const RtlRequest& question : asked) {
      const RtlAnswer answer = answers[question.id].front();
      answers[question.id].pop_front();
      // Whether somebody else has dirtied the page before depends on the order.
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

/// A bench that stops the clock while nothing can happen sees the same answers in the same cycles.
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
}  // namespace tablewalk::test
