#include "stats/shards.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "stats/result.h"

namespace tablewalk::shards_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A shard of a trace of 100 records, in `count` parts.
RunResult shard(std::uint64_t number, std::uint64_t count, std::uint64_t walks = 1) {
  RunResult result;
  result.version = "1";
  ShardSummary& summary = result.shards.emplace();
  summary.count = count;
  summary.contents = "trace";
  summary.parts.push_back({number, 100 * (number - 1) / count, 100 * number / count, 10 * number});
  Histogram latency;
  for (std::uint64_t i = 0; i < walks; ++i) latency.add(number);
  result.stats.count("walker.walks", walks, "walks", "walks");
  result.stats.ratio("share", walks, 10, "share", "share");
  result.stats.distribution("latency", latency, "cycles", "latency");
  result.stats.count("tables.count", 7 * number, "tables", "tables").at_end();
  result.cost = {true, {}, 100 * number};
  return result;
}

std::string refusal(std::vector<RunResult> shards) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < shards.size(); ++i) names.push_back("file" + std::to_string(i));
  try {
    merge_shards(std::move(shards), names);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(MergeShards, AddsCountsAndKeepsTheStateAtTheEnd) {
  const RunResult merged = merge_shards({shard(3, 3, 6), shard(1, 3, 1), shard(2, 3, 3)}, {"c", "a", "b"});
  EXPECT_EQ(merged.stats.at("walker.walks").count, 10U);
  EXPECT_DOUBLE_EQ(merged.stats.at("share").real, 10 / 30.0);
  EXPECT_DOUBLE_EQ(merged.stats.at("latency.mean").real, (1 + 6 + 18) / 10.0);
  EXPECT_EQ(merged.stats.at("latency.max").count, 3U);
  EXPECT_EQ(merged.stats.at("tables.count").count, 21U);
  EXPECT_EQ(merged.cost.free_cycles, 600U);
  ASSERT_EQ(merged.shards->parts.size(), 3U);
  EXPECT_EQ(merged.shards->parts[1].cycles, 20U);
  EXPECT_FALSE(merged.shards->is_part());
}

TEST(MergeShards, LeavesOutTheStateAtTheEndIfRecordsWereSkipped) {
  std::vector<RunResult> shards = {shard(1, 2), shard(2, 2)};
  for (RunResult& one : shards) one.shards->skips = true;
  EXPECT_EQ(merge_shards(shards, {"a", "b"}).stats.find("tables.count"), nullptr);
}

TEST(MergeShards, KeepsEachWarningOnceAndSaysThatSumsAreAnEstimate) {
  std::vector<RunResult> shards = {shard(1, 2), shard(2, 2)};
  shards[0].warnings = {"of both", "of the first"};
  shards[1].warnings = {"of both"};
  EXPECT_THAT(merge_shards(shards, {"a", "b"}).warnings,
              ElementsAre("of both", "of the first", "2 shards, added up: an estimate"));
  EXPECT_THAT(merge_shards({shard(1, 1)}, {"a"}).warnings, IsEmpty()) << "it is the whole run";
}

TEST(MergeShards, RefusesWhatIsNotOneRun) {
  EXPECT_THAT(refusal({}), HasSubstr("no shards"));
  EXPECT_THAT(refusal({shard(1, 2)}), HasSubstr("shard 2 of 2 is missing"));
  EXPECT_THAT(refusal({shard(2, 3), shard(3, 3)}), HasSubstr("shard 1 of 3 is missing"));
  EXPECT_THAT(refusal({shard(1, 2), shard(2, 2), shard(1, 2)}), HasSubstr("file0 and file2: both are shard 1"));
  EXPECT_THAT(refusal({shard(1, 2), RunResult()}), HasSubstr("file1: not the result of one shard"));
  const auto refused = [](const std::function<void(RunResult&)>& change) {
    RunResult other = shard(2, 2);
    change(other);
    return refusal({shard(1, 2), std::move(other)});
  };
  EXPECT_EQ(refused([](RunResult&) {}), "");
  EXPECT_THAT(refused([](RunResult& other) { other.version = "2"; }), HasSubstr("the version"));
  EXPECT_THAT(refused([](RunResult& other) { other.config = 5; }), HasSubstr("the machine"));
  EXPECT_THAT(refused([](RunResult& other) { other.shards->contents = "another"; }), HasSubstr("the trace"));
  EXPECT_THAT(refused([](RunResult& other) { other.shards->warm = 5; }), HasSubstr("the records before"));
  EXPECT_THAT(refused([](RunResult& other) { other.cost.measured = false; }), HasSubstr("the cost of translation"));
  EXPECT_THAT(refused([](RunResult& other) { other.partial = true; }), HasSubstr("file1: the run was stopped"));
  EXPECT_THAT(refused([](RunResult& other) { other.shards->parts.front().first = 51; }),
              HasSubstr("does not begin where file0 ends"));
}

}  // namespace
}  // namespace tablewalk::shards_test
