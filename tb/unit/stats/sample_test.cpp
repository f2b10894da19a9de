#include "stats/sample.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace tablewalk::sample_test {
namespace {

TEST(StudentT, IsThatOfTheTables) {
  EXPECT_NEAR(student_t_975(1), 12.706, 0.001);
  EXPECT_NEAR(student_t_975(5), 2.571, 0.001);
  EXPECT_NEAR(student_t_975(10), 2.228, 0.002);
  EXPECT_NEAR(student_t_975(30), 2.042, 0.001);
  EXPECT_NEAR(student_t_975(1000000), 1.960, 0.001);
}

TEST(StudentT, BeyondFiveIsTheExpansion) {
  EXPECT_NEAR(student_t_975(6), 2.4455779, 1e-7);
  EXPECT_NEAR(student_t_975(7), 2.3639134, 1e-7);
}

TEST(RatioSums, ByHand) {
  RatioSums sums;
  sums.add(1, 10);
  sums.add(2, 10);
  sums.add(3, 10);
  const Estimate estimate = sums.estimate(0);
  EXPECT_DOUBLE_EQ(estimate.value, 0.2);
  EXPECT_NEAR(estimate.half, 4.303 * std::sqrt(1.0 / 3) / 10, 1e-4);
  EXPECT_NEAR(sums.estimate(0.75).half, estimate.half / 2, 1e-9);  // three quarters are known exactly
}

TEST(RatioSums, ARatioThatIsTheSameInEveryWindowIsCertain) {
  RatioSums sums;
  for (int i = 1; i < 20; ++i) sums.add(3.0 * i, 4.0 * i);
  EXPECT_DOUBLE_EQ(sums.estimate(0).value, 0.75);
  EXPECT_NEAR(sums.estimate(0).half, 0, 1e-6);
}

TEST(RatioSums, ContainsTheTrueRatio95TimesIn100) {
  std::mt19937_64 random(1);  // NOLINT(bugprone-random-generator-seed): repeatable
  std::uniform_real_distribution<double> noise(0, 2);
  int inside = 0;
  constexpr int trials = 2000;
  for (int trial = 0; trial < trials; ++trial) {
    RatioSums sums;
    for (int window = 0; window < 30; ++window) {
      const double b = 1 + noise(random);
      sums.add(b * (0.5 + noise(random)), b);
    }
    const Interval interval = sums.estimate(0).interval();
    inside += interval.low <= 1.5 && 1.5 <= interval.high ? 1 : 0;
  }
  EXPECT_NEAR(inside, 0.95 * trials, 0.02 * trials);
}

StatSet window(std::uint64_t misses, std::uint64_t lookups, std::uint64_t tables, const Histogram& latency) {
  StatSet figures;
  figures.count("misses", misses, "lookups", "");
  figures.ratio("miss_share", misses, lookups, "share", "");
  figures.count("tables", tables, "tables", "").at_end();
  figures.count_if_any("rare", misses == 4 ? 1 : 0, "events", "");
  figures.distribution("latency", latency, "cycles", "");
  figures.largest("latency.depth", misses, "levels", "");
  return figures;
}

TEST(SampledFigures, EstimateTheWholeTrace) {
  Histogram fast;
  for (int i = 0; i < 9; ++i) fast.add(10);
  Histogram slow;
  slow.add(110);
  SampledFigures sampled;
  sampled.add(window(2, 10, 1, fast), 100);
  sampled.add(window(4, 10, 2, slow), 100);
  SampleSummary sample;
  sample.records = 1000;
  const StatSet all = sampled.estimate(window(0, 0, 7, {}), sample);
  EXPECT_EQ(sample.measured, 200U);
  EXPECT_EQ(all.at("misses").count, 30U);
  EXPECT_DOUBLE_EQ(all.at("miss_share").real, 0.3);
  EXPECT_EQ(all.at("rare").count, 5U);
  EXPECT_EQ(all.at("tables").count, 7U);
  EXPECT_DOUBLE_EQ(all.at("latency.mean").real, 20);
  EXPECT_EQ(all.at("latency.p50").count, 10U);
  EXPECT_EQ(all.at("latency.p99").count, 110U);
  EXPECT_EQ(all.at("latency.max").count, 110U);
  EXPECT_EQ(all.at("latency.depth").count, 4U) << "of its own, though it has the distribution's name";
  EXPECT_NEAR(sample.intervals.at("misses").low, 30 - 12.706 * 10 * std::sqrt(0.8), 0.01);
  EXPECT_EQ(sample.intervals.count("tables"), 0U);
  EXPECT_EQ(sample.intervals.count("latency.max"), 0U);
  EXPECT_EQ(all.distributions().front().buckets.front().count, 45U);
}

/// A value that was seen was seen at least once, even if the windows have more records than the estimate is for.
TEST(SampledFigures, NoBucketOfADistributionBecomesEmpty) {
  Histogram values;
  values.add(10);
  SampledFigures sampled;
  sampled.add(window(2, 10, 1, values), 100);
  sampled.add(window(4, 10, 2, {}), 100);
  SampleSummary sample;
  sample.records = 50;
  EXPECT_EQ(sample.windows(), 0u);
  EXPECT_EQ(sampled.estimate(window(0, 0, 7, {}), sample).distributions().front().buckets.front().count, 1u);
}

TEST(SampledFigures, StatesAtTheEndAreUnknownIfRecordsWereSkipped) {
  SampledFigures sampled;
  sampled.add(window(2, 10, 1, {}), 100);
  sampled.add(window(4, 10, 2, {}), 100);
  SampleSummary sample;
  sample.records = 1000;
  sample.skips = true;
  EXPECT_EQ(sampled.estimate(window(0, 0, 7, {}), sample).find("tables"), nullptr);
}

}  // namespace
}  // namespace tablewalk::sample_test
