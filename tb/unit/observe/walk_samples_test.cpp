#include "observe/walk_samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tablewalk::walk_samples_test {
namespace {

SampledWalk walk(std::uint64_t number, std::uint64_t cycles) {
  SampledWalk walk;
  walk.number = number;
  walk.record.requested = walk.record.taken = Cycles(number * 10);
  walk.record.answered = Cycles(number * 10 + cycles);
  return walk;
}

/// Cycles without order, so that the slowest are anywhere.
std::uint64_t cycles_of_number(std::uint64_t number) {
  return number * 0x9e3779b97f4a7c15U >> 44;
}

WalkSamples samples_of(std::uint64_t count) {
  WalkSamples samples;
  for (std::uint64_t number = 1; number <= count; ++number) samples.add(walk(number, cycles_of_number(number)));
  return samples;
}

std::set<std::uint64_t> numbers_of(const WalkSamples& samples) {
  std::set<std::uint64_t> numbers;
  for (const SampledWalk& one : samples.walks()) numbers.insert(one.number);
  return numbers;
}

TEST(WalkSamples, KeepsAllWalksOfAShortRunInTheirOrder) {
  const std::vector<SampledWalk> walks = samples_of(1000).walks();
  ASSERT_EQ(walks.size(), 1000U);
  for (std::uint64_t i = 0; i < walks.size(); ++i) EXPECT_EQ(walks[i].number, i + 1);
}

TEST(WalkSamples, KeepsABoundedNumberOfALongRunWithTheFirstAndTheLast) {
  const WalkSamples samples = samples_of(300'001);
  EXPECT_EQ(samples.seen(), 300'001U);
  const std::set<std::uint64_t> numbers = numbers_of(samples);
  EXPECT_EQ(numbers.size(), samples.walks().size()) << "a walk is kept twice";
  EXPECT_LE(numbers.size(), WalkSamples::most_walks);
  EXPECT_GT(numbers.size(), WalkSamples::most_walks / 2);
  constexpr std::uint64_t first = WalkSamples::run_length * WalkSamples::first_runs;
  for (std::uint64_t number = 1; number <= first; ++number) EXPECT_EQ(numbers.count(number), 1U) << number;
  EXPECT_EQ(numbers.count(300'001), 1U);
}

TEST(WalkSamples, SamplesTheWholeRunAndNotOnlyItsBeginning) {
  const std::set<std::uint64_t> numbers = numbers_of(samples_of(200'000));
  for (std::uint64_t part = 0; part < 4; ++part) {
    const auto from = numbers.lower_bound(part * 50'000 + 1);
    const auto to = numbers.lower_bound((part + 1) * 50'000);
    EXPECT_GT(std::distance(from, to), 100) << "quarter " << part;
  }
}

TEST(WalkSamples, KnowsTheSlowestWalksExactlyAndHasThemInTheSample) {
  constexpr std::uint64_t count = 50'000;
  std::vector<std::uint64_t> expected(count);
  for (std::uint64_t i = 0; i < count; ++i) expected[i] = i + 1;
  std::stable_sort(expected.begin(), expected.end(),
                   [](std::uint64_t a, std::uint64_t b) { return cycles_of_number(a) > cycles_of_number(b); });
  expected.resize(WalkSamples::slowest_walks);
  const WalkSamples samples = samples_of(count);
  EXPECT_EQ(samples.slowest(), expected);
  const std::set<std::uint64_t> numbers = numbers_of(samples);
  for (const std::uint64_t number : expected) EXPECT_EQ(numbers.count(number), 1U) << number;
}

TEST(WalkSamples, ShowsTheNeighboursOfTheSlowestWalk) {
  WalkSamples samples;
  constexpr std::uint64_t slow = 150'010;
  for (std::uint64_t number = 1; number <= 200'000; ++number) samples.add(walk(number, number == slow ? 900 : 5));
  const std::set<std::uint64_t> numbers = numbers_of(samples);
  for (std::uint64_t number = slow - 5; number <= slow + 5; ++number) EXPECT_EQ(numbers.count(number), 1U) << number;
}

TEST(WalkSamples, EqualRunsKeepEqualWalks) {
  EXPECT_EQ(numbers_of(samples_of(77'777)), numbers_of(samples_of(77'777)));
}

TEST(WalkSamples, WritesARowWithTheBankOfAReadThatDramServed) {
  SampledWalk one = walk(7, 200);
  one.asked = Cycles(60);
  one.record.va = VirtualAddress(0xffff'8000'0000'1000);
  one.record.entry_reads = 2;
  one.record.reads[0] = {1, false, PhysicalAddress(0x3008), Cycles(72), Cycles(80), ServedBy::L2};
  one.record.reads[1] = {0, false, PhysicalAddress(0x4010), Cycles(81), Cycles(260), ServedBy::Dram};
  const AddressMap banks(DramConfig{}, 64);
  const nlohmann::ordered_json json = walks_to_rows({one}, banks);
  ASSERT_EQ(json["rows"].size(), 1U);
  const auto& row = json["rows"][0];
  ASSERT_EQ(row.size(), json["columns"].size());
  const auto value = [&](const std::string& column) {
    const auto& columns = json["columns"];
    return row[static_cast<std::size_t>(std::find(columns.begin(), columns.end(), column) - columns.begin())];
  };
  EXPECT_EQ(value("number"), 7);
  EXPECT_EQ(value("va"), "0xffff800000001000");
  EXPECT_EQ(value("asked"), 60);
  EXPECT_TRUE(value("delivered").is_null());
  ASSERT_EQ(value("reads").size(), 2U);
  EXPECT_EQ(value("reads")[0], nlohmann::ordered_json({1, 0, "0x3008", 72, 80, "l2"}));
  const DramLocation at = banks.locate(PhysicalAddress(0x4010));
  EXPECT_EQ(value("reads")[1][6], nlohmann::ordered_json({at.channel, at.rank, at.bank, at.row}));
}

}  // namespace
}  // namespace tablewalk::walk_samples_test
