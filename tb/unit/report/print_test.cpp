#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/error.h"
#include "base/text.h"
#include "report/histogram_text.h"
#include "report/print_compare.h"
#include "report/print_run.h"
#include "report/result_json.h"
#include "unit/report/example_result.h"
#include "unit/report/printed.h"

namespace tablewalk::print_test {
namespace {

using test::expect_golden;
using test::run_text;

std::string compare_text(const std::vector<LabelledResult>& results, const PrintOptions& options = {}) {
  std::ostringstream out;
  print_compare(results, options, out);
  return out.str();
}

std::vector<LabelledResult> some_results(std::size_t count, const std::string& prefix = "mode") {
  std::vector<LabelledResult> results;
  for (std::size_t i = 1; i <= count; ++i) results.push_back({prefix + std::to_string(i), example_result(i)});
  return results;
}

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, display_width(line));
  return widest;
}

TEST(PrintRun, TextIsAsRecorded) {
  expect_golden("run.txt", run_text(example_result()));
}

TEST(PrintRun, ExplainedTextIsAsRecorded) {
  PrintOptions options;
  options.explain = true;
  expect_golden("run_explained.txt", run_text(example_result(), options));
}

TEST(PrintRun, TwoModulesOfASectionAreToldApart) {
  RunResult result;
  result.stats.begin(Section::Dram);
  Histogram waits;
  waits.add(7);
  for (const std::string module : {"dram", "walker_dram"}) {
    result.stats.count(module + ".reads", 5, "accesses", "reads");
    result.stats.distribution(module + ".queue_cycles", waits, "cycles", "waiting");
  }
  const std::string text = run_text(result);
  EXPECT_THAT(text, testing::HasSubstr("\n  reads "));
  EXPECT_THAT(text, testing::HasSubstr("\n  walker dram.reads "));
  EXPECT_THAT(text, testing::HasSubstr("\n  queue cycles "));
  EXPECT_THAT(text, testing::HasSubstr("\n  walker dram.queue cycles "));
  EXPECT_EQ(text.find("DRAM"), text.rfind("DRAM")) << "one title";
}

/// What is 0, in three sections: a list, a table and a breakdown.
RunResult mostly_zeros() {
  RunResult result;
  result.stats.begin(Section::Core);
  result.stats.count("core.loads", 5, "accesses", "loads");
  result.stats.count("core.stores", 0, "accesses", "stores");
  result.stats.count("core.faults", 0, "faults", "faults").key();
  result.stats.count("core.modifies", 0, "accesses", "modifies");
  result.stats.begin(Section::Tlbs);
  for (const std::string tlb : {"dtlb", "stlb"}) {
    result.stats.count(tlb + ".lookups", 5, "lookups", "lookups");
    result.stats.count(tlb + ".misses", tlb == "dtlb" ? 3 : 0, "lookups", "misses");
    result.stats.count(tlb + ".resent", 0, "requests", "resent");
  }
  result.stats.begin(Section::Translation);
  result.stats.count("translation.cycles.total", 7, "cycles", "all");
  result.stats.count("translation.cycles.queue", 7, "cycles", "queue");
  result.stats.count("translation.cycles.fault", 0, "cycles", "faults");
  return result;
}

TEST(PrintRun, ZerosAreNamedInOneLine) {
  const std::string text = run_text(mostly_zeros());
  EXPECT_THAT(text, testing::ContainsRegex("\n  loads +5  accesses\n  faults +0\n  0: stores, modifies\n"));
  EXPECT_THAT(text, testing::ContainsRegex("lookups +misses +miss share\n"));
  EXPECT_THAT(text, testing::HasSubstr("\n  0: resent\n"));
  EXPECT_THAT(text, testing::HasSubstr("\n  0: fault\n"));
}

TEST(PrintRun, AllFiguresHaveARowIfAskedFor) {
  PrintOptions options;
  options.all = true;
  const std::string text = run_text(mostly_zeros(), options);
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("0: ")));
  EXPECT_THAT(text, testing::ContainsRegex("\n  stores +0  accesses\n"));
  EXPECT_THAT(text, testing::ContainsRegex("lookups +misses +resent +miss share\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\n    fault +0 +0.00 %\n"));
}

TEST(PrintRun, AnEstimateOfZeroKeepsItsInterval) {
  RunResult result = mostly_zeros();
  result.sample.emplace().intervals["core.stores"] = {0, 9};
  result.sample->records = result.sample->measured = 1;
  EXPECT_THAT(run_text(result), testing::ContainsRegex("\n  stores +0 ± "));
}

TEST(PrintRun, UnitsStayInTheirLineInANarrowTerminal) {
  ::setenv("COLUMNS", "60", 1);
  const std::string text = run_text(example_result());
  ::unsetenv("COLUMNS");
  EXPECT_THAT(text, testing::ContainsRegex("\n  accesses +1,234,567\n"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool wraps = line.find("  p50 ") != std::string::npos || line.find('#') != std::string::npos;
    EXPECT_TRUE(wraps || display_width(line) <= 60) << line;
  }
}

TEST(PrintRun, EveryStatisticIsPrintedOnce) {
  const std::string text = run_text(example_result());
  EXPECT_NE(text.find("novel.figure"), std::string::npos);
  EXPECT_NE(text.find("1,234.6"), std::string::npos);
  EXPECT_EQ(text.find("8,832"), text.rfind("8,832"));
  EXPECT_LE(widest_line(text), 100U);
}

TEST(PrintRun, EmptyResultPrintsItsHeadingOnly) {
  EXPECT_EQ(run_text(RunResult{}), " (, 0 records)\n");
}

TEST(PrintRun, MissingFiguresBreakNothing) {
  RunResult result;
  result.stats.count("dtlb.misses", 3, "lookups", "");
  result.stats.count("walker.cycles.queue", 0, "cycles", "");
  result.stats.distribution("walker.latency_cycles", Histogram{}, "cycles", "");
  result.stats.count("plain", 1, "", "");
  const std::string text = run_text(result);
  EXPECT_THAT(text, testing::HasSubstr("dtlb"));
  EXPECT_THAT(text, testing::HasSubstr("plain"));
}

TEST(PrintRun, PartialRunsSaySo) {
  RunResult result = example_result();
  result.partial = true;
  EXPECT_THAT(run_text(result), testing::HasSubstr("PARTIAL"));
}

TEST(PrintRun, CsvHasOneExactLinePerFigure) {
  PrintOptions options;
  options.format = OutputFormat::Csv;
  const std::string text = run_text(example_result(), options);
  EXPECT_THAT(text, testing::StartsWith("name,value,unit\ncore.accesses,1234567,accesses\n"));
  EXPECT_THAT(text, testing::HasSubstr("\nwalker.entry_reads_per_walk,3.4375,reads\n"));
}

TEST(PrintRun, JsonIsTheResult) {
  PrintOptions options;
  options.format = OutputFormat::Json;
  EXPECT_EQ(run_text(example_result(), options), result_to_json(example_result()));
}

TEST(PrintCompare, ThreeResultsAreAsRecorded) {
  expect_golden("compare.txt", compare_text(some_results(3)));
}

TEST(PrintCompare, FiveResultsFitAHundredColumns) {
  const std::string text = compare_text(some_results(5));
  EXPECT_LE(widest_line(text), 100U);
  expect_golden("compare_five.txt", text);
}

TEST(PrintCompare, MoreResultsWrapIntoBlocksThatRepeatTheFirst) {
  const std::string text = compare_text(some_results(9, "a-long-label-of-a-configuration-"));
  EXPECT_LE(widest_line(text), 100U);
  expect_golden("compare_nine.txt", text);
}

TEST(PrintCompare, SelectedFiguresAloneArePrinted) {
  PrintOptions options;
  options.stats = {"dtlb.*", "dram.reads"};
  const std::string text = compare_text(some_results(2), options);
  EXPECT_THAT(text, testing::HasSubstr("dtlb.lookups"));
  EXPECT_THAT(text, testing::HasSubstr("dram.reads"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("core.cycles")));
}

TEST(PrintCompare, EveryRatioIsAFactorAndKeepsTwoDigits) {
  std::vector<LabelledResult> results = some_results(2);
  const std::vector<std::pair<std::uint64_t, std::string>> ratios = {
      {0, "0.00x"},         {4, "4.0e-6x"},       {201, "0.00020x"},    {66'000, "0.066x"},        {100'000, "0.10x"},
      {1'000'000, "1.00x"}, {9'994'000, "9.99x"}, {9'996'000, "10.0x"}, {3'000'000'000, "3.00 kx"}};
  for (const auto& [value, ratio] : ratios) {
    const std::string name = fmt::format("of.{}", value);
    results[0].result.stats.count(name, 1'000'000, "", "");
    results[1].result.stats.count(name, value, "", "");
  }
  PrintOptions options;
  options.stats = {"of.*"};
  const std::string text = compare_text(results, options);
  for (const auto& [value, ratio] : ratios) {
    EXPECT_THAT(text, testing::ContainsRegex(fmt::format("of.{} .* {}\n", value, ratio)));
  }
}

TEST(PrintCompare, UnknownSelectionNamesTheNearest) {
  PrintOptions options;
  options.stats = {"dram.raeds"};
  try {
    compare_text(some_results(2), options);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "--stats dram.raeds: no such statistic (did you mean 'dram.reads'?)");
  }
}

TEST(PrintCompare, FigureOfOneResultOnlyLeavesTheOthersEmpty) {
  std::vector<LabelledResult> results = some_results(2);
  results[1].result.stats.count("extra.things", 5, "things", "");
  PrintOptions options;
  options.stats = {"extra.things"};
  EXPECT_THAT(compare_text(results, options), testing::ContainsRegex("extra.things +- +5\n"));
  options.format = OutputFormat::Csv;
  EXPECT_EQ(compare_text(results, options), "name,unit,mode1,mode2\nextra.things,things,,5\n");
}

TEST(PrintCompare, LabelsWithCommasAreQuotedInCsv) {
  PrintOptions options;
  options.format = OutputFormat::Csv;
  options.stats = {"tables.count"};
  EXPECT_EQ(compare_text({{"radix:9,9/12@8", example_result()}}, options),
            "name,unit,\"radix:9,9/12@8\"\ntables.count,tables,69\n");
}

TEST(PrintCompare, JsonHoldsEveryResult) {
  PrintOptions options;
  options.format = OutputFormat::Json;
  const auto json = nlohmann::ordered_json::parse(compare_text(some_results(2), options));
  EXPECT_EQ(json["results"][1]["label"], "mode2");
  EXPECT_EQ(json["results"][1]["result"]["stats"]["dtlb.misses"], 2000);
}

TEST(HistogramText, BarsHoldEveryValue) {
  Histogram histogram;
  for (std::uint64_t i = 0; i < 100; ++i) histogram.add(i);
  histogram.add(1000000);
  StatSet stats;
  stats.distribution("a", histogram, "cycles", "");
  const std::string text = histogram_text(stats.distributions()[0], 0);
  EXPECT_THAT(text, testing::StartsWith("              0 - 9            10   9.90 %  ####"));
  EXPECT_THAT(text, testing::ContainsRegex("100 and more +1   0.99 %  ####\n"));
}

TEST(HistogramText, EmptyNeighboursShareARow) {
  Histogram histogram;
  for (const std::uint64_t value : {0U, 1U, 5U, 7U}) histogram.add(value);
  StatSet stats;
  stats.distribution("a", histogram, "cycles", "");
  const std::string text = histogram_text(stats.distributions()[0], 0);
  EXPECT_THAT(text, testing::ContainsRegex("\n +2 - 4 +0   0.00 %\n +5 +1 "));
  EXPECT_THAT(text, testing::ContainsRegex("\n +6 +0   0.00 %\n +7 +1 "));
}

TEST(HistogramText, SingleValueIsOneBar) {
  Histogram histogram;
  histogram.add(7);
  StatSet stats;
  stats.distribution("a", histogram, "cycles", "");
  EXPECT_THAT(histogram_text(stats.distributions()[0], 0), testing::MatchesRegex(" +7 +1 100.00 %  #+\n"));
}

TEST(OutputFormatName, UnknownNameSuggestsTheNearest) {
  EXPECT_EQ(parse_output_format("text"), OutputFormat::Text);
  EXPECT_EQ(parse_output_format("csv"), OutputFormat::Csv);
  try {
    parse_output_format("jsn");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "--format jsn: expected text, json or csv (did you mean 'json'?)");
  }
}

}  // namespace
}  // namespace tablewalk::print_test
