#include "system/shard_spec.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace tablewalk::shard_spec_test {
namespace {

using ::testing::HasSubstr;

std::string refusal(ShardSpec (*parse)(const std::string&), const std::string& text,
                    std::optional<std::uint64_t> records = 1'000'000) {
  try {
    plan_shard(parse(text), records, 0);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(ShardSpec, PartsFollowEachOtherAndCoverTheTrace) {
  for (const std::uint64_t records : {7U, 8U, 1000U, 1001U, 4'000'003U}) {
    for (const std::uint64_t count : {1U, 2U, 3U, 7U}) {
      ShardSpec spec;
      spec.count = count;
      std::uint64_t next = 50;
      for (spec.number = 1; spec.number <= count; ++spec.number) {
        const ShardPlan plan = plan_shard(spec, records, 50);
        EXPECT_EQ(plan.first, next);
        EXPECT_GE(plan.end - plan.first, records / count);
        EXPECT_LE(plan.end - plan.first, records / count + 1);
        next = plan.end;
      }
      EXPECT_EQ(next, 50 + records);
    }
  }
}

TEST(ShardSpec, SomeRecordsBeforeAPartHaveTiming) {
  const ShardPlan all = plan_shard(parse_shard_spec("2/4,warm=500"), 4000, 0);
  EXPECT_EQ(all.first, 1000U);
  EXPECT_EQ(all.timed_from, 500U);
  EXPECT_EQ(all.warm_from, 0U);
  EXPECT_EQ(plan_shard(parse_shard_spec("2/4"), 4000, 0).timed_from, 0U);
  const ShardPlan reached = plan_shard(parse_shard_spec("4/4,warm=500,between=skip,reach=1K"), 4000, 0);
  EXPECT_EQ(reached.timed_from, 2500U);
  EXPECT_EQ(reached.warm_from, 1500U);
  EXPECT_EQ(plan_shard(parse_shard_spec("2/4,between=skip"), 4000, 0).warm_from, 0U);
}

TEST(ShardSpec, RefusesWhatItCannotDo) {
  for (const char* text : {"", "0", "-1", "x", "10001", "2.5", ",warm=1", "1/2"}) {
    EXPECT_THAT(refusal(parse_shards_spec, text), HasSubstr("from 1 to 10000")) << text;
  }
  for (const char* text : {"", "1", "0/2", "3/2", "1/", "/2", "1/0", "a/b", "1/10001", "1/2/3"}) {
    EXPECT_THAT(refusal(parse_shard_spec, text), HasSubstr("expected K/N")) << text;
  }
  EXPECT_THAT(refusal(parse_shards_spec, "2,wrm=5"), HasSubstr("did you mean 'warm'?"));
  EXPECT_THAT(refusal(parse_shards_spec, "2,warm=x"), HasSubstr("--shards: warm=x: expected a whole number"));
  EXPECT_THAT(refusal(parse_shards_spec, "2,between=time"), HasSubstr("expected warm or skip"));
  EXPECT_THAT(refusal(parse_shard_spec, "1/2,reach=5"), HasSubstr("reach without between=skip"));
  EXPECT_THAT(refusal(parse_shard_spec, "1/2", std::nullopt), HasSubstr("does not record its length"));
  EXPECT_THAT(refusal(parse_shard_spec, "1/5", 4), HasSubstr("5 parts of 4 records"));
}

}  // namespace
}  // namespace tablewalk::shard_spec_test
