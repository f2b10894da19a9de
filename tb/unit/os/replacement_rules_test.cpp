#include <gtest/gtest.h>

#include <map>

#include "os/page_replacement.h"
#include "support/paged_process.h"

// What each policy decides, step by step. Pages are numbered from 1.

namespace tablewalk::replacement_rules_test {
namespace {

using test::PagedProcess;
using test::pages;

PagedProcess process_with(PageReplacementConfig config, PageReplacementKind kind, std::uint32_t frames,
                          const std::vector<std::uint64_t>& loaded) {
  config.policy = kind;
  PagedProcess process = test::paged_process(config, frames, {});
  process.touch_all(pages(loaded));
  return process;
}
PagedProcess process_with(PageReplacementKind kind, std::uint32_t frames, const std::vector<std::uint64_t>& loaded) {
  return process_with({}, kind, frames, loaded);
}
PageKey page(std::uint64_t number) {
  return {0, number};
}
/// The pages that are evicted until memory is empty.
std::vector<std::uint64_t> evict_all(PagedProcess& process) {
  std::vector<std::uint64_t> evicted;
  while (const std::optional<PageKey> victim = process.evict()) evicted.push_back(victim->number);
  return evicted;
}
using Numbers = std::vector<std::uint64_t>;

TEST(FifoReplacement, APinnedPageKeepsItsPlace) {
  PagedProcess process = process_with(PageReplacementKind::Fifo, 4, {1, 2, 3, 4});
  process.pin(page(1));
  process.touch(page(2));
  EXPECT_EQ(process.evict(), page(2));
  process.pin(page(1), false);
  EXPECT_EQ(evict_all(process), (Numbers{1, 3, 4}));
}

TEST(LruReplacement, APinnedPageKeepsItsPlace) {
  PagedProcess process = process_with(PageReplacementKind::Lru, 4, {1, 2, 3, 4, 1});
  process.pin(page(2));
  EXPECT_EQ(process.evict(), page(3));
  process.pin(page(2), false);
  EXPECT_EQ(evict_all(process), (Numbers{2, 4, 1}));
}

class SecondChances : public testing::TestWithParam<PageReplacementKind> {};
INSTANTIATE_TEST_SUITE_P(, SecondChances,
                         testing::Values(PageReplacementKind::SecondChance, PageReplacementKind::Clock));

TEST_P(SecondChances, AnAccessedPageIsPassedOnce) {
  PagedProcess process = process_with(GetParam(), 3, {1, 2, 3});
  process.touch(page(4));
  EXPECT_FALSE(process.holds(page(1))) << "all were accessed: the order is that of loading";
  process.touch(page(2));
  process.touch(page(5));
  EXPECT_FALSE(process.holds(page(3)));
  process.touch(page(6));
  EXPECT_FALSE(process.holds(page(2))) << "its accessed bit was cleared when it was passed";
}

TEST_P(SecondChances, APinnedPageIsPassedAndKeepsItsAccessedBit) {
  PagedProcess process = process_with(GetParam(), 3, {1, 2, 3});
  process.pin(page(1));
  process.touch(page(4));
  EXPECT_FALSE(process.holds(page(2)));
  process.pin(page(1), false);
  EXPECT_TRUE(process.test_and_clear_accessed(process.slot_of(page(1))));
}

TEST(ClockReplacement, APageIsWhereItsFrameIs) {
  PagedProcess clock = process_with(PageReplacementKind::Clock, 3, {1, 2, 3});
  PagedProcess queue = process_with(PageReplacementKind::SecondChance, 3, {1, 2, 3});
  for (PagedProcess* process : {&clock, &queue}) {
    process->unmap(page(2));
    process->touch(page(4));
  }
  EXPECT_EQ(evict_all(clock), (Numbers{1, 4, 3}));
  EXPECT_EQ(evict_all(queue), (Numbers{1, 3, 4}));
}

TEST(AgingReplacement, TheCounterIsTheHistoryOfTheAccessedBit) {
  PageReplacementConfig config;
  config.aging_bits = 2;
  config.aging_evictions = 0;
  PagedProcess process = process_with(config, PageReplacementKind::Aging, 4, {1, 2, 3});
  process.scan();  // 11 each
  process.touch(page(1));
  process.scan();  // 1: 11, 2: 01, 3: 01
  process.touch(page(3));
  process.scan();          // 1: 01, 2: 00, 3: 10
  process.touch(page(4));  // 10
  EXPECT_EQ(evict_all(process), (Numbers{2, 1, 3, 4}));
}

TEST(AgingReplacement, AnAccessCountsForAsManyScansAsTheCounterHasBits) {
  PageReplacementConfig config;
  config.aging_bits = 3;
  config.aging_evictions = 0;
  for (int scans = 1; scans <= 4; ++scans) {
    PagedProcess process = process_with(config, PageReplacementKind::Aging, 2, {1, 2});
    for (int i = 0; i < 4; ++i) process.scan();
    process.touch(page(1));
    for (int i = 0; i < scans; ++i) process.scan();
    EXPECT_EQ(evict_all(process), scans <= 3 ? (Numbers{2, 1}) : (Numbers{1, 2})) << scans;
  }
}

TEST(AgingReplacement, ScansAfterSomeEvictions) {
  for (const std::uint32_t between : {0u, 2u, 3u}) {
    PageReplacementConfig config;
    config.aging_evictions = between;
    PagedProcess process = process_with(config, PageReplacementKind::Aging, 5, {1, 2, 3, 4, 5});
    process.scan();
    process.touch(page(3));
    const Numbers expected = between == 2 ? Numbers{1, 2, 4, 5, 3} : Numbers{1, 2, 3, 4, 5};
    EXPECT_EQ(evict_all(process), expected) << between;
  }
}

TEST(AgingReplacement, ScansForTheFirstTimeAfterAsManyEvictions) {
  PageReplacementConfig config;
  config.aging_evictions = 2;
  PagedProcess process = process_with(config, PageReplacementKind::Aging, 4, {1, 2, 3, 4});
  for (FrameSlot slot = 0; slot < 4; ++slot) process.test_and_clear_accessed(slot);
  process.touch(page(2));
  process.touch(page(3));
  EXPECT_EQ(evict_all(process), (Numbers{1, 2, 4, 3})) << "the third eviction is the first to know of accesses";
}

TEST(AgingReplacement, ScansAgainAfterAsManyEvictions) {
  PageReplacementConfig config;
  config.aging_evictions = 2;
  PagedProcess process = process_with(config, PageReplacementKind::Aging, 8, {1, 2, 3, 4, 5, 6, 7, 8});
  process.scan();
  const auto evict_two = [&] { return std::vector{process.evict()->number, process.evict()->number}; };
  EXPECT_EQ(evict_two(), (Numbers{1, 2}));
  process.touch(page(4));
  EXPECT_EQ(evict_two(), (Numbers{3, 5}));
  process.touch(page(7));
  EXPECT_EQ(evict_two(), (Numbers{6, 8}));
  EXPECT_EQ(evict_two(), (Numbers{4, 7}));
}

TEST(TwoLists, APageIsPromotedWhenItIsAccessedAgain) {
  PagedProcess process = process_with(PageReplacementKind::TwoLists, 4, {1, 2, 3, 4});
  process.touch(page(5));  // all get a second round
  EXPECT_FALSE(process.holds(page(1)));
  process.touch(page(2));
  process.touch(page(6));  // 2 is promoted
  EXPECT_FALSE(process.holds(page(3)));
  process.touch(page(4));
  process.touch(page(5));
  process.touch(page(7));  // 4 is promoted; 5 and 6 get a second round
  EXPECT_FALSE(process.holds(page(5)));
  EXPECT_EQ(process.evict(), page(6)) << "inactive: 6 7, active: 2 4";
  process.touch(page(2));
  EXPECT_EQ(process.evict(), page(2)) << "deactivated because there are too many, although it was accessed";
  EXPECT_EQ(evict_all(process), (Numbers{7, 4}));
}

TEST(TwoLists, TheRatioSaysHowManyPagesAreActive) {
  PageReplacementConfig config;
  config.active_ratio = 3;
  PagedProcess process = process_with(config, PageReplacementKind::TwoLists, 4, {1, 2, 3, 4});
  process.touch(page(5));
  process.touch_all(pages({2, 3, 4}));
  EXPECT_EQ(process.evict(), page(5)) << "2 3 4 are promoted, 5 gets a second round";
  EXPECT_EQ(process.evict(), page(2)) << "deactivated, since no page is inactive";
}

TEST(TwoLists, AnActivePageGoesIfAllInactiveOnesArePinned) {
  PagedProcess process = process_with(PageReplacementKind::TwoLists, 4, {1, 2, 3, 4});
  process.touch(page(5));
  process.touch(page(2));
  process.touch(page(6));  // inactive: 4 5 6, active: 2
  for (const std::uint64_t number : {4u, 5u, 6u}) process.pin(page(number));
  EXPECT_EQ(process.evict(), page(2));
  EXPECT_EQ(process.evict(), std::nullopt);
}

TEST(GenerationsReplacement, AccessedPagesMoveToTheYoungest) {
  PagedProcess process = process_with(PageReplacementKind::Generations, 8, {1, 2, 3, 4});
  EXPECT_EQ(process.evict(), page(1)) << "the scan clears all bits and opens a generation";
  process.touch(page(2));
  process.touch(page(5));
  EXPECT_EQ(process.evict(), page(3)) << "the scan leaves 3 4 in the oldest, then 2 5";
  process.touch(page(4));
  EXPECT_EQ(process.evict(), page(2)) << "4 moves to the youngest when its turn comes";
  EXPECT_EQ(evict_all(process), (Numbers{5, 4}));
}

TEST(GenerationsReplacement, AreScannedWhenTwoAreLeft) {
  PagedProcess process = process_with(PageReplacementKind::Generations, 8, {1, 2, 3, 4});
  const auto is_accessed = [&](std::uint64_t number) {
    return process.test_and_clear_accessed(process.slot_of(page(number)));
  };
  EXPECT_EQ(process.evict(), page(1));
  process.touch(page(4));
  EXPECT_EQ(process.evict(), page(2));
  EXPECT_FALSE(is_accessed(4)) << "the generation of the first loads and the youngest";
  process.touch(page(4));
  process.scan();
  process.touch(page(4));
  EXPECT_EQ(process.evict(), page(3));
  EXPECT_TRUE(is_accessed(4)) << "3 was in a third generation";
}

TEST(GenerationsReplacement, MergeOnlyWhenThereAreTooMany) {
  PagedProcess process = process_with(PageReplacementKind::Generations, 8, {1, 2});
  process.scan();
  process.touch(page(2));
  EXPECT_EQ(process.evict(), page(1));
  EXPECT_TRUE(process.test_and_clear_accessed(process.slot_of(page(2)))) << "there were three: no scan";
}

TEST(GenerationsReplacement, TheTwoOldestMergeWhenThereAreTooMany) {
  PageReplacementConfig config;
  config.generations = 3;
  PagedProcess process = process_with(config, PageReplacementKind::Generations, 8, {1});
  process.scan();
  process.touch(page(2));
  process.scan();
  process.touch(page(3));
  process.scan();  // 1 and 2 are in the oldest generation of three
  process.touch(page(4));
  process.touch(page(1));
  EXPECT_EQ(evict_all(process), (Numbers{2, 3, 1, 4})) << "a page that is passed moves to the youngest generation";
}

TEST(GenerationsReplacement, ThePagesThatMergeRemainTheOldest) {
  PageReplacementConfig config;
  config.generations = 3;
  PagedProcess process = process_with(config, PageReplacementKind::Generations, 8, {1});
  for (const std::uint64_t number : {2u, 3u, 4u}) {
    process.scan();
    process.touch(page(number));
  }
  for (const std::uint64_t number : {1u, 2u, 3u}) EXPECT_EQ(process.evict(), page(number));
  EXPECT_FALSE(process.test_and_clear_accessed(process.slot_of(page(4)))) << "3 was in the second of two: a scan";
}

TEST(GenerationsReplacement, AreTwoEvenIfTheOlderIsEmpty) {
  PagedProcess process = process_with(PageReplacementKind::Generations, 8, {1});
  EXPECT_EQ(process.evict(), page(1));
  process.touch_all(pages({2, 3}));
  process.scan();
  process.touch(page(3));
  EXPECT_EQ(process.evict(), page(2));
  EXPECT_TRUE(process.test_and_clear_accessed(process.slot_of(page(3)))) << "there were three: no scan";
}

TEST(GenerationsReplacement, APinnedPageKeepsItsPlace) {
  PagedProcess process = process_with(PageReplacementKind::Generations, 8, {1, 2, 3});
  process.pin(page(1));
  EXPECT_EQ(process.evict(), page(2));
  process.pin(page(1), false);
  EXPECT_EQ(evict_all(process), (Numbers{1, 3}));
}

TEST(RandomReplacement, AllPagesThatAreNotPinnedAreEquallyLikely) {
  PageReplacementConfig config;
  std::map<std::uint64_t, int> evicted;
  constexpr int runs = 4000;
  for (int seed = 0; seed < runs; ++seed) {
    config.seed = static_cast<std::uint64_t>(seed);
    PagedProcess process = process_with(config, PageReplacementKind::Random, 5, {1, 2, 3, 4, 5});
    process.pin(page(2));
    ++evicted[process.evict().value().number];
  }
  for (const std::uint64_t number : {1u, 3u, 4u, 5u}) EXPECT_NEAR(evicted[number], runs / 4, 150) << number;
}

TEST(OptimalReplacement, EvictsThePageThatIsUsedLast) {
  PageReplacementConfig config;
  config.policy = PageReplacementKind::Optimal;
  const std::vector<PageKey> uses = pages({1, 2, 3, 4, 2, 1, 3});
  PagedProcess process = test::paged_process(config, 5, uses);
  process.touch_all(pages({1, 2, 3, 4}));
  process.touch(page(9));
  EXPECT_EQ(process.policy().deviations(), 0u) << "9 is not a page of the trace";
  process.pin(page(4));
  EXPECT_EQ(process.evict(), page(9));
  EXPECT_EQ(process.evict(), page(3));
  process.touch(page(2));
  process.touch(page(1));
  process.pin(page(4), false);
  process.touch(page(3));
  process.touch(page(2));
  EXPECT_EQ(process.policy().deviations(), 1u) << "2 is not used again";
}

TEST(OptimalReplacement, ThePagesLeftGoInTheOrderOfTheirNextUse) {
  PageReplacementConfig config;
  config.policy = PageReplacementKind::Optimal;
  const std::vector<PageKey> uses = pages({5, 3, 8, 1, 7, 2, 6, 4});
  PagedProcess process = test::paged_process(config, 10, uses);
  for (const PageKey key : pages({1, 2, 3, 4, 5, 6, 7, 8})) process.read_ahead(key);
  process.unmap(page(7));
  process.unmap(page(3));
  EXPECT_EQ(evict_all(process), (Numbers{4, 6, 2, 1, 8, 5}));
}

TEST(OptimalReplacement, OfPagesNeverUsedAgainTheHighestSlotGoesFirst) {
  PageReplacementConfig config;
  config.policy = PageReplacementKind::Optimal;
  PagedProcess process = test::paged_process(config, 4, pages({1, 2, 3}));
  process.touch_all(pages({1, 2, 3}));
  EXPECT_EQ(evict_all(process), (Numbers{3, 2, 1}));
}

TEST(OptimalReplacement, TheAccessThatLoadedThePageIsItsNextUseUntilItPasses) {
  FutureUses future;
  for (const PageKey key : pages({1, 2, 1})) future.add(key);
  const auto policy =
      make_page_replacement({PageReplacementKind::Optimal}, 2, std::make_unique<FutureUses>(std::move(future)));
  PagedProcess memory(2, make_page_replacement({PageReplacementKind::Fifo}, 2));
  memory.touch_all(pages({1, 2}));
  policy->loaded(0, page(1));
  policy->loaded(1, page(2));
  EXPECT_EQ(policy->victim(memory), FrameSlot{1}) << "1 is used first";
  policy->loaded(1, page(2));
  policy->accessed(0);
  EXPECT_EQ(policy->victim(memory), FrameSlot{0}) << "then 2";
}

}  // namespace
}  // namespace tablewalk::replacement_rules_test
