#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "base/error.h"
#include "stats/histogram.h"
#include "stats/stat_set.h"

namespace tablewalk::stats_test {
namespace {

/// The nearest-rank percentile, by sorting.
std::uint64_t sorted_percentile(std::vector<std::uint64_t> values, double percent) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

TEST(Histogram, PercentilesEqualThoseOfSortedValuesBelowTheExactLimit) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 50; ++round) {
    Histogram histogram;
    std::vector<std::uint64_t> values(1 + random() % 2000);
    const std::uint64_t range = 1 + random() % Histogram::exact_limit;
    for (std::uint64_t& value : values) histogram.add(value = random() % range);
    for (const double percent : {0.0, 1.0, 50.0, 95.0, 99.0, 99.9, 100.0}) {
      ASSERT_EQ(histogram.percentile(percent), sorted_percentile(values, percent)) << percent << " %";
    }
  }
}

TEST(Histogram, LargeValuesCountAtALowerEdgeWithinOneSixtyFourth) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 2000; ++round) {
    const std::uint64_t value = (random() >> (random() % 50)) | Histogram::exact_limit;
    Histogram histogram;
    histogram.add(value);
    const std::uint64_t low = histogram.percentile(50);
    ASSERT_LE(low, value);
    ASSERT_LE(value - low, value / 64) << value;
    ASSERT_EQ(histogram.max(), value);
  }
}

TEST(Histogram, BothSidesOfTheExactLimitAreKept) {
  Histogram histogram;
  histogram.add(Histogram::exact_limit - 1);
  histogram.add(Histogram::exact_limit);
  histogram.add(Histogram::exact_limit + Histogram::exact_limit / 64 - 1);
  histogram.add(Histogram::exact_limit + Histogram::exact_limit / 64);
  const auto buckets = histogram.nonempty_buckets();
  ASSERT_EQ(buckets.size(), 3U);
  EXPECT_EQ(buckets[0].low, Histogram::exact_limit - 1);
  EXPECT_EQ(buckets[1].low, Histogram::exact_limit);
  EXPECT_EQ(buckets[1].count, 2U);
  EXPECT_EQ(buckets[2].low, Histogram::exact_limit + Histogram::exact_limit / 64);
  EXPECT_EQ(buckets[0].high, buckets[0].low);
  EXPECT_EQ(buckets[1].high, buckets[2].low - 1);
}

TEST(Histogram, BucketsHoldTheirValuesAndMeetWithoutAGap) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    const std::uint64_t value = random() >> (random() % 64);
    Histogram histogram;
    histogram.add(value);
    const Histogram::Bucket bucket = histogram.nonempty_buckets().at(0);
    ASSERT_LE(bucket.low, value);
    ASSERT_GE(bucket.high, value);
    if (bucket.high == std::numeric_limits<std::uint64_t>::max()) continue;
    histogram.add(bucket.high);
    ASSERT_EQ(histogram.nonempty_buckets().size(), 1U) << value;
    histogram.add(bucket.high + 1);
    ASSERT_EQ(histogram.nonempty_buckets().size(), 2U) << value;
    ASSERT_EQ(histogram.nonempty_buckets()[1].low, bucket.high + 1);
  }
}

TEST(Histogram, TheLastBucketEndsAtTheLargestValueThereIs) {
  Histogram histogram;
  histogram.add(std::numeric_limits<std::uint64_t>::max());
  ASSERT_EQ(histogram.nonempty_buckets().size(), 1U);
  EXPECT_EQ(histogram.nonempty_buckets()[0].high, std::numeric_limits<std::uint64_t>::max());
}

TEST(Histogram, SumOfTwoIsTheHistogramOfBoth) {
  Histogram first, second, both;
  for (const std::uint64_t value : {3U, 70000U, 5U}) {
    first.add(value);
    both.add(value);
  }
  for (const std::uint64_t value : {900000U, 5U}) {
    second.add(value);
    both.add(value);
  }
  first.add(second);
  EXPECT_EQ(first.count(), both.count());
  EXPECT_EQ(first.sum(), both.sum());
  EXPECT_EQ(first.max(), both.max());
  EXPECT_EQ(first.percentile(50), both.percentile(50));
  EXPECT_EQ(first.nonempty_buckets().size(), both.nonempty_buckets().size());
}

TEST(Histogram, EmptyOneIsZeroEverywhere) {
  const Histogram histogram;
  EXPECT_EQ(histogram.percentile(99), 0U);
  EXPECT_EQ(histogram.mean(), 0.0);
  EXPECT_TRUE(histogram.nonempty_buckets().empty());
}

TEST(StatSet, FigureDeclaredTwiceIsADefect) {
  StatSet stats;
  stats.count("a.b", 1, "", "");
  EXPECT_THROW(stats.real("a.b", 1, "", ""), LawViolation);
  EXPECT_THROW(stats.add(StatSet::Figure{"a.b", "", "", true, 0, 0}), LawViolation);
  stats.add(StatSet::Distribution{"d", "", "", {}});
  EXPECT_THROW(stats.add(StatSet::Distribution{"d", "", "", {}}), LawViolation);
}

TEST(StatSet, PerKiloInstructionNeedsTheInstructions) {
  StatSet stats;
  stats.per_kilo_instruction("dtlb.mpki", 5, "misses", "");
  EXPECT_EQ(stats.find("dtlb.mpki"), nullptr);
  stats.count("core.instructions", 400, "instructions", "");
  stats.per_kilo_instruction("dtlb.mpki", 5, "misses", "");
  EXPECT_EQ(stats.at("dtlb.mpki").real, 12.5);
}

TEST(StatSet, DistributionGivesItsFiveFigures) {
  Histogram histogram;
  for (std::uint64_t i = 1; i <= 100; ++i) histogram.add(i);
  StatSet stats;
  stats.distribution("w.latency_cycles", histogram, "cycles", "latency");
  EXPECT_EQ(stats.at("w.latency_cycles.mean").real, 50.5);
  EXPECT_EQ(stats.at("w.latency_cycles.p50").count, 50U);
  EXPECT_EQ(stats.at("w.latency_cycles.p95").count, 95U);
  EXPECT_EQ(stats.at("w.latency_cycles.p99").count, 99U);
  EXPECT_EQ(stats.at("w.latency_cycles.max").count, 100U);
  EXPECT_EQ(stats.distributions().at(0).buckets.size(), 100U);
}

TEST(StatSet, APartOfADistributionCanBeAKeyFigure) {
  StatSet stats;
  stats.distribution("w.latency_cycles", {}, "cycles", "latency").explain("all of them").key("mean", "on average");
  EXPECT_TRUE(stats.at("w.latency_cycles.mean").key);
  EXPECT_EQ(stats.at("w.latency_cycles.mean").explanation, "on average");
  EXPECT_FALSE(stats.at("w.latency_cycles.p95").key);
  EXPECT_EQ(stats.distributions().at(0).explanation, "all of them");
}

TEST(StatSet, UnknownFigureNamesTheNearest) {
  StatSet stats;
  stats.count("dtlb.hits", 1, "", "");
  EXPECT_EQ(stats.find("dtlb.hit"), nullptr);
  try {
    stats.at("dtlb.hit");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "no statistic 'dtlb.hit' (did you mean 'dtlb.hits'?)");
  }
}

TEST(Ratio, OfNothingIsZero) {
  EXPECT_EQ(ratio(3, 0), 0.0);
  EXPECT_EQ(ratio(3, 4), 0.75);
}

}  // namespace
}  // namespace tablewalk::stats_test
