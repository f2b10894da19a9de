#include "report/result_json.h"
#include "stats/translation_cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "unit/report/example_result.h"

namespace tablewalk::result_json_test {
namespace {

TEST(ResultJson, ReadBackHasItsWarnings) {
  RunResult result = example_result();
  result.warnings = {"half of the trace", "no layout"};
  EXPECT_EQ(result_from_json(result_to_json(result), "r.json").warnings, result.warnings);
}

TEST(ResultJson, ReadBackAndWrittenAgainGivesTheSameBytes) {
  const std::string text = result_to_json(example_result());
  EXPECT_EQ(result_to_json(result_from_json(text, "r.json")), text);
}

TEST(ResultJson, ReadBackKeepsEveryFigureAndDistribution) {
  const RunResult before = example_result();
  const RunResult after = result_from_json(result_to_json(before), "r.json");
  ASSERT_EQ(after.stats.figures().size(), before.stats.figures().size());
  for (std::size_t i = 0; i < before.stats.figures().size(); ++i) {
    const auto& a = before.stats.figures()[i];
    const auto& b = after.stats.figures()[i];
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.unit, b.unit);
    EXPECT_EQ(a.meaning, b.meaning);
    EXPECT_EQ(a.whole, b.whole);
    EXPECT_EQ(a.count, b.count);
    EXPECT_EQ(a.real, b.real);
  }
  ASSERT_EQ(after.stats.distributions().size(), 1U);
  const auto& buckets = before.stats.distributions()[0].buckets;
  ASSERT_EQ(after.stats.distributions()[0].buckets.size(), buckets.size());
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    EXPECT_EQ(after.stats.distributions()[0].buckets[i].low, buckets[i].low);
    EXPECT_EQ(after.stats.distributions()[0].buckets[i].high, buckets[i].high);
    EXPECT_EQ(after.stats.distributions()[0].buckets[i].count, buckets[i].count);
  }
  EXPECT_EQ(after.config, before.config);
  EXPECT_EQ(after.trace.checksum, "0123456789abcdef");
  EXPECT_EQ(after.trace.records, 1234567U);
}

TEST(ResultJson, NamesTheMemoryImageOfARunThatHadOne) {
  RunResult result = example_result();
  EXPECT_EQ(result_to_json(result).find("\"image\""), std::string::npos);
  result.image = {"pages.bin.zst", "pages", "0x2016000"};
  const std::string text = result_to_json(result);
  EXPECT_EQ(nlohmann::json::parse(text)["image"]["root"], "0x2016000");
  EXPECT_EQ(result_to_json(result_from_json(text, "r.json")), text);
}

TEST(ResultJson, HasTheDocumentedLayout) {
  const auto json = nlohmann::ordered_json::parse(result_to_json(example_result()));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(keys,
              testing::ElementsAre("schema", "version", "config", "trace", "cost", "stats", "histograms", "meaning"));
  EXPECT_EQ(json["schema"], "tablewalk.result/2");
  EXPECT_EQ(json["stats"]["tables.bytes"], 8832);
  EXPECT_EQ(json["meaning"]["tables.bytes"]["unit"], "bytes");
  EXPECT_EQ(json["histograms"]["walker.latency_cycles"][0], (nlohmann::ordered_json{20, 20, 22}));
  EXPECT_EQ(json["config"]["seed"].get<std::uint64_t>(), 18446744073709551615U);
}

TEST(ResultJson, SaysWhetherTheCostWasMeasuredAndKeepsItsSign) {
  RunResult result = example_result();
  leave_cost_out(result, "--no-cost");
  const std::string without = result_to_json(result);
  EXPECT_EQ(nlohmann::json::parse(without)["cost"]["measured"], false);
  EXPECT_EQ(nlohmann::json::parse(without)["cost"]["reason"], "--no-cost");
  EXPECT_EQ(result_to_json(result_from_json(without, "r.json")), without);

  RunResult slower_when_free = example_result();
  slower_when_free.stats = {};
  slower_when_free.stats.count("core.cycles", 4567890123 + 5, "cycles", "cycles");
  add_translation_cost(result, slower_when_free);
  const std::string with = result_to_json(result);
  EXPECT_EQ(nlohmann::json::parse(with)["stats"]["translation.cost_cycles"], -5);
  EXPECT_EQ(nlohmann::json::parse(with)["cost"]["free_translation_cycles"], 4567890128);
  EXPECT_EQ(result_to_json(result_from_json(with, "r.json")), with);
}

TEST(ResultJson, PartialIsSaidOnlyOfPartialResults) {
  RunResult result = example_result();
  EXPECT_EQ(result_to_json(result).find("partial"), std::string::npos);
  result.partial = true;
  EXPECT_NE(result_to_json(result).find("\"partial\": true"), std::string::npos);
  EXPECT_TRUE(result_from_json(result_to_json(result), "r.json").partial);
}

TEST(ResultJson, RealThatHappensToBeWholeStaysReal) {
  RunResult result;
  result.stats.real("a.b", 2.0, "", "");
  result.stats.real("a.c", 0.1, "", "");
  const std::string text = result_to_json(result);
  EXPECT_NE(text.find("\"a.b\": 2.0"), std::string::npos);
  EXPECT_NE(text.find("\"a.c\": 0.1"), std::string::npos);
  EXPECT_FALSE(result_from_json(text, "r.json").stats.at("a.b").whole);
}

TEST(ResultJson, NoFiniteNumberIsADefect) {
  RunResult result;
  result.stats.real("a.b", 1.0 / 0.0, "", "");
  EXPECT_THROW(result_to_json(result), LawViolation);
}

TEST(ResultJson, ForeignTextIsNamed) {
  const auto problem = [](const std::string& text) -> std::string {
    try {
      result_from_json(text, "r.json");
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(problem("{\"schema\": \"other/2\"}"), "r.json: schema is 'other/2': expected 'tablewalk.result/2'");
  EXPECT_EQ(problem("{\"schema\": \"tablewalk.result/1\"}"),
            "r.json: schema is 'tablewalk.result/1': expected 'tablewalk.result/2'")
      << "its histograms have no upper edges";
  EXPECT_THAT(problem("{"), testing::StartsWith("r.json: expected a result of tablewalk (tablewalk.result/2): "));
  EXPECT_THAT(problem("{\"schema\": \"tablewalk.result/2\"}"), testing::StartsWith("r.json: expected a result"));
}

}  // namespace
}  // namespace tablewalk::result_json_test
