#include "report/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/error.h"
#include "report/result_json.h"
#include "unit/report/example_result.h"

namespace tablewalk::page_test {
namespace {

using nlohmann::ordered_json;

ordered_json table(std::size_t rows, std::size_t columns) {
  ordered_json json = ordered_json::object();
  for (std::size_t i = 0; i < columns; ++i) json["columns"].push_back("column" + std::to_string(i));
  json["rows"] = ordered_json::array();
  for (std::size_t i = 0; i < rows; ++i) {
    ordered_json row = ordered_json::array();
    for (std::size_t k = 0; k < columns; ++k) row.push_back(k == 3 ? i % 2 : i + 1);
    json["rows"].push_back(row);
  }
  return json;
}

ordered_json details_of(std::size_t walks) {
  ordered_json details = ordered_json::object();
  details["schema"] = "tablewalk.details/1";
  details["page_bytes"] = 4096;
  details["walks_seen"] = walks;
  details["walks"] = table(walks, 18);
  details["slowest"] = {3, 4};
  details["intervals"] = table(4, 9);
  details["places"] = table(4, 4);
  details["places"]["bytes"] = 4096;
  details["lines"] = table(4, 7);
  details["paging"] = {{"levels", ordered_json::array()}, {"tables", table(walks, 12)}, {"regions", table(2, 4)}};
  return details;
}

PageResult detailed(std::size_t walks, const std::string& label = "default") {
  RunResult result = example_result();
  result.details = details_of(walks);
  return page_result(LabelledResult{label, result});
}

PrintOptions as_json() {
  PrintOptions options;
  options.format = OutputFormat::Json;
  return options;
}

std::string problem(const std::string& text) {
  try {
    page_results_from_json(text, "r.json", "r");
    return "none";
  } catch (const InputError& error) {
    return error.what();
  }
}

TEST(Page, HasTheResultsWithTheirMeaningAndDetails) {
  const ordered_json json = page_json({detailed(10)}, "a title", most_page_bytes);
  EXPECT_EQ(json["schema"], "tablewalk.page/1");
  EXPECT_EQ(json["title"], "a title");
  ASSERT_EQ(json["results"].size(), 1U);
  const ordered_json& one = json["results"][0];
  EXPECT_EQ(one["label"], "default");
  EXPECT_TRUE(one["waterfall"].is_null());
  EXPECT_EQ(one["result"]["meaning"]["core.accesses"]["unit"], "accesses");
  EXPECT_EQ(one["result"]["details"]["walks"]["rows"].size(), 10U);
}

TEST(Page, HasTheStepsOfAnExplanation) {
  const ExplainedMachine machine{
      "m", {{"free_translation", "free translation", 100}, {"walker", "walks", 130}}, example_result()};
  const ordered_json steps = page_json({page_result(machine)}, "", most_page_bytes)["results"][0]["waterfall"];
  EXPECT_EQ(steps[1], ordered_json({{"name", "walker"}, {"adds", "walks"}, {"cycles", 130}}));
}

TEST(Page, EqualLabelsGetNumbers) {
  const ordered_json json = page_json({detailed(1), detailed(1), detailed(1)}, "", most_page_bytes);
  EXPECT_EQ(json["results"][1]["label"], "default (2)");
  EXPECT_EQ(json["results"][2]["label"], "default (3)");
}

TEST(Page, LeavesOutWalksAndThenTablesToFit) {
  const std::size_t whole = page_json({detailed(1000)}, "", most_page_bytes).dump().size();
  const ordered_json thin = page_json({detailed(1000)}, "", whole - 1000);
  const ordered_json& details = thin["results"][0]["result"]["details"];
  EXPECT_EQ(details["walks"]["rows"].size(), 2U);
  EXPECT_EQ(details["thinned"], true);
  EXPECT_EQ(details["paging"]["tables"]["rows"].size(), 1000U);

  const std::size_t without_walks = thin.dump().size();
  const ordered_json thinner = page_json({detailed(1000)}, "", without_walks - 1000);
  EXPECT_EQ(thinner["results"][0]["result"]["details"]["paging"]["tables"]["rows"].size(), 500U);
  EXPECT_THROW(page_json({detailed(1000)}, "", 1000), InputError);
}

TEST(Page, ManyResultsStayBelowTheBound) {
  std::vector<PageResult> results;
  for (unsigned i = 0; i < 20; ++i) results.push_back(detailed(10'000));
  EXPECT_LE(page_html(results, "many").size(), most_page_bytes);
}

TEST(Page, IsCompleteAndNoTextOfTheDataEndsAnElement) {
  const std::string html = page_html({detailed(3, "</script><b>&@DATA@")}, "<script>&@DATA@");
  EXPECT_EQ(html.rfind("<!doctype html>", 0), 0U);
  EXPECT_THAT(html, testing::HasSubstr("<title>&lt;script>&amp;"));
  EXPECT_THAT(html, testing::HasSubstr("\\u003c/script>\\u003cb>"));
  EXPECT_THAT(html, testing::Not(testing::HasSubstr("</script><b>")));
  EXPECT_THAT(html, testing::Not(testing::HasSubstr("@STYLE@")));
  EXPECT_THAT(html, testing::Not(testing::HasSubstr("@SCRIPT@")));
  for (const char* linked : {"<link rel=\"stylesheet", "<script src", "<img", "@import", "url(http"}) {
    EXPECT_THAT(html, testing::Not(testing::HasSubstr(linked)));
  }
}

TEST(PageInput, ReadsAResultAComparisonAndAnExplanation) {
  RunResult result = example_result();
  result.details = details_of(2);
  const std::string one = result_to_json(result);
  EXPECT_EQ(page_results_from_json(one, "r.json", "mine")[0].label, "mine");
  EXPECT_EQ(page_results_from_json(one, "r.json", "mine")[0].result["details"], result.details);

  std::ostringstream comparison;
  print_compare({{"a", result}, {"b", example_result(2)}}, as_json(), comparison);
  const std::vector<PageResult> two = page_results_from_json(comparison.str(), "c.json", "");
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[1].label, "b");

  std::ostringstream explanation;
  print_explain({{"m", {{"free_translation", "free translation", 100}, {"walker", "walks", 130}}, result}}, as_json(),
                explanation);
  const std::vector<PageResult> explained = page_results_from_json(explanation.str(), "e.json", "");
  ASSERT_EQ(explained.size(), 1U);
  EXPECT_EQ(explained[0].waterfall[0]["cycles"], 100);
  EXPECT_EQ(explained[0].waterfall[1]["cycles"], 130);
  EXPECT_EQ(explained[0].result["stats"]["core.cycles"], 130);
}

TEST(PageInput, SaysInOneLineWhatIsWrong) {
  EXPECT_THAT(problem("{"), testing::StartsWith("r.json: expected the JSON of run, compare or explain: "));
  EXPECT_EQ(problem("[]"), "r.json: schema is 'none': expected the JSON of run, compare or explain");
  EXPECT_EQ(problem(R"({"schema": "tablewalk.walk/1"})"),
            "r.json: schema is 'tablewalk.walk/1': expected the JSON of run, compare or explain");
  EXPECT_EQ(problem(R"({"schema": "tablewalk.result/1"})"),
            "r.json: schema is 'tablewalk.result/1': expected 'tablewalk.result/2'");
  EXPECT_EQ(problem(R"({"schema": "tablewalk.comparison/1", "results": []})"),
            "r.json: no result in it: expected the JSON of run, compare or explain");
  EXPECT_THAT(problem(R"({"schema": "tablewalk.explanation/1", "machines": [{}]})"), testing::StartsWith("r.json: "));
}

TEST(PageInput, ChecksTheDetails) {
  RunResult result = example_result();
  result.details = details_of(2);
  result.details["lines"]["rows"][1].push_back(1);
  EXPECT_EQ(problem(result_to_json(result)), "r.json: details/lines: a row has 8 values: expected 7");
  result.details = {{"schema", "tablewalk.details/9"}};
  EXPECT_EQ(problem(result_to_json(result)),
            "r.json: schema of the details is 'tablewalk.details/9': expected 'tablewalk.details/1'");
  result.details = {{"schema", "tablewalk.details/1"}};
  EXPECT_THAT(problem(result_to_json(result)), testing::StartsWith("r.json: expected the JSON of run"));
}

}  // namespace
}  // namespace tablewalk::page_test
