// What a page shows of a run: its sums equal the figures, and collecting it changes no result.

#include "observe/run_details.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/printer.h"
#include "support/child_run.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"

namespace tablewalk::test::run_details_test {
namespace {

using nlohmann::ordered_json;

std::uint64_t sum_of(const ordered_json& table, const std::string& column) {
  const ordered_json& columns = table.at("columns");
  const auto place = static_cast<std::size_t>(std::find(columns.begin(), columns.end(), column) - columns.begin());
  std::uint64_t sum = 0;
  for (const ordered_json& row : table.at("rows")) sum += row.at(place).get<std::uint64_t>();
  return sum;
}

void expect_sums(const RunResult& result, const std::string& which) {
  const ordered_json& details = result.details;
  const std::uint64_t walks = count_of(result, "walker.walks");
  ASSERT_EQ(details["walks_seen"], walks) << which;
  ASSERT_EQ(sum_of(details["intervals"], "walks"), walks) << which;
  ASSERT_EQ(sum_of(details["places"], "walks"), walks) << which;
  ASSERT_EQ(sum_of(details["intervals"], "translations"), count_of(result, "translation.requests")) << which;
  const double mean = result.stats.at("walker.latency_cycles.mean").real;
  ASSERT_NEAR(static_cast<double>(sum_of(details["places"], "cycles")), mean * static_cast<double>(walks), 1) << which;
  ASSERT_LE(details["slowest"].size(), WalkSamples::slowest_walks) << which;
}

TEST(RunDetails, AddUpToTheFiguresAndChangeNoResultOnRandomMachines) {
  for (const std::uint64_t seed : printed_seeds(30)) {
    Dice dice(seed);
    const MachineConfig config = random_machine(dice);
    const TemporaryFolder folder;
    RunOptions options;
    options.trace_path = folder.write_trace("trace.txt", random_trace(dice, config, 1500));
    if (dice.chance(30)) options.warmup = dice.between(1, 700);
    RunOptions with_details = options;
    with_details.details = true;
    const std::string which =
        "TABLEWALK_RUNS=1 TABLEWALK_SEED=" + std::to_string(seed) + "; its machine:\n" + to_yaml(config, false);
    std::vector<RunResult> results = run_in_children({{config, options}, {config, with_details}});
    ASSERT_TRUE(results[0].details.is_null()) << which;
    expect_sums(results[1], which);
    results[1].details = nullptr;
    ASSERT_EQ(text_without_config(results[0]), text_without_config(results[1])) << which;
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(RunDetails, DescribeEachWalkWithItsTranslation) {
  const TemporaryFolder folder;
  RunOptions options;
  options.trace_path = folder.write("trace.txt", "X 0x401000 4\nR 0x10000000 8\nW 0x20000000 8\nR 0x20000008 8\n");
  options.details = true;
  const RunResult result = run_in_child({}, options);
  const ordered_json& rows = result.details["walks"]["rows"];
  ASSERT_EQ(rows.size(), 3U);
  const ordered_json& columns = result.details["walks"]["columns"];
  const auto value = [&](const ordered_json& row, const std::string& name) -> const ordered_json& {
    return row.at(static_cast<std::size_t>(std::find(columns.begin(), columns.end(), name) - columns.begin()));
  };
  for (const ordered_json& row : rows) {
    EXPECT_LE(value(row, "asked"), value(row, "requested"));
    EXPECT_LE(value(row, "requested"), value(row, "taken"));
    EXPECT_LT(value(row, "taken"), value(row, "answered"));
    EXPECT_LE(value(row, "answered"), value(row, "delivered"));
    EXPECT_EQ(value(row, "reads").size(), 4U);
  }
  EXPECT_EQ(result.details["paging"]["tables"]["visited"], count_of(result, "tables.count"));
  EXPECT_EQ(result.details["paging"]["regions"]["found"], 3);
}

TEST(RunDetails, HaveNoTreeOfTablesThatAreNotRadix) {
  const TemporaryFolder folder;
  RunOptions options;
  options.trace_path = folder.write("trace.txt", "R 0x10000000 8\nW 0x20000000 8\n");
  options.details = true;
  MachineConfig config;
  config.paging.mode = "hashed";
  const RunResult result = run_in_child(config, options);
  EXPECT_EQ(result.details["walks_seen"], 2);
  EXPECT_EQ(result.details["paging"]["radix"], false);
  EXPECT_EQ(result.details["paging"]["levels"][0]["name"], "probe 1");
  EXPECT_EQ(result.details["paging"]["tables"]["visited"], 0);
  EXPECT_EQ(result.details["paging"]["regions"]["found"], 0);
}

}  // namespace
}  // namespace tablewalk::test::run_details_test
