#include "sweep/sweep_page.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "report/page.h"

namespace tablewalk::sweep_page_test {
namespace {

using nlohmann::ordered_json;

ordered_json page_of(const std::string& folder) {
  return {{"folder", folder}, {"figures", ordered_json::array()}, {"points", {{"rows", ordered_json::array()}}}};
}

TEST(SweepPage, IsCompleteAndNoTextOfTheDataEndsAnElement) {
  const std::string html = sweep_page_html(page_of("</script><b>&@DATA@"));
  EXPECT_EQ(html.rfind("<!doctype html>", 0), 0U);
  EXPECT_THAT(html, testing::HasSubstr("<title>tablewalk: &lt;/script>&lt;b>&amp;@DATA@</title>"));
  EXPECT_THAT(html, testing::HasSubstr("\\u003c/script>\\u003cb>"));
  EXPECT_THAT(html, testing::Not(testing::HasSubstr("</script><b>")));
  for (const char* mark : {"@STYLE@", "@SCRIPT@", "@LIBRARY@", "@TITLE@"}) {
    EXPECT_THAT(html, testing::Not(testing::HasSubstr(mark)));
  }
}

TEST(SweepPage, ThatIsTooLargeIsRefused) {
  ordered_json data = page_of("results");
  data["config"] = std::string(most_page_bytes - sweep_page_html(data).size() - 100, 'x');
  EXPECT_LE(sweep_page_html(data).size(), most_page_bytes);
  data["config"] = std::string(most_page_bytes, 'x');
  EXPECT_THROW(sweep_page_html(data), InputError);
}

TEST(SweepPage, HasTheMachinesOfTune) {
  TunedMachine machine;
  machine.config = "skylake";
  machine.values = {"16"};
  machine.points = {"a", "b"};
  machine.size = {64, 1000};
  machine.cost_cycles = -5;
  machine.cycles = 50;
  machine.on_front = true;
  const ordered_json machines = tuned_json({machine}).at("machines");
  ordered_json row = ordered_json::object();
  for (std::size_t i = 0; i < machines.at("columns").size(); ++i) {
    row[machines.at("columns")[i].get<std::string>()] = machines.at("rows")[0][i];
  }
  const ordered_json expected = {{"config", "skylake"}, {"seed", ""},      {"values", {"16"}},  {"points", {"a", "b"}},
                                 {"entries", 64},       {"bits", 1000},    {"cost_cycles", -5}, {"cycles", 50},
                                 {"cost_share", -0.1},  {"on_front", true}};
  EXPECT_EQ(row, expected);
}

}  // namespace
}  // namespace tablewalk::sweep_page_test
