#include "observe/run_intervals.h"

#include <gtest/gtest.h>

namespace tablewalk::run_intervals_test {
namespace {

std::uint64_t sum_of(const nlohmann::ordered_json& json, std::size_t column) {
  std::uint64_t sum = 0;
  for (const auto& row : json["rows"]) sum += row[column].get<std::uint64_t>();
  return sum;
}

constexpr std::size_t translations = 2;
constexpr std::size_t misses = 3;
constexpr std::size_t walks = 5;
constexpr std::size_t wait_cycles = 7;
constexpr std::size_t pages = 8;

TEST(PageSketch, CountsFewNumbersNearlyExactlyAndManyWithinTenPercent) {
  for (const std::uint64_t count : {0U, 1U, 10U, 100U, 1000U, 10'000U, 1'000'000U}) {
    PageSketch sketch;
    for (std::uint64_t i = 0; i < count; ++i) {
      sketch.add(i << 9);
      sketch.add(i << 9);  // a second time
    }
    const double tolerance = count <= 100 ? 1 + 0.05 * static_cast<double>(count) : 0.1 * static_cast<double>(count);
    EXPECT_NEAR(static_cast<double>(sketch.count()), static_cast<double>(count), tolerance) << count;
  }
}

TEST(PageSketch, AUnionCountsCommonNumbersOnce) {
  PageSketch a;
  PageSketch b;
  for (std::uint64_t i = 0; i < 200; ++i) a.add(i);
  for (std::uint64_t i = 100; i < 300; ++i) b.add(i);
  a.unite(b);
  EXPECT_NEAR(static_cast<double>(a.count()), 300, 20);
}

TEST(RunIntervals, HaveEquallyManyTranslations) {
  RunIntervals intervals;
  for (std::uint64_t i = 0; i < 3 * RunIntervals::first_length + 10; ++i) intervals.requested(i % 7, Cycles(2 * i));
  const auto json = intervals.json();
  ASSERT_EQ(json["rows"].size(), 4U);
  EXPECT_EQ(json["translations_each"], RunIntervals::first_length);
  EXPECT_EQ(json["rows"][1][0], 2 * RunIntervals::first_length);
  EXPECT_EQ(json["rows"][1][translations], RunIntervals::first_length);
  EXPECT_EQ(json["rows"][1][pages], 7);
  EXPECT_EQ(json["rows"][3][translations], 10);
}

TEST(RunIntervals, AreBoundedAndKeepTheirSums) {
  RunIntervals intervals;
  constexpr std::uint64_t count = 5'000'000;
  for (std::uint64_t i = 0; i < count; ++i) {
    intervals.requested(i >> 4, Cycles(i));
    if (i % 10 == 0) intervals.answered_late(5);
    if (i % 100 == 0) intervals.walked(20, 3);
  }
  const auto json = intervals.json();
  EXPECT_LE(json["rows"].size(), RunIntervals::most_intervals);
  EXPECT_GE(json["rows"].size(), RunIntervals::most_intervals / 2);
  EXPECT_EQ(sum_of(json, translations), count);
  EXPECT_EQ(sum_of(json, misses), count / 10);
  EXPECT_EQ(sum_of(json, walks), count / 100);
  EXPECT_EQ(sum_of(json, wait_cycles), 3 * count / 100);
  EXPECT_EQ(json["rows"].back()[1], count - 1);
}

}  // namespace
}  // namespace tablewalk::run_intervals_test
