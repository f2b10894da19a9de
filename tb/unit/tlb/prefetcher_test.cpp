// What each prefetcher predicts, by its contract and its own rule.
#include "tlb/prefetcher.h"

#include <gtest/gtest.h>

#include <set>

#include "support/dice.h"

namespace tablewalk::test::prefetcher_test {
namespace {

using Pages = std::vector<std::uint64_t>;

Pages after(Prefetcher& prefetcher, std::uint64_t page, std::uint64_t instruction = 0, AddressSpaceId asid = 0) {
  Pages wanted;
  prefetcher.missed({page, asid, VirtualAddress(instruction)}, wanted);
  return wanted;
}

TEST(NextPage, NamesThePagesAfterTheOneMissed) {
  NextPagePrefetcher prefetcher(3);
  EXPECT_EQ(after(prefetcher, 10), (Pages{11, 12, 13}));
}

TEST(Stride, NeedsTwoEqualStepsOfTheInstruction) {
  StridePrefetcher prefetcher(2, 16);
  EXPECT_EQ(after(prefetcher, 10), Pages{});
  EXPECT_EQ(after(prefetcher, 13), Pages{});
  EXPECT_EQ(after(prefetcher, 16), (Pages{19, 22}));
  EXPECT_EQ(after(prefetcher, 16), Pages{}) << "no step";
  EXPECT_EQ(after(prefetcher, 19), (Pages{22, 25})) << "nor a break";
  EXPECT_EQ(after(prefetcher, 20), Pages{});
}

TEST(Stride, InstructionsAndSpacesHaveStepsOfTheirOwn) {
  StridePrefetcher prefetcher(1, 16);
  for (const std::uint64_t i : {0, 1}) {
    after(prefetcher, 10 + i, 1);
    after(prefetcher, 90 - i, 2);
  }
  EXPECT_EQ(after(prefetcher, 12, 1), Pages{13});
  EXPECT_EQ(after(prefetcher, 88, 2), Pages{87}) << "steps may be negative";
  EXPECT_EQ(after(prefetcher, 13, 1, 7), Pages{});
}

TEST(Stride, ARowBelongsToTheLastInstructionThatUsedIt) {
  StridePrefetcher prefetcher(1, 2);
  after(prefetcher, 10, 2);
  after(prefetcher, 11, 2);
  after(prefetcher, 50, 4);
  EXPECT_EQ(after(prefetcher, 12, 2), Pages{});
}

TEST(Distance, NamesWhatFollowedTheSameDistanceBefore) {
  DistancePrefetcher prefetcher(2, 64);
  EXPECT_EQ(after(prefetcher, 10), Pages{});
  EXPECT_EQ(after(prefetcher, 11), Pages{});         // 1
  EXPECT_EQ(after(prefetcher, 15), Pages{});         // 4, after 1
  EXPECT_EQ(after(prefetcher, 16), Pages{20});       // 1: then came 4
  EXPECT_EQ(after(prefetcher, 9), Pages{});          // -7, after 1
  EXPECT_EQ(after(prefetcher, 10), (Pages{3, 14}));  // 1: the last one first
  EXPECT_EQ(after(prefetcher, 10), Pages{}) << "no distance";
}

TEST(Distance, KeepsAsManyAsItPredictsAndForgetsTheOldest) {
  DistancePrefetcher prefetcher(1, 64);
  for (const std::uint64_t page : {10, 11, 15, 16, 14}) after(prefetcher, page);
  EXPECT_EQ(after(prefetcher, 15), Pages{13});
}

TEST(Distance, BeginsAnewInAnotherSpace) {
  DistancePrefetcher prefetcher(1, 64);
  for (const std::uint64_t page : {10, 11, 15}) after(prefetcher, page);
  EXPECT_EQ(after(prefetcher, 16, 0, 1), Pages{});
  EXPECT_EQ(after(prefetcher, 17, 0, 1), Pages{21}) << "the table is everybody's";
}

TEST(Distance, ARowBelongsToTheLastDistanceThatUsedIt) {
  DistancePrefetcher prefetcher(1, 2);
  for (const std::uint64_t page : {10, 11, 15, 18}) after(prefetcher, page);  // distances 1, 4 and 3
  EXPECT_EQ(after(prefetcher, 19), Pages{}) << "4 came after 1, but that row is now of distance 3";
}

TEST(MakePrefetcher, KindsThatPredictNothingHaveNone) {
  PrefetchConfig config;
  EXPECT_EQ(make_prefetcher(config), nullptr);
  config.kind = PrefetchKind::Line;
  EXPECT_EQ(make_prefetcher(config), nullptr);
}

TEST(EveryPrefetcher, NamesAtMostItsDegreeEachPageOnceAndNeverThePageItself) {
  std::uint64_t named = 0;
  for (const PrefetchKind kind : {PrefetchKind::NextPage, PrefetchKind::Stride, PrefetchKind::Distance}) {
    for (const std::uint64_t seed : printed_seeds(20)) {
      Dice dice(seed);
      PrefetchConfig config;
      config.kind = kind;
      config.degree = dice.number(1, 5);
      config.table = dice.number(1, 10);
      const auto prefetcher = make_prefetcher(config);
      const auto copy = make_prefetcher(config);
      const std::uint64_t base = dice.chance(50) ? 0 : ~std::uint64_t{0} - 3;
      for (unsigned i = 0; i < 500; ++i) {
        const std::uint64_t page = base + dice.between(0, 7);
        const std::uint64_t instruction = dice.between(0, 3);
        const auto asid = static_cast<AddressSpaceId>(dice.chance(5) ? 1 : 0);
        const Pages wanted = after(*prefetcher, page, instruction, asid);
        ASSERT_EQ(after(*copy, page, instruction, asid), wanted) << "the same for the same history";
        ASSERT_LE(wanted.size(), config.degree);
        ASSERT_EQ(std::set<std::uint64_t>(wanted.begin(), wanted.end()).size(), wanted.size());
        for (const std::uint64_t other : wanted) ASSERT_NE(other, page);
        named += wanted.size();
      }
    }
  }
  EXPECT_GT(named, 10000u);
}

}  // namespace
}  // namespace tablewalk::test::prefetcher_test
