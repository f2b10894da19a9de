#include "stats/translation_cost.h"

#include <gtest/gtest.h>

namespace tablewalk::translation_cost_test {
namespace {

RunResult run_of(std::uint64_t cycles) {
  RunResult result;
  result.trace.records = 1000;
  result.stats.count("core.cycles", cycles, "cycles", "");
  result.stats.count("walker.walks", 7, "walks", "");
  return result;
}

std::vector<std::string> names(const StatSet& stats) {
  std::vector<std::string> names;
  for (const StatSet::Figure& figure : stats.figures()) names.push_back(figure.name);
  return names;
}

/// Of windows of 10 records, of which that many have a walk.
SampleSummary sample_of(std::uint64_t with_walks, std::uint64_t cycles) {
  SampleSummary sample;
  sample.measure = 10;
  sample.records = 1000;
  sample.measured = 400;
  for (std::uint64_t window = 0; window < 40; ++window) {
    sample.cycles.push_back(cycles);
    sample.walks_of_window.push_back(window < with_walks ? 1 : 0);
  }
  sample.walks = with_walks;
  sample.intervals["core.cycles"] = {90, 110};
  return sample;
}

TEST(TranslationCost, IsTheDifferenceAndComesFirst) {
  RunResult result = run_of(500);
  add_translation_cost(result, run_of(400));
  EXPECT_EQ(result.stats.at("translation.cost_cycles").count, 100u);
  EXPECT_DOUBLE_EQ(result.stats.at("translation.cost_share").real, 0.2);
  EXPECT_EQ(result.stats.at("translation.free_cycles").count, 400u);
  EXPECT_EQ(names(result.stats), (std::vector<std::string>{"translation.cost_cycles", "translation.cost_share",
                                                           "translation.free_cycles", "core.cycles", "walker.walks"}));
  EXPECT_TRUE(result.cost.measured);
  EXPECT_EQ(result.cost.free_cycles, 400u);
}

TEST(TranslationCost, CanBeNegative) {
  RunResult result = run_of(400);
  add_translation_cost(result, run_of(500));
  EXPECT_TRUE(result.stats.at("translation.cost_cycles").negative);
  EXPECT_DOUBLE_EQ(result.stats.at("translation.cost_share").real, -0.25);
}

TEST(TranslationCost, IsLeftOutIfEitherRunWasStopped) {
  for (const bool first : {true, false}) {
    RunResult result = run_of(500);
    RunResult free = run_of(400);
    (first ? result : free).partial = true;
    add_translation_cost(result, free);
    EXPECT_FALSE(result.cost.measured);
    EXPECT_EQ(result.stats.find("translation.cost_cycles"), nullptr);
    EXPECT_NE(result.cost.reason, "");
  }
  RunResult result = run_of(500);
  RunResult shorter = run_of(400);
  shorter.trace.records = 999;
  add_translation_cost(result, shorter);
  EXPECT_FALSE(result.cost.measured);
}

TEST(TranslationCost, OfASampleNeedsWindowsWithWalks) {
  const std::uint64_t least = SampleSummary::least_windows_with_walks;
  for (const std::uint64_t with_walks : {least - 1, least}) {
    RunResult result = run_of(500);
    RunResult free = run_of(400);
    result.sample = sample_of(with_walks, 5);
    free.sample = sample_of(with_walks, 4);
    add_translation_cost(result, free);
    EXPECT_EQ(result.cost.measured, with_walks == least);
  }
  RunResult result = run_of(500);
  RunResult free = run_of(400);
  result.sample = sample_of(0, 5);  // without a walk in the whole trace it is known
  free.sample = sample_of(0, 4);
  add_translation_cost(result, free);
  EXPECT_TRUE(result.cost.measured);
}

TEST(TranslationCost, OfASampleHasTheIntervalOfTheWindowsDifferences) {
  RunResult result = run_of(500);
  RunResult free = run_of(400);
  result.sample = sample_of(40, 50);
  free.sample = sample_of(40, 40);
  add_translation_cost(result, free);
  const auto& intervals = result.sample->intervals;
  EXPECT_NEAR(intervals.at("translation.cost_cycles").low, 1000, 1e-6) << "the same in each window";
  EXPECT_NEAR(intervals.at("translation.cost_cycles").high, 1000, 1e-6);
  EXPECT_NEAR(intervals.at("translation.cost_share").low, 0.2, 1e-9);
  EXPECT_EQ(intervals.at("translation.free_cycles").high, 110);
}

TEST(TranslationCost, OfChainedLoadsComesBehindIt) {
  RunResult result = run_of(500);
  add_translation_cost(result, run_of(400));
  add_chained_cost(result, run_of(800), run_of(600));
  EXPECT_EQ(result.stats.at("translation.chained_cost_cycles").count, 200u);
  EXPECT_DOUBLE_EQ(result.stats.at("translation.chained_cost_share").real, 0.25);
  EXPECT_EQ(result.stats.at("core.chained_cycles").count, 800u);
  EXPECT_EQ(names(result.stats)[2], "translation.chained_cost_cycles");
}

TEST(TranslationCost, OfChainedLoadsIsLeftOutIfARunWasStopped) {
  for (unsigned stopped = 0; stopped < 3; ++stopped) {
    RunResult result = run_of(500);
    add_translation_cost(result, run_of(400));
    RunResult chained = run_of(800);
    RunResult free = run_of(600);
    RunResult* const runs[] = {&result, &chained, &free};
    runs[stopped]->partial = true;
    add_chained_cost(result, chained, free);
    EXPECT_EQ(result.stats.find("core.chained_cycles"), nullptr) << stopped;
  }
}

TEST(TranslationCost, OfChainedLoadsHasAnIntervalIfAllRunsWereSampled) {
  for (const bool all : {true, false}) {
    RunResult result = run_of(500);
    result.sample = sample_of(40, 50);
    RunResult chained = run_of(800);
    chained.sample = sample_of(40, 80);
    RunResult free = run_of(600);
    if (all) free.sample = sample_of(40, 60);
    add_chained_cost(result, chained, free);
    ASSERT_EQ(result.sample->intervals.count("translation.chained_cost_cycles"), all ? 1u : 0u);
    if (all) {
      EXPECT_NEAR(result.sample->intervals.at("translation.chained_cost_cycles").low, 2000, 1e-6);
    }
  }
}

}  // namespace
}  // namespace tablewalk::translation_cost_test
