#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/error.h"
#include "report/attribution_text.h"
#include "report/print_run.h"
#include "report/result_json.h"
#include "unit/report/example_result.h"

namespace tablewalk::attribution_test {
namespace {

using testing::HasSubstr;
using testing::Not;

Attribution example_attribution() {
  Attribution attribution;
  attribution.walks = 10;
  attribution.walk_cycles = 1000;
  attribution.region_bytes = 1 << 21;
  attribution.regions = {{"0x7f12_3400_0000..0x7f12_341f_ffff", 0x7f1234000000, 0, 6, 700},
                         {"0x0..0x1f_ffff", 0, 0, 3, 200},
                         {"0xffff_ffff_ffe0_0000..0xffff_ffff_ffff_ffff", 0xffffffffffe00000, 0, 1, 100}};
  attribution.levels = {{"level 0 reads", {}, 0, 10, 900}, {"walker steps", {}, 0, 10, 100}};
  attribution.instructions = {{"0x40_1000", 0x401000, 0, 6, 600}, {"others", {}, 0, 4, 400}};
  return attribution;
}

TEST(AttributionJson, ReadBackAndWrittenAgainGivesTheSameBytes) {
  RunResult result = example_result();
  EXPECT_EQ(result_to_json(result).find("\"attribution\""), std::string::npos);
  result.attribution = example_attribution();
  for (const std::size_t rows : {std::size_t{0}, std::size_t{1}, std::size_t{2}, Attribution::shown_rows}) {
    const std::string text = result_to_json(result, rows);
    EXPECT_EQ(result_to_json(result_from_json(text, "r.json"), rows), text);
  }
}

TEST(AttributionJson, HasTheDocumentedLayoutAndTheRowsThatWereAskedFor) {
  RunResult result = example_result();
  result.attribution = example_attribution();
  const auto json = nlohmann::json::parse(result_to_json(result, 1)).at("attribution");
  EXPECT_EQ(json["walks"], 10);
  EXPECT_EQ(json["walk_cycles"], 1000);
  EXPECT_EQ(json["region_bytes"], 2097152);
  ASSERT_EQ(json["regions"].size(), 2U);
  EXPECT_EQ(json["regions"][0]["name"], "0x7f12_3400_0000..0x7f12_341f_ffff");
  EXPECT_EQ(json["regions"][0]["address"], 0x7f1234000000);
  EXPECT_EQ(json["regions"][0]["asid"], 0);
  EXPECT_EQ(json["regions"][1], (nlohmann::json{{"name", "others"}, {"walks", 4}, {"walk_cycles", 300}}));
  EXPECT_EQ(json["levels"].size(), 2U) << "these are few: always all";
  EXPECT_EQ(json["instructions"].size(), 2U);
}

TEST(AttributionJson, AWrongOneIsNamed) {
  RunResult result = example_result();
  result.attribution = example_attribution();
  auto json = nlohmann::ordered_json::parse(result_to_json(result));
  json["attribution"]["regions"][0].erase("walks");
  EXPECT_THROW(result_from_json(json.dump(), "r.json"), InputError);
  json["attribution"] = 7;
  EXPECT_THROW(result_from_json(json.dump(), "r.json"), InputError);
}

TEST(AttributionText, HasSharesOfWalksAndOfCyclesAndBars) {
  const std::string text = attribution_text(example_attribution());
  EXPECT_THAT(text, HasSubstr("10 walks took 1,000 cycles"));
  EXPECT_THAT(text, HasSubstr("region of 2 MiB"));
  EXPECT_THAT(text, testing::ContainsRegex("0x7f12_3400_0000..0x7f12_341f_ffff +6 +60.00 % +700 +70.00 % +#{14}\n"));
  EXPECT_THAT(text, testing::ContainsRegex("level 0 reads +10 +100.00 % +900 +90.00 % +#{18}\n"));
  EXPECT_THAT(text, testing::ContainsRegex("0x40_1000 +6 +60.00 % +600 +60.00 % +#{12}\n"));
  EXPECT_THAT(text, Not(HasSubstr("@0"))) << "there is one address space";
}

TEST(AttributionText, ShowsTheRowsThatWereAskedForAndHowManyAreLeftOut) {
  const std::string text = attribution_text(example_attribution(), 1);
  EXPECT_THAT(text, testing::ContainsRegex("others \\(2 more rows\\) +4 +40.00 % +300"));
  EXPECT_THAT(text, Not(HasSubstr("0x1f_ffff")));
}

TEST(AttributionText, ShowsTheAddressSpaceWhereThereAreSeveral) {
  Attribution attribution = example_attribution();
  attribution.regions[1].asid = 3;
  const std::string text = attribution_text(attribution);
  EXPECT_THAT(text, HasSubstr("0x7f12_341f_ffff @0 "));
  EXPECT_THAT(text, HasSubstr("0x0..0x1f_ffff @3 "));
}

TEST(AttributionText, SaysWhatThereIsNot) {
  Attribution attribution = example_attribution();
  attribution.instructions.clear();
  EXPECT_THAT(attribution_text(attribution), HasSubstr("the trace has no instruction addresses"));
  EXPECT_EQ(attribution_text({}), "  there were no walks\n");
}

TEST(AttributionText, IsPartOfARunThatAskedForIt) {
  RunResult result = example_result();
  result.attribution = example_attribution();
  std::ostringstream out;
  print_run(result, {}, out);
  EXPECT_THAT(out.str(), HasSubstr("What causes the walks\n  10 walks"));
}

}  // namespace
}  // namespace tablewalk::attribution_test
