// The counts of `trace info`, compared with an independent script and with the definition.
#include "trace/trace_statistics.h"

#include <gmock/gmock.h>

#include <list>
#include <nlohmann/json.hpp>

#include "trace/generate.h"
#include "unit/trace/trace_test_support.h"

namespace tablewalk::statistics_test {
namespace {

const std::string golden = std::string(TABLEWALK_SOURCE_DIR) + "/tb/golden/traces/";

class Oracle : public ::testing::TestWithParam<const char*> {};

void expect_reuse(const ReuseDistances& reuse, const nlohmann::json& stream, const std::string& name) {
  EXPECT_EQ(reuse.lookups(), stream["lookups"].get<std::uint64_t>()) << name;
  EXPECT_EQ(reuse.distinct(), stream["cold"].get<std::uint64_t>()) << name;
  for (const auto& [entries, misses] : stream["lru_fully_assoc_by_entries"].items()) {
    EXPECT_EQ(reuse.lookups() - reuse.below(std::stoull(entries)), misses.get<std::uint64_t>())
        << name << " with " << entries << " entries";
  }
}

TEST_P(Oracle, CountsAreThoseOfTheIndependentScript) {
  const auto oracle = nlohmann::json::parse(test::content_of(golden + GetParam() + ".oracle.json"));
  const auto reader = open_trace(golden + GetParam() + ".twt");
  const TraceStatistics statistics = measure_trace(*reader);
  const auto& lines = oracle["lines"];
  EXPECT_EQ(statistics.by_kind[0], lines["I"].get<std::uint64_t>());
  EXPECT_EQ(statistics.by_kind[1], lines["L"].get<std::uint64_t>());
  EXPECT_EQ(statistics.by_kind[2], lines["S"].get<std::uint64_t>());
  EXPECT_EQ(statistics.by_kind[3], lines["M"].get<std::uint64_t>());
  EXPECT_EQ(statistics.records, *reader->description().records);
  EXPECT_EQ(statistics.pages_4k, oracle["pages_4k"]["both"].get<std::uint64_t>());
  EXPECT_EQ(statistics.regions_2m, oracle["regions_2m"]["both"].get<std::uint64_t>());
  EXPECT_EQ(statistics.lowest >> 12, oracle["min_page"].get<std::uint64_t>());
  EXPECT_EQ(statistics.highest >> 12, oracle["max_page"].get<std::uint64_t>());
  const auto& straddles = oracle["page_straddles"];
  EXPECT_EQ(statistics.page_straddles, straddles["I"].get<std::uint64_t>() + straddles["D"].get<std::uint64_t>());
  expect_reuse(statistics.fetch_reuse, oracle["streams"]["I"], "instructions");
  expect_reuse(statistics.data_reuse, oracle["streams"]["D"], "data");
}

TEST_P(Oracle, SizesAreThoseOfTheIndependentScript) {
  const auto oracle = nlohmann::json::parse(test::content_of(golden + GetParam() + ".oracle.json"));
  std::map<std::string, std::map<std::string, std::uint64_t>> sizes;
  const auto reader = open_trace(golden + GetParam() + ".twt");
  std::vector<Record> batch(4096);
  while (const std::size_t count = reader->read(batch.data(), batch.size())) {
    for (std::size_t i = 0; i < count; ++i) {
      ++sizes[std::string(1, "ILSM"[static_cast<int>(batch[i].kind)])][std::to_string(batch[i].size)];
    }
  }
  for (const auto& [kind, expected] : oracle["sizes"].items()) {
    EXPECT_EQ(sizes[kind], (expected.get<std::map<std::string, std::uint64_t>>())) << kind;
  }
}

INSTANTIATE_TEST_SUITE_P(RealPrograms, Oracle, ::testing::Values("true", "sqlite", "perl", "gups"),
                         [](const auto& test) { return std::string(test.param); });

class Statistics : public test::TraceTest {};

TEST_F(Statistics, EventsAreCountedAndTouchNoPage) {
  const std::vector<Record> accesses{test::record(0x1ffc, 8, RecordKind::Load),
                                     test::supervisor(test::record(0x5000, 4, RecordKind::Store))};
  test::write_records(path("accesses.twt"), accesses);
  test::write_records(path("both.twt"), {test::invalidate_page(0x900000, 3), accesses[0], test::invalidate_asid(9),
                                         test::invalidate_all(), accesses[1], test::invalidate_page(0x1000)});
  const TraceStatistics without = measure_trace(*open_trace(path("accesses.twt")));
  const TraceStatistics with = measure_trace(*open_trace(path("both.twt")));
  EXPECT_EQ(with.records, 6u);
  EXPECT_EQ(with.accesses(), 2u);
  EXPECT_EQ(with.by_kind, (std::array<std::uint64_t, record_kinds>{0, 1, 1, 0, 2, 1, 1}));
  EXPECT_EQ(with.supervisor_accesses, 1u);
  EXPECT_EQ(with.pages_4k, without.pages_4k);
  EXPECT_EQ(with.address_spaces, 1u);
  ASSERT_EQ(with.threads.size(), 1u);
  EXPECT_EQ(with.threads[0].records, 6u);
  EXPECT_EQ(with.lowest, 0x1ffcu);
  EXPECT_EQ(with.highest, 0x5003u);
  EXPECT_EQ(with.bytes, without.bytes);
  EXPECT_EQ(with.data_reuse.lookups(), without.data_reuse.lookups());
}

TEST_F(Statistics, ATraceOfEventsAloneTouchesNothing) {
  test::write_records(path("a.twt"), {test::invalidate_page(0x900000, 3)});
  const TraceStatistics statistics = measure_trace(*open_trace(path("a.twt")));
  EXPECT_EQ(statistics.lowest, 0u);
  EXPECT_EQ(statistics.highest, 0u);
}

TEST(ReuseDistances, AreThoseOfALruList) {
  const std::uint64_t seed = test::printed_seed();
  std::mt19937_64 random(seed);
  ReuseDistances reuse;
  std::list<std::uint64_t> stack;
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t page = random() >> (random() % 8 + 54);
    const auto found = std::find(stack.begin(), stack.end(), page);
    const std::uint64_t expected =
        found == stack.end() ? ReuseDistances::never : static_cast<std::uint64_t>(std::distance(stack.begin(), found));
    ASSERT_EQ(reuse.look_up(page), expected) << "lookup " << i;
    stack.remove(page);
    stack.push_front(page);
  }
}

TEST(TraceStatistics, RangesAreSplitAtGapsOfTwoMebibytes) {
  GeneratorConfig config;
  config.pattern = Pattern::Stride;
  config.stride = 2 << 20;
  config.footprint = 6 << 20;
  config.count = 9;
  const TraceStatistics apart = measure_trace(*make_generator(config));
  ASSERT_EQ(apart.ranges.size(), 3u);
  EXPECT_EQ(apart.ranges[1].first, config.base + (2 << 20));
  EXPECT_EQ(apart.ranges[1].last, config.base + (2 << 20) + 4095);
  config.stride = (2 << 20) - 4096;
  const TraceStatistics together = measure_trace(*make_generator(config));
  EXPECT_EQ(together.ranges.size(), 1u);
  EXPECT_EQ(together.pages_4k, 4u);
}

}  // namespace
}  // namespace tablewalk::statistics_test
