#pragma once

// The cycles of docs/rtl.md, rule by rule and on both sides of each edge: tests of every walker that obeys them. The
// including file defines World before: a walker of four slots with walk caches of levels 1 and 2, its tables, its
// memory, and its requester. One world per test, and one run of it:
//
//     World(mode)                      a mode by its name
//     tables                           a SmallTables
//     latency                          of the n-th access to memory, from presented to answered; default 10
//     ask(cycle, id, va, ...)          the request is valid at the walker in that cycle; in order of time
//     invalidate(cycle, invalidation)
//     run()
//     presented                        each access to memory: the first cycle in which it is valid, and its address
//     stood(id)                        the first cycle in which the response is valid
//     faulted(id), restarts(), walks()
//
// Checking the first cycle checks both sides of the edge: not yet in the previous cycle, but in this one.

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "paging/paging_mode.h"
#include "protocol/invalidation.h"

namespace tablewalk::test::walker_cycles_test {

constexpr std::uint64_t page_a = 0x40001000;
constexpr std::uint64_t page_b = 0x40002000;  ///< of the same last-level table
/// A page so far away that its path shares only the root table with those of others.
constexpr std::uint64_t far_page(std::uint64_t number) {
  return page_a + number * 0x8000000000;
}
constexpr std::uint64_t not_canonical = std::uint64_t{1} << 50;
constexpr LeafSpec clean{Rights{}, true, false, false};
constexpr Invalidation of_everything{};

/// A walk of x86-64 alone, with a memory latency of 10: from accepted to answered.
constexpr std::uint64_t service = 2 + 4 * 11;

inline std::uint64_t root_entry(const World& world, std::uint64_t va) {
  return world.mode->entry_address(3, PhysicalAddress(SmallTables::root), VirtualAddress(va)).value();
}

/// When the walk of a far page presents its read at the root.
inline std::uint64_t first_read(const World& world, std::uint64_t va) {
  for (const auto& access : world.presented) {
    if (access.address == root_entry(world, va)) return access.cycle;
  }
  return 0;
}

class WalkerArithmetic : public testing::TestWithParam<std::tuple<const char*, unsigned>> {};

TEST_P(WalkerArithmetic, AWalkOfKReadsOfMCyclesStandsAnsweredInTheCycleOfTheContract) {
  const auto [name, cycles] = GetParam();
  World world(name);
  world.tables.map(page_a, 0xA00000);
  world.latency = [cycles = cycles](unsigned) { return cycles; };
  world.ask(10, 3, page_a);
  world.run();
  const std::uint64_t reads = world.mode->levels();
  ASSERT_EQ(world.presented.size(), reads);
  for (std::uint64_t read = 0; read < reads; ++read) {
    EXPECT_EQ(world.presented[read].cycle, 10 + 2 + read * (cycles + 1));
  }
  EXPECT_EQ(world.stood(3), 10 + 2 + reads * (cycles + 1));
}

INSTANTIATE_TEST_SUITE_P(Modes, WalkerArithmetic,
                         testing::Combine(testing::Values("x86-32", "x86-pae", "x86-64", "x86-64-la57", "sv32", "sv39",
                                                          "sv48", "sv57", "radix:9,9,9,9/12@8"),
                                          testing::Values(1u, 2u, 50u)));

// Rule 1: one memory response.

TEST(WalkerCycles, Rule1TheNextReadStandsInTheCycleAfterTheAnswer) {
  World world;
  world.tables.map(page_a, 0xA00000);
  world.ask(10, 0, page_a);
  world.run();
  EXPECT_EQ(world.presented[1].cycle, 22u + 1);
}

TEST(WalkerCycles, Rule1TheUpdateStandsInTheCycleAfterTheAnswer) {
  World world;
  world.tables.map(page_a, 0xA00000, {Rights{}, false, false, false});
  world.ask(10, 0, page_a);
  world.run();
  ASSERT_EQ(world.presented.size(), 5u);
  EXPECT_FALSE(world.presented[3].update);
  EXPECT_TRUE(world.presented[4].update);
  EXPECT_EQ(world.presented[4].cycle, 55u + 1);
  EXPECT_EQ(world.stood(0), 66u + 1);
}

TEST(WalkerCycles, Rule1OneAnswerIsTakenInACycle) {
  World world;
  world.tables.map(far_page(1), 0xA00000);
  world.tables.map(far_page(2), 0xB00000);
  world.latency = [](unsigned access) { return access == 0 ? 11 : 10; };
  world.ask(10, 0, far_page(1));
  world.ask(11, 1, far_page(2));
  world.run();
  // Presented in 12 and 13, both answered in 23.
  EXPECT_EQ(world.presented[2].cycle, 23u + 1);
  EXPECT_EQ(world.presented[3].cycle, 24u + 1);
}

/// Page A's pointer of level 2 arrives in 33. Reads of A and of page B, which looks up in that cycle.
inline std::size_t reads_with_a_lookup_in(std::uint64_t cycle) {
  World world;
  world.tables.map(page_a, 0xA00000);
  world.tables.map(page_b, 0xB00000);
  world.ask(10, 0, page_a);
  world.ask(cycle - 1, 1, page_b);
  world.run();
  return world.presented.size();
}

TEST(WalkerCycles, Rule1ALookupInTheCycleOfAnAnswerDoesNotFindItsTable) {
  EXPECT_EQ(reads_with_a_lookup_in(33), 4u + 4);
}

TEST(WalkerCycles, Rule1ALookupInTheCycleAfterAnAnswerFindsItsTable) {
  EXPECT_EQ(reads_with_a_lookup_in(34), 4u + 2);
}

// Rule 2: one lookup.

TEST(WalkerCycles, Rule2TheFirstReadStandsTwoCyclesAfterTheRequestWasTaken) {
  World world;
  world.tables.map(page_a, 0xA00000);
  world.ask(10, 0, page_a);
  world.run();
  EXPECT_EQ(world.presented[0].cycle, 10u + 2);
}

TEST(WalkerCycles, Rule2WhatIsNotTranslatedStandsAnsweredTwoCyclesAfterItWasTaken) {
  World world;
  world.ask(10, 0, not_canonical);
  world.run();
  EXPECT_EQ(world.stood(0), 10u + 2);
  EXPECT_TRUE(world.faulted(0));
  EXPECT_TRUE(world.presented.empty());
}

/// Slot 1 has a walk of far page 1 that started in 11; slot 0 one of far page 2 that starts later, in `second`.
inline void ask_older_in_higher_slot(World& world, std::uint64_t second) {
  world.tables.map(far_page(1), 0xA00000);
  world.tables.map(far_page(2), 0xB00000);
  world.ask(10, 0, not_canonical);
  world.ask(11, 1, far_page(1));
  world.ask(second, 2, far_page(2));
}

TEST(WalkerCycles, Rule2OfTwoWalksThatBeginAnewTheOlderLooksUpFirst) {
  World world;
  ask_older_in_higher_slot(world, 14);
  world.invalidate(20, of_everything);
  world.run();
  ASSERT_EQ(world.restarts(), 2u);
  EXPECT_EQ(world.presented[2].cycle, 20u + 2);
  EXPECT_EQ(world.presented[2].address, root_entry(world, far_page(1)));
  EXPECT_EQ(world.presented[3].cycle, 20u + 3);
  EXPECT_EQ(world.presented[3].address, root_entry(world, far_page(2)));
}

// Rule 3: one memory request.

TEST(WalkerCycles, Rule3OfTwoWalksThatWantMemoryTheOlderIsPresentedFirst) {
  World world;
  // The older one's first read is answered in 23, the cycle in which the other looks up.
  ask_older_in_higher_slot(world, 22);
  world.run();
  EXPECT_EQ(world.presented[1].cycle, 23u + 1);
  EXPECT_NE(world.presented[1].address, root_entry(world, far_page(2)));
  EXPECT_EQ(world.presented[2].cycle, 23u + 2);
  EXPECT_EQ(world.presented[2].address, root_entry(world, far_page(2)));
}

// Rule 4: one response.

TEST(WalkerCycles, Rule4ThoseThatJoinedAreAnsweredOneInACycleAfterTheWalksOwn) {
  World world;
  world.tables.map(page_a, 0xA00000);
  for (unsigned id = 0; id < 4; ++id) world.ask(10 + id, id, page_a);
  world.run();
  for (unsigned id = 0; id < 4; ++id) EXPECT_EQ(world.stood(id), 10 + service + id);
  EXPECT_EQ(world.walks(), 1u);
}

TEST(WalkerCycles, Rule4WhatTheAnswerDoesNotServeTakesItsTurn) {
  World world;
  world.tables.map(page_a, 0xA00000, clean);
  world.ask(10, 0, page_a);
  world.ask(11, 1, page_a, AccessKind::Store);
  world.ask(12, 2, page_a);
  world.run();
  EXPECT_EQ(world.stood(0), 10 + service);
  EXPECT_EQ(world.stood(2), 10 + service + 2);
}

TEST(WalkerCycles, Rule4OfTwoWalksThatWantToAnswerTheOlderIsAnsweredFirst) {
  World world;
  ask_older_in_higher_slot(world, 100);
  // The older one's last read is answered in 56, the cycle in which this one looks up.
  world.ask(55, 3, not_canonical);
  world.run();
  EXPECT_EQ(world.stood(1), 56u + 1);
  EXPECT_EQ(world.stood(3), 56u + 2);
}

TEST(WalkerCycles, Rule4ASlotIsIdleFromTheCycleAfterItsAnswerWasTaken) {
  World world;
  for (unsigned id = 0; id < 5; ++id) {
    world.tables.map(far_page(id), 0xA00000);
    world.ask(10 + id, id, far_page(id));
  }
  world.run();
  EXPECT_EQ(world.stood(0), 10 + service);
  EXPECT_EQ(first_read(world, far_page(3)), 13u + 2);
  EXPECT_EQ(first_read(world, far_page(4)), 10 + service + 1 + 2) << "taken in the cycle after";
}

// Rule 5: one request. Page A's own response is sent in 55.

inline unsigned walks_with_another_in(std::uint64_t cycle) {
  World world;
  world.tables.map(page_a, 0xA00000);
  world.ask(10, 0, page_a);
  world.ask(cycle, 1, page_a);
  world.run();
  return world.walks();
}

TEST(WalkerCycles, Rule5ARequestJoinsInTheCycleBeforeTheOwnAnswerIsGiven) {
  EXPECT_EQ(walks_with_another_in(54), 1u);
}

TEST(WalkerCycles, Rule5ARequestDoesNotJoinInTheCycleInWhichTheOwnAnswerIsGiven) {
  EXPECT_EQ(walks_with_another_in(55), 2u);
}

/// A merged store is replayed in 56; a request of a far page is valid at the port from `cycle` on.
inline World& send_back_and_ask_in(World& world, std::uint64_t cycle) {
  world.tables.map(page_a, 0xA00000, clean);
  world.tables.map(far_page(1), 0xB00000);
  world.ask(10, 0, page_a);
  world.ask(11, 1, page_a, AccessKind::Store);
  world.ask(cycle, 2, far_page(1));
  world.run();
  return world;
}

TEST(WalkerCycles, Rule5InTheCycleInWhichOneIsSentBackOneAtThePortIsTaken) {
  World world;
  EXPECT_EQ(first_read(send_back_and_ask_in(world, 56), far_page(1)), 56u + 2);
}

TEST(WalkerCycles, Rule5FromTheCycleAfterOneWasSentBackItGoesBeforeThePort) {
  World world;
  EXPECT_EQ(first_read(send_back_and_ask_in(world, 57), far_page(1)), 58u + 2);
  // Accepted in 57, the lowest pointer found in 58, a read and an update.
  EXPECT_EQ(world.stood(1), 57u + 2 + 2 * 11);
}

// Rule 6: an invalidation comes after everything else.

TEST(WalkerCycles, Rule6InTheCycleInWhichAWalkIsTakenItDoesNotBeginAnew) {
  World world;
  world.tables.map(page_a, 0xA00000);
  world.ask(10, 0, page_a);
  world.invalidate(10, of_everything);
  world.run();
  EXPECT_EQ(world.restarts(), 0u);
  EXPECT_EQ(world.stood(0), 10 + service);
}

TEST(WalkerCycles, Rule6FromTheCycleOfItsLookupOnAWalkBeginsAnew) {
  World world;
  world.tables.map(page_a, 0xA00000);
  world.ask(10, 0, page_a);
  world.invalidate(11, of_everything);
  world.run();
  EXPECT_EQ(world.restarts(), 1u);
  EXPECT_EQ(world.presented[0].cycle, 12u) << "carried out for nobody";
  EXPECT_EQ(world.presented[1].cycle, 11u + 2);
  EXPECT_EQ(world.presented[1].address, world.presented[0].address);
  EXPECT_EQ(world.stood(0), 11 + service);
}

TEST(WalkerCycles, Rule6AWalkThatBeginsAnewLooksUpInTheNextCycle) {
  World world;
  world.tables.map(page_a, 0xA00000);
  world.ask(10, 0, page_a);
  world.invalidate(25, of_everything);  // the second read is outstanding
  world.run();
  EXPECT_EQ(world.presented[2].cycle, 25u + 2);
  EXPECT_EQ(world.presented[2].address, root_entry(world, page_a));
  EXPECT_EQ(world.stood(0), 25 + service);
}

TEST(WalkerCycles, Rule6BeforeTheOwnAnswerIsGivenAWalkBeginsAnew) {
  World world;
  world.tables.map(page_a, 0xA00000);
  world.ask(10, 0, page_a);
  world.invalidate(54, of_everything);
  world.run();
  EXPECT_EQ(world.restarts(), 1u);
  EXPECT_EQ(world.stood(0), 54 + service);
}

TEST(WalkerCycles, Rule6InTheCycleInWhichTheOwnAnswerIsGivenItComesToStand) {
  World world;
  world.tables.map(page_a, 0xA00000);
  world.ask(10, 0, page_a);
  world.invalidate(55, of_everything);
  world.run();
  EXPECT_EQ(world.restarts(), 0u);
  EXPECT_EQ(world.stood(0), 55u + 1);
}

/// Three requests merged with page A's walk are answered in 56, 57 and 58.
inline World& invalidate_among_turns(World& world, std::uint64_t cycle) {
  world.tables.map(page_a, 0xA00000);
  for (unsigned id = 0; id < 4; ++id) world.ask(10 + id, id, page_a);
  world.invalidate(cycle, of_everything);
  world.run();
  return world;
}

TEST(WalkerCycles, Rule6OneWhoseTurnIsInTheCycleOfAnInvalidationIsAnswered) {
  World world;
  EXPECT_EQ(invalidate_among_turns(world, 56).stood(1), 56u + 1);
}

TEST(WalkerCycles, Rule6ThoseWhoseTurnIsLaterAskAfresh) {
  World world;
  invalidate_among_turns(world, 56);
  // The first is accepted in 57 and walks from the root; the other merges with it.
  EXPECT_EQ(world.stood(2), 57 + service);
  EXPECT_EQ(world.stood(3), 57 + service + 1);
  EXPECT_EQ(world.restarts(), 0u);
  EXPECT_EQ(world.walks(), 2u);
}

/// Page A's pointer of level 2 arrives in 33, and page B looks up in 34.
inline std::size_t reads_with_an_invalidation_in_33(AddressSpaceId space) {
  World world;
  world.tables.map(page_a, 0xA00000);
  world.tables.map(page_b, 0xB00000);
  world.ask(10, 0, page_a);
  world.ask(33, 1, page_b);
  world.invalidate(33, {Invalidation::Scope::AddressSpace, {}, space});
  world.run();
  return world.presented.size();
}

TEST(WalkerCycles, Rule6WhatIsRememberedInTheCycleOfAnInvalidationIsForgotten) {
  // Three of the old walk, the last one dropped; four of the new one; four of page B, which misses too.
  EXPECT_EQ(reads_with_an_invalidation_in_33(0), 3u + 4 + 4);
}

TEST(WalkerCycles, Rule6WhatAnInvalidationDoesNotCoverStays) {
  EXPECT_EQ(reads_with_an_invalidation_in_33(1), 4u + 2);
}

}  // namespace tablewalk::test::walker_cycles_test
